"""Says in words why a server could not be asked, and never its address: that of a webhook is a secret."""

import ssl
from collections.abc import Iterator

__all__ = ["unreached"]


def unreached(error: BaseException, seconds: float) -> str:
    """What happened, and what to look at; `seconds` is how long there was for each step.

    The texts of the HTTP library may quote the address, so that none of them is told.
    """
    import httpx  # noqa: PLC0415 - nights that ask no server need no client

    from conformance.capture.failures import cause  # noqa: PLC0415 - it needs the client

    chain = list(_chain(error))
    if isinstance(error, httpx.TimeoutException):
        return f"nothing came within {seconds:g} seconds; try again later, or look at the host"
    if any(isinstance(item, ssl.SSLError) for item in chain):
        return "no secure connection could be made; look at its certificate, and whether the port takes https"
    if isinstance(error, httpx.TransportError) and any(
        isinstance(item, OSError) and item.errno for item in chain
    ):
        return f"{cause(error)}; look at the host and the port of its address, and whether it runs"
    if isinstance(error, httpx.TransportError):
        return "the connection ended before an answer; look whether its port takes HTTP"
    return "its address cannot be asked; look for a misspelling in it"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
