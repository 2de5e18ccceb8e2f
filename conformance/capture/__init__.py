"""Sends the planned requests, each once, and records the answers."""
