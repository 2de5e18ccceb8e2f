"""Conducts the road: from what is wanted to exchanges, verdicts and reports. Knows nothing of pytest."""
