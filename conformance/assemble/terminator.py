"""The terminator of a chat stream, and what is taken for it."""

__all__ = ["DONE", "begins_done", "means_done"]

DONE = "[DONE]"
"""The data of the event that ends a chat stream; some vendors end a Responses stream by it too."""

_SPELLINGS = (DONE, "DONE")


def begins_done(data: str) -> bool:
    """Whether official SDKs take the data of an event for the terminator: they look at its beginning."""
    return data.startswith(DONE)


def means_done(data: str) -> bool:
    """Whether the data of an event is the terminator in any spelling: in quotes, or in small letters."""
    return data.strip().strip("\"'").upper() in _SPELLINGS
