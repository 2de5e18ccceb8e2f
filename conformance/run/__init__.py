"""Conducts a run: from options to exchanges, verdicts and reports. Knows nothing of pytest."""
