"""The nightly run: many providers, each in a process of its own, and what changed since the last night."""
