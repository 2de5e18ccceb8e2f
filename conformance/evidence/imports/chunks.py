"""JSON lines of chunks: the data of each event on a line of its own, as programs log them."""

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any

from conformance.evidence import ceiling
from conformance.evidence.errors import DamagedLineError
from conformance.evidence.format import parsed
from conformance.evidence.imports.entry import Found, stem
from conformance.evidence.received import received
from conformance.exchange import Ended, Expects, Need
from conformance.text import slug

__all__ = ["is_chunk", "read_chunks"]

_BEHIND = 10_000  # events that are read behind a ceiling, so that it is seen there and told
_BESIDE = (b":", b"event:", b"id:", b"retry:")  # lines of an event beside its data
_DONE = (b"[DONE]", b'"[DONE]"')
_NOTE = (
    "The data of events as JSON lines, taken for the events of one stream: request, status, headers, arrival "
    "times, how it ended, and how the events were framed are not known, nor whether the program that wrote "
    "the lines changed what is in them."
)
_CUT = " Its last line was cut off and is left out."
_PRINTED = (
    " No empty line stands between its events: a program left them out when it printed them, or the endpoint "
    "did not send them, which this file cannot tell. `curl -sN URL > x.sse` keeps what came."
)


def is_chunk(value: Any) -> bool:
    """Whether a JSON value is the data of an event of Chat Completions or Responses."""
    if not isinstance(value, Mapping):
        return False
    kind = value.get("type")
    return (
        value.get("object") == "chat.completion.chunk"
        or (isinstance(value.get("choices"), list) and "object" not in value)
        or (isinstance(kind, str) and kind.startswith("response."))
    )


def read_chunks(data: bytes, source: str, *, printed: bool = False) -> Found:
    """The stream whose events have these lines as their data, with or without `data:` before it.

    A last line that was cut off is left out. `printed` says that the lines are those of an event stream
    without its empty lines. Raises DamagedLineError.
    """
    events: list[bytes] = []
    size = 0
    cut = False
    for number, line in enumerate(BytesIO(data.removeprefix(b"\xef\xbb\xbf")), 1):
        text = line.strip().removeprefix(b"data:").strip()
        if not text or text in _DONE or text.startswith(_BESIDE):
            continue
        size += len(text)
        if len(events) > ceiling.WEIGHT + _BEHIND or size > ceiling.BYTES + 10 * _BEHIND:
            break
        try:
            parsed(text)
        except ValueError as error:
            if events and not line.endswith(b"\n"):
                cut = True
                break
            raise DamagedLineError(number, f"is not JSON ({error})") from None
        events.append(b"data: " + text + b"\n\n")
    exchange = received(b"".join(events), ended=Ended.INTERRUPTED if cut else None)
    return [
        replace(
            exchange,
            id=slug(stem(source)) or "stream",
            provider="",
            expects=Expects.UNKNOWN,
            source=source,
            note=f"{_NOTE}{_PRINTED if printed else ''}{_CUT if cut else ''}",
            lacks=exchange.lacks | {Need.WIRE, Need.ENDING},
        )
    ]
