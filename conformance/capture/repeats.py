"""How often a request is sent at most, and which answers it is sent again for. Pure."""

__all__ = ["ATTEMPTS", "FULL", "repeated"]

ATTEMPTS = 3
FULL = (429, 503, 529)
"""The statuses by which a server turns a request away because it has too many."""

_NEVER = (501, 505)  # repeating the request would not help


def repeated(status: int, *, refusal: bool, beside: int = 0) -> bool:
    """Whether a request with such an answer may be repeated.

    `refusal` says that the scenario expects to be refused: then the first answer counts, unless it says that
    too many requests are open, and `beside` others were.
    """
    if refusal:
        return beside > 0 and status in FULL
    return status == 429 or (500 <= status < 600 and status not in _NEVER)
