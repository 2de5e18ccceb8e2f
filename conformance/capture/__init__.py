"""Sends what is planned, each request once, and records what comes back."""
