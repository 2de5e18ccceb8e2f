"""What breaks and what keeps the requirements on timing: deltas sent as they arise, or all at once."""

from dataclasses import replace

from conformance.exchange import Ended
from tests.proof.streams import responses
from tests.proof.streams.chat import ASKS, COUNTED, ROLE, TEXT, calling, goes_on, opens, wire
from tests.proof.streams.edits import edited
from tests.proof.streams.handmade import Breaks, Json, Wire, ids

BURST = "stream-incremental"
SILENT = "stream-silence"
KEEPALIVE = b": keepalive\n\n"


def timed(
    id: str, count: int, *times: float, breaks: Breaks = (), before: bytes = b"", role: Json = ROLE
) -> Wire:
    """A text of so many deltas, its blocks sent at the given times, after the role's."""
    whole = wire(id, role, *({"content": f"{number} "} for number in range(count)), times=times)
    return replace(whole, body=before + whole.body, breaks=ids(breaks))


def steady(first: float, count: int, step: float) -> tuple[float, ...]:
    """Times at an even pace, the role with the first delta."""
    return (first, *(round(first + number * step, 6) for number in range(count)))


def _responses(id: str, count: int, *times: float, breaks: Breaks = ()) -> Wire:
    """A text of so many deltas in Responses."""
    events, done = responses.message_events(0, *(f"{number} " for number in range(count)))
    usage = {**responses.USAGE, "output_tokens": count, "total_tokens": 9 + count}
    end = responses.lifecycle("completed", responses.response("completed", (done,), usage=usage))
    return responses.wire(id, *responses.OPENING, *events, end, times=times, breaks=breaks)


def _calling(id: str, *times: float, breaks: Breaks = ()) -> Wire:
    """A call whose arguments come in 20 pieces."""
    pieces = [goes_on(0, text) for text in ('{"', *"abcdefghijklmnopq", '":', "1}")]
    return calling(id, opens(0, "call_a", "now"), *pieces, times=times, breaks=breaks)


def _thinking(id: str, *times: float, breaks: Breaks = ()) -> Wire:
    """A text whose usage counts reasoning that was not shown."""
    return edited(COUNTED, id, times=times, breaks=breaks)


def _sealed(id: str, *times: float) -> Wire:
    """A text after reasoning that is not shown, in Responses."""
    return edited(responses.SEALED_REASONING, id, times=times)


def blocks(id: str, size: int, *times: float, count: int = 60, breaks: Breaks = ()) -> Wire:
    """A text of so many deltas, its body sent in pieces of one size at the given times."""
    whole = timed(id, count)
    return replace(whole, size=size, times=times, breaks=ids(breaks))


BROKEN: tuple[Wire, ...] = (
    blocks("blocks-of-512", 512, *steady(0.5, 40, 0.1)[1:], breaks="stream-blocks"),
    blocks("blocks-of-1024", 1024, *steady(0.5, 40, 0.1)[1:], breaks="stream-blocks"),
    blocks("blocks-of-4096", 4096, *steady(0.5, 40, 0.3)[1:], count=150, breaks="stream-blocks"),
    replace(
        _responses("blocks-in-responses", 60, *steady(0.5, 40, 0.1)[1:], breaks="stream-blocks"), size=2048
    ),
    _thinking("silence-in-the-answer-of-one-that-reasons", *steady(0.5, 4, 0.1), 40.0, breaks=SILENT),
    timed("burst-long", 234, 28.8, breaks=BURST),
    timed(
        "burst-long-in-some-reads", 234, *(28.8 + number // 60 * 0.009 for number in range(235)), breaks=BURST
    ),
    timed("burst-short", 8, 2.1, breaks=BURST),
    timed("burst-short-in-two-reads", 12, *(6.0,) * 7, 6.0015, breaks=BURST),
    timed("burst-after-the-role", 30, 0.4, 9.0, breaks=BURST),
    timed("burst-after-keepalives", 100, 5.0, 10.0, 15.0, before=KEEPALIVE * 2, breaks=BURST),
    _responses("burst-responses-long", 234, 0.3, 0.3, 0.3, 0.3, 29.1, breaks=BURST),
    _responses("burst-responses-short", 9, 4.0, breaks=BURST),
    _responses("burst-responses-whole", 234, 28.8, breaks=BURST),
    replace(
        timed("burst-of-a-model-that-reasons", 60, 45.0, breaks=BURST),
        asks={**ASKS, "reasoning_effort": "low"},
    ),
    _calling("burst-call", 5.0, breaks=BURST),
    edited(TEXT, "left-open", breaks="connection-closed", ended=Ended.HELD_OPEN),
    timed("silence-before-the-role", 20, *steady(31.0, 20, 0.05), breaks=SILENT),
    timed(
        "silence-with-empty-reasoning",
        20,
        *steady(31.0, 20, 0.05),
        breaks=SILENT,
        role={**ROLE, "reasoning_content": ""},
    ),
    timed("silence-in-the-middle", 20, *steady(0.5, 10, 0.05), *steady(40.0, 10, 0.05), breaks=SILENT),
    timed("silence-before-the-end", 3, 0.5, 0.6, 0.7, 0.8, 31.0, breaks=SILENT),
    _responses("silence-responses", 20, 0.1, *steady(33.0, 24, 0.05), breaks=SILENT),
)

LEGAL: tuple[Wire, ...] = (
    blocks("blocks-of-no-buffer", 1448, *steady(0.5, 40, 0.1)[1:]),
    blocks("blocks-at-once", 1024, 0.9),
    blocks("blocks-over-a-slow-link", 4096, *steady(0.5, 40, 0.002)[1:], count=150),
    blocks("blocks-few", 4096, 0.5, 0.9, 1.3, count=40),
    blocks("blocks-of-what-was-there", 65536, 0.5, 0.9, 1.3, 1.7, 2.1, 2.6, count=1200),
    _thinking("silence-while-the-model-reasons", 0.4, 75.0),
    _thinking("silence-before-the-first-byte-while-the-model-reasons", 45.0),
    _sealed("silence-while-the-model-reasons-in-responses", 0.1, 0.1, 0.1, 0.1, 80.0),
    wire("delta-of-200-characters", ROLE, {"content": "word " * 40}),
    wire("long-delta", ROLE, {"content": "word " * 4000}, breaks="delta-small"),
    timed("even-long", 234, *steady(2.5, 234, 0.112)),
    timed("even-after-a-slow-start", 100, *steady(20.0, 100, 0.02)),
    timed("even-in-pieces-of-ten", 200, *(3.0 + number // 10 * 0.2 for number in range(200))),
    timed("fast-over-a-slow-link", 60, 1.5),
    timed("fast-over-a-slow-link-long", 1000, 1.99),
    timed("fast-engine-cold", 16, *steady(2.02, 16, 0.0005)),
    timed("fast-engine-long", 300, *steady(2.5, 300, 0.0004)),
    timed("few-deltas-at-once", 7, 12.0),
    timed("at-once-at-the-end", 60, *steady(0.5, 20, 0.05), 9.0),
    timed("silence-of-thoughts", 20, *steady(74.0, 20, 0.05), role={**ROLE, "reasoning_content": "Hm."}),
    replace(
        timed("silence-of-thoughts-asked-for", 20, *steady(74.0, 20, 0.05)),
        asks={**ASKS, "reasoning_effort": "high"},
    ),
    edited(COUNTED, "silence-of-thoughts-counted", times=(74.0, 74.1, 74.2, 74.3, 74.4, 74.5)),
    replace(timed("silence-of-thoughts-promised", 20, *steady(74.0, 20, 0.05)), promises=("reasoning",)),
    replace(
        _responses("silence-of-thoughts-in-responses", 20, 0.1, *steady(61.0, 24, 0.05)),
        asks={**responses.ASKS, "reasoning": {"effort": "high"}},
    ),
    timed("silence-below-the-limit", 20, *steady(29.9, 20, 0.05)),
    timed("keepalives-in-silence", 40, 20.0, 40.0, 60.0, *steady(65.0, 40, 0.03), before=KEEPALIVE * 3),
    edited(TEXT, "one-time-for-all", times=(0.0,)),
    _responses("even-responses", 100, 0.2, *steady(1.0, 106, 0.05)),
    _calling("even-call", *steady(3.0, 22, 0.02)),
)
