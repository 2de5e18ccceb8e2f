"""What breaks and what keeps the requirements on finish_reason where something cut an answer."""

from tests.proof.streams.chat import ASKS_USAGE, CALLING, WEATHER, chunk, chunks, goes_on, opens, says, wire
from tests.proof.streams.handmade import DONE, Breaks, Json, Wire, ids

HALF = (CALLING, opens(0, "call_a", "weather"), goes_on(0, '{"city":"Os'))
WHOLE = (CALLING, opens(0, "call_a", "weather"), goes_on(0, '{"city":"Oslo"}'))
LIMIT: Json = {"tools": [WEATHER], "max_tokens": 8}
STRICT: Json = {**LIMIT, "tools": [{**WEATHER, "function": {**WEATHER["function"], "strict": True}}]}
STOP: Json = {"stop": ["!"], "max_tokens": 50}


def spent(
    id: str, tokens: int, asks: Json, *deltas: Json, finish: str, breaks: Breaks = (), cause: str = ""
) -> Wire:
    """An answer whose usage counts so many tokens."""
    usage = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
    body = chunks(*deltas, finish=finish, usage=None) + chunk(usage=usage) + DONE
    return Wire(id=id, asks={**ASKS_USAGE, **asks}, body=body, breaks=ids(breaks), cause=cause)


CUT = ("finish-reason-cut-call", "tool-arguments-json")
CAUSE = "Half of the arguments is no JSON."

BROKEN: tuple[Wire, ...] = (
    spent("cut-call-as-whole", 8, LIMIT, *HALF, finish="tool_calls", breaks=CUT, cause=CAUSE),
    spent(
        "cut-call-as-stopped",
        8,
        LIMIT,
        *HALF,
        finish="stop",
        breaks=CUT,
        cause=CAUSE,
    ),
    spent("cut-strict-call-as-whole", 8, STRICT, *HALF, finish="tool_calls", breaks=CUT, cause=CAUSE),
    spent(
        "cut-second-call-as-whole",
        20,
        {"tools": [WEATHER], "max_completion_tokens": 20},
        *WHOLE,
        opens(1, "call_b", "weather", '{"ci'),
        finish="tool_calls",
        breaks=CUT,
        cause=CAUSE,
    ),
    spent("stop-as-length", 4, STOP, *says("Hello"), finish="length", breaks="finish-reason-stop"),
    spent(
        "stop-as-length-by-one", 49, STOP, *says("Hel", "lo"), finish="length", breaks="finish-reason-stop"
    ),
)

LEGAL: tuple[Wire, ...] = (
    spent("cut-call-as-cut", 8, LIMIT, *HALF, finish="length"),
    spent("call-whole-at-the-limit", 8, LIMIT, *WHOLE, finish="tool_calls"),
    spent("call-cut-by-the-filter", 8, LIMIT, *HALF, finish="content_filter"),
    spent("stop-as-stop", 4, STOP, *says("Hello"), finish="stop"),
    spent("stop-asked-and-limit-first", 50, STOP, *says("Hello"), finish="length"),
    spent("stop-asked-and-no-limit", 50, {"stop": "!"}, *says("Hello"), finish="length"),
    wire("stop-asked-and-nothing-counted", *says("Hello"), asks=STOP, finish="length"),
    spent("limit-of-a-server-below", 30, {"max_tokens": 50}, *says("Hello"), finish="length"),
)
