"""Describes what went wrong below HTTP, and on this side."""

import os
import ssl

import httpx

__all__ = ["cause", "lost_before", "ours"]


def cause(failure: httpx.TransportError) -> str:
    """The operating system's error message if there is one, because the HTTP library's own hides it."""
    error: BaseException | None = failure
    while error is not None:
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno:
            # Errors of name lookups have their own, negative numbers.
            return (os.strerror(error.errno) if error.errno > 0 else str(error.strerror)).lower()
        error = error.__cause__ or error.__context__
    return str(failure) or type(failure).__name__


def lost_before(failure: httpx.TransportError) -> bool:
    """Whether the connection was lost before any byte, and not because of what the endpoint sent."""
    return not isinstance(failure, httpx.ProtocolError) or "disconnected without sending" in str(failure)


def ours(error: BaseException) -> str:
    """The description of a fault on this side: of the disk, or of the suite itself."""
    if isinstance(error, OSError) and error.errno:
        return f"the evidence could not be written: {error.strerror or error}"
    return f"the recorder itself failed: {type(error).__name__}: {error}; please report this"
