"""Recognises the terminator of a chat stream, and variants that are mistaken for it."""

__all__ = ["DONE", "begins_done", "means_done"]

DONE = "[DONE]"
"""The data of the event that ends a chat stream. Some vendors also end a Responses stream with it."""

_SPELLINGS = (DONE, "DONE")


def begins_done(data: str) -> bool:
    """Whether official SDKs take this event data for the terminator: they compare its beginning only."""
    return data.startswith(DONE)


def means_done(data: str) -> bool:
    """Whether this event data is a terminator in any spelling: quoted, or in lower case."""
    return data.strip().strip("\"'").upper() in _SPELLINGS
