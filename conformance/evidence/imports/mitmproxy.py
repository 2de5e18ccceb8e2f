"""Flows of mitmproxy, as `mitmdump -w FILE` writes them.

The format is read here and not by mitmproxy itself: that package brings some forty others and pins their
versions, and for a stranger's file no more is needed than its request and its response.
"""

from datetime import UTC, datetime
from typing import Any

from conformance.evidence.errors import Unreadable
from conformance.evidence.imports import tnetstring
from conformance.evidence.imports.entry import Entry, Found, exchanges_of
from conformance.evidence.imports.errors import DamagedFileError
from conformance.exchange import Ended

__all__ = ["is_flows", "read_flows"]

_NOTE = "A flow of mitmproxy: the body as a whole."
_KEPT = "let mitmproxy keep bodies: without `stream_large_bodies`, and without `store_streamed_bodies=false`"


def is_flows(data: bytes) -> bool:
    """Whether a file begins as flows do: with the length of a dictionary."""
    digits, colon, rest = data[:16].partition(b":")
    return bool(colon) and digits.isdigit() and rest[:1].isdigit() and data.rstrip()[-1:] == b"}"


def read_flows(data: bytes, source: str) -> Found:
    """The exchanges in a file of flows. Raises EvidenceError for a damaged file, and if there is none."""
    flows: list[Any] = []
    damage: Found = []
    try:
        flows.extend(tnetstring.values(data))
    except ValueError as error:
        damaged = DamagedFileError("flows of mitmproxy", str(error))
        if not flows:
            raise damaged from None
        damage.append(Unreadable(f"{source}#{len(flows) + 1}", damaged))
    entries = [
        _entry(flow, number)
        for number, flow in enumerate(flows, 1)
        if isinstance(flow, dict) and isinstance(flow.get("request"), dict)
    ]
    return exchanges_of(entries, source, _NOTE, several=bool(damage)) + damage


def _entry(flow: dict[str, Any], number: int) -> Entry:
    request = flow["request"]
    response = flow.get("response")
    answered = isinstance(response, dict)
    answer: dict[str, Any] = response if isinstance(response, dict) else {}
    error = flow.get("error")
    trouble = _text(error.get("msg")) if isinstance(error, dict) else ""
    status = answer.get("status_code")
    whole = answered and not trouble and isinstance(answer.get("timestamp_end"), float)
    content, sent = answer.get("content"), request.get("content")
    return Entry(
        number=number,
        method=_text(request.get("method")).upper(),
        url=_url(request),
        request_headers=_headers(request),
        sent=sent if isinstance(sent, bytes) else None,
        status=status if type(status) is int else None,
        headers=_headers(answer) if answered else None,
        body=content if isinstance(content, bytes) else None,
        # It tells of every body that did not end as HTTP prescribes.
        ended=Ended.CLOSED if whole else Ended.UNKNOWN,
        started=_time(request.get("timestamp_start")),
        trouble=trouble,
        kept=_KEPT,
    )


def _url(request: dict[str, Any]) -> str:
    scheme, host, port = _text(request.get("scheme")), _text(request.get("host")), request.get("port")
    usual = {"http": 80, "https": 443}.get(scheme)
    where = host if port == usual or type(port) is not int else f"{host}:{port}"
    return f"{scheme}://{where}{_text(request.get('path'))}"


def _headers(message: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    headers = message.get("headers")
    pairs = headers if isinstance(headers, list) else []
    return tuple(
        (_text(pair[0]), _text(pair[1])) for pair in pairs if isinstance(pair, list) and len(pair) == 2
    )


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _time(value: Any) -> str:
    try:
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds")
    except (TypeError, ValueError, OverflowError, OSError):
        return ""
