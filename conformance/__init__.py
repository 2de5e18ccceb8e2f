"""The conformance suite for OpenAI-compatible streaming APIs."""
