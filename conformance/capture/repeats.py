"""How often a request is sent at most, and which answers it is sent again for. Pure."""

__all__ = ["ATTEMPTS", "repeated"]

ATTEMPTS = 3

_NEVER = (501, 505)  # repeating the request would not help


def repeated(status: int, *, refusal: bool) -> bool:
    """Whether a request with such an answer may be repeated.

    `refusal` says that the scenario expects to be refused.
    """
    return not refusal and (status == 429 or (500 <= status < 600 and status not in _NEVER))
