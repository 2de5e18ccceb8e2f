"""What breaks and what keeps the requirements on usage in chat streams."""

from tests.proof.streams.chat import (
    ASKS,
    ASKS_USAGE,
    CALLING,
    COUNTED,
    TEXT,
    USAGE,
    WEATHER,
    chunk,
    chunks,
    opens,
    says,
)
from tests.proof.streams.edits import behind, edited, every, nth, once, swapped, without
from tests.proof.streams.handmade import DONE, Breaks, Wire, ids

COUNT = b'"prompt_tokens":9,"completion_tokens":4,"total_tokens":13'

NUMBERS = tuple(f"{number}-x2b9k " for number in range(1, 31))


def counting(id: str, tokens: int, *texts: str, breaks: Breaks = ()) -> Wire:
    """A text whose usage counts so many completion tokens."""
    usage = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
    body = chunks(*says(*texts), usage=None) + chunk(usage=usage) + DONE
    return Wire(id=id, asks=ASKS_USAGE, body=body, breaks=ids(breaks))


def counting_call(id: str, tokens: int, breaks: Breaks = ()) -> Wire:
    """The same of a call."""
    usage = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
    made = chunks(CALLING, opens(0, "call_a1", "weather", '{"city":"Oslo"}'), finish="tool_calls", usage=None)
    asks = {**ASKS_USAGE, "tools": [WEATHER]}
    return Wire(id=id, asks=asks, body=made + chunk(usage=usage) + DONE, breaks=ids(breaks))


BROKEN: tuple[Wire, ...] = (
    edited(COUNTED, "usage-absent", without(b'"usage":{'), breaks="usage-present"),
    edited(COUNTED, "usage-unasked", every(b',"usage":null', b""), breaks="usage-unasked", asks=ASKS),
    edited(
        TEXT,
        "usage-on-finish-unasked",
        nth(-1, b'"choices":', b'"usage":{' + COUNT + b'},"choices":'),
        breaks="usage-unasked",
    ),
    edited(
        COUNTED,
        "usage-behind-done",
        without(b'"usage":{'),
        behind(b"[DONE]", chunk(usage=USAGE)),
        breaks="usage-before-done",
    ),
    edited(
        COUNTED,
        "usage-with-choice",
        once(b'"choices":[],"usage":{', b'"choices":[{"index":0,"delta":{},"finish_reason":null}],"usage":{'),
        breaks="usage-empty-choices",
    ),
    edited(COUNTED, "usage-before-end", swapped(b'"usage":{', b'"stop"'), breaks="usage-position"),
    edited(
        COUNTED,
        "usage-before-end-of-an-unknown-request",
        swapped(b'"usage":{', b'"stop"'),
        asks=None,
        breaks="usage-position",
    ),
    edited(COUNTED, "usage-two-times", behind(b'"usage":{', chunk(usage=USAGE)), breaks="usage-once"),
    edited(
        COUNTED, "usage-running", every(b'"usage":null', b'"usage":{' + COUNT + b"}"), breaks="usage-once"
    ),
    edited(COUNTED, "usage-null-absent-once", nth(0, b',"usage":null', b""), breaks="usage-null-elsewhere"),
    edited(
        COUNTED,
        "usage-empty",
        lambda body: body.split(b'"usage":{')[0] + b'"usage":{}}\n\n' + DONE,
        breaks="usage-integers",
    ),
    edited(
        COUNTED,
        "usage-text",
        once(b'"completion_tokens":4', b'"completion_tokens":"4"'),
        breaks="usage-integers",
    ),
    edited(
        COUNTED,
        "usage-whole-float",
        once(b'"completion_tokens":4', b'"completion_tokens":4.0'),
        breaks="usage-integers",
    ),
    edited(
        COUNTED, "usage-float", once(b'"total_tokens":13', b'"total_tokens":13.5'), breaks="usage-integers"
    ),
    edited(COUNTED, "usage-total-absent", once(b',"total_tokens":13', b""), breaks="usage-integers"),
    edited(
        COUNTED,
        "usage-list",
        lambda body: body.split(b'"usage":{')[0] + b'"usage":[]}\n\n' + DONE,
        breaks="usage-integers",
    ),
    edited(
        COUNTED,
        "usage-sum-too-high",
        once(b'"total_tokens":13', b'"total_tokens":14'),
        breaks="usage-arithmetic",
    ),
    edited(
        COUNTED,
        "usage-sum-wrong",
        once(b'"total_tokens":13', b'"total_tokens":12'),
        breaks="usage-arithmetic",
    ),
    edited(
        COUNTED,
        "usage-cached-exceeds",
        once(b'"cached_tokens":2', b'"cached_tokens":10'),
        breaks="usage-details",
    ),
    edited(
        COUNTED,
        "usage-reasoning-exceeds-completion",
        once(b'"reasoning_tokens":1', b'"reasoning_tokens":5'),
        breaks="usage-details",
    ),
    edited(
        COUNTED,
        "usage-prompt-zero",
        once(COUNT, COUNT.replace(b"9", b"0").replace(b"13", b"4")),
        once(b'"cached_tokens":2', b'"cached_tokens":0'),
        breaks="usage-counts",
    ),
    edited(
        COUNTED,
        "usage-all-zero",
        once(COUNT, b'"prompt_tokens":0,"completion_tokens":0,"total_tokens":0'),
        once(b'"cached_tokens":2', b'"cached_tokens":0'),
        once(b'"reasoning_tokens":1', b'"reasoning_tokens":0'),
        breaks="usage-counts",
    ),
    counting("usage-one-for-thirty-numbers", 1, *NUMBERS, breaks="usage-counts"),
    counting(
        "usage-one-for-numbers-between-commas",
        1,
        *(f"{number}," for number in range(1, 31)),
        breaks="usage-counts",
    ),
    counting_call("usage-zero-for-a-call", 0, breaks="usage-counts"),
    counting("usage-of-the-last-delta", 2, *NUMBERS, breaks="usage-counts"),
    counting("usage-zero-for-letters-without-spaces", 0, "\u4eca\u65e5\u306f", breaks="usage-counts"),
    edited(
        COUNTED,
        "usage-before-end-of-unknown-request",
        swapped(b'"usage":{', b'"stop"'),
        breaks="usage-position",
        asks=None,
    ),
)

LEGAL: tuple[Wire, ...] = (
    counting_call("usage-one-for-a-call", 1),
    edited(COUNTED, "usage-null-left-out", every(b',"usage":null', b""), breaks="usage-null-elsewhere"),
    edited(TEXT, "usage-null-unasked", every(b'"choices":', b'"usage":null,"choices":')),
    edited(
        COUNTED,
        "usage-details-null",
        once(b'{"cached_tokens":2,"audio_tokens":0}', b"null"),
        once(
            b'{"reasoning_tokens":1,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}',
            b"null",
        ),
    ),
    edited(
        COUNTED,
        "usage-on-every-chunk-as-asked",
        every(b'"usage":null', b'"usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}'),
        asks={**ASKS, "stream_options": {"include_usage": True, "continuous_usage_stats": True}},
    ),
    edited(COUNTED, "request-unknown-with-usage", asks=None),
    counting("usage-of-thirty-numbers", 150, *NUMBERS),
    counting("usage-of-joined-words", 20, *NUMBERS),
    counting("usage-of-letters-without-spaces", 5, "\u4eca\u65e5\u306f\u3044\u3044\u5929\u6c17"),
    counting("usage-of-one-word", 1, "Yes"),
    edited(
        COUNTED,
        "usage-details-null-inside",
        once(b'"cached_tokens":2,"audio_tokens":0', b'"cached_tokens":null,"audio_tokens":null'),
    ),
    edited(
        COUNTED,
        "usage-before-end-of-uncertain-order",
        swapped(b'"usage":{', b'"stop"'),
        asks={**ASKS, "stream_options": {"include_usage": True, "continuous_usage_stats": True}},
        breaks="usage-position",
    ),
)
