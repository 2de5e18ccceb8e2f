"""Real servers that others wrote, with the suite run against them: `make interop`."""
