"""The body of a request that the user names for streams whose source holds none."""

from dataclasses import dataclass, replace
from pathlib import Path

from conformance.errors import ConformanceError
from conformance.evidence.fields import field_secrets
from conformance.evidence.foreign import expectation
from conformance.evidence.format import parsed
from conformance.evidence.received import redacted
from conformance.exchange import Api, Exchange, Need, Request

__all__ = ["RequestFileError", "RequestUnusedError", "asked", "credentials_in", "needed", "request_in"]

_LARGEST = 32 * 2**20  # bytes


@dataclass(eq=False)
class RequestFileError(ConformanceError):
    """Raised for a file named by --request that holds no body of a request; `problem` says why not."""

    code = "request-file"
    hint = "name a file with what was sent, such as that of `curl -d @FILE`: one JSON object"

    path: str
    problem: str

    @property
    def message(self) -> str:
        return f"--request {self.path}: {self.problem}"


@dataclass(eq=False)
class RequestUnusedError(ConformanceError):
    """Raised for a request that no exchange needs."""

    code = "request-unused"
    message = "a request was given, but every source that could be read holds its own"
    hint = "leave out --request; it is for bare streams"


def request_in(path: Path) -> str:
    """The body of a request in a file, as JSON text. Raises RequestFileError."""
    try:
        if path.stat().st_size > _LARGEST:
            raise RequestFileError(str(path), f"it has more than {_LARGEST} bytes")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise RequestFileError(str(path), "it is not UTF-8") from None
    except OSError as error:
        raise RequestFileError(str(path), error.strerror or str(error)) from None
    try:
        value = parsed(text)
    except ValueError as error:
        raise RequestFileError(str(path), f"it is not JSON ({error})") from None
    if not isinstance(value, dict):
        raise RequestFileError(str(path), "it is JSON, but no object")
    return text


def credentials_in(body: str) -> tuple[str, ...]:
    """The credentials in the body of a request; none if it is empty or no JSON object."""
    try:
        value = parsed(body)
    except ValueError:
        return ()
    return field_secrets(value) if isinstance(value, dict) else ()


def needed(exchange: Exchange) -> bool:
    """Whether its source holds no request."""
    return Need.REQUEST in exchange.lacks


def asked(exchange: Exchange, body: str) -> Exchange:
    """The exchange with this body of its request, without the credentials in it."""
    known = exchange.request is not None and exchange.request.url
    request = replace(exchange.request or Request(), body=body)
    given = replace(exchange, request=request)
    api = exchange.api
    if not known and "messages" in given.asked:
        api = Api.CHAT
    elif not known and "input" in given.asked:
        api = Api.RESPONSES
    found = replace(
        given,
        api=api,
        model=exchange.model or str(given.asked.get("model") or ""),
        expects=expectation(given.asked),
        lacks=exchange.lacks - {Need.REQUEST},
        note=f"{exchange.note} The body of the request was given beside it.".strip(),
    )
    return redacted(found)
