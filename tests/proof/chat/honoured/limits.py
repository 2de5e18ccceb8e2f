"""What breaks and what keeps the requirements on limits and stop sequences that a request sets."""

from tests.proof.streams.chat import (
    ASKS,
    ASKS_USAGE,
    LOGPROBS,
    ROLE,
    TEXT,
    TWO,
    WEATHER,
    calling,
    chunk,
    chunks,
    opens,
    says,
    wire,
)
from tests.proof.streams.edits import edited, once
from tests.proof.streams.handmade import DONE, Breaks, Json, Wire, compact, ids


def spent(
    id: str, tokens: int, asks: Json, *, finish: str = "length", breaks: Breaks = (), promises: bool = True
) -> Wire:
    """A text whose usage counts so many tokens."""
    usage = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
    return Wire(
        id=id,
        asks={**ASKS_USAGE, **asks},
        body=chunks(*says("Hel", "lo"), finish=finish, usage=None) + chunk(usage=usage) + DONE,
        promises=("length",) if promises else (),
        breaks=ids(breaks),
    )


NUMBERS = tuple(f"{number}-x2b9k " for number in range(1, 61))
PREDICTED: Json = {"completion_tokens_details": {"rejected_prediction_tokens": 6}}


def sixty(id: str, tokens: int | None, *texts: str, breaks: Breaks = (), cause: str = "") -> Wire:
    """Sixty numbers, or other texts, where 16 tokens were allowed; None for no usage."""
    said = says(*(texts or NUMBERS))
    if tokens is None:
        asks = {**ASKS, "max_tokens": 16}
        return Wire(id=id, asks=asks, body=chunks(*said) + DONE, breaks=ids(breaks), cause=cause)
    usage = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
    return Wire(
        id=id,
        asks={**ASKS_USAGE, "max_tokens": 16},
        body=chunks(*said, usage=None) + chunk(usage=usage) + DONE,
        promises=("length",),
        breaks=ids(breaks),
        cause=cause,
    )


BROKEN: tuple[Wire, ...] = (
    spent("limit-by-one", 17, {"max_tokens": 16}, breaks="max-tokens-honoured"),
    spent("limit-of-new-name", 17, {"max_completion_tokens": 16}, breaks="max-tokens-honoured"),
    spent("limit-far", 300, {"max_tokens": 16}, breaks="max-tokens-honoured"),
    edited(
        TWO,
        "limit-of-two-choices",
        asks={**ASKS_USAGE, "n": 2, "max_tokens": 1},
        breaks="max-tokens-honoured",
    ),
    spent("limit-ends-with-stop", 16, {"max_tokens": 16}, finish="stop", breaks="finish-reason-length"),
    wire("stop-ignored", *says("Hel", "lo, ", "world!"), asks={"stop": "lo"}, breaks="stop-honoured"),
    wire(
        "stop-second-ignored", *says("Hello, ", "world!"), asks={"stop": ["#", "wor"]}, breaks="stop-honoured"
    ),
    wire(
        "stop-over-deltas",
        *says("Hel", "lo, ", "wor", "ld!"),
        asks={"stop": ["lo, wo"]},
        breaks="stop-honoured",
    ),
    wire("stop-passed-on", *says("Hello", "!"), asks={"stop": "!"}, breaks="stop-honoured"),
    wire(
        "stop-passed-on-and-cut", *says("Hello!"), asks={"stop": "!"}, finish="length", breaks="stop-honoured"
    ),
    wire(
        "stop-after-refusal",
        ROLE,
        {"content": "Hel"},
        {"refusal": "No."},
        {"content": "lo, wor"},
        {"content": "ld"},
        asks={"stop": "wor"},
        breaks="stop-honoured",
    ),
    wire("stop-of-a-line", *says("Hello\n", "\nworld"), asks={"stop": ["\n\n"]}, breaks="stop-honoured"),
    edited(TWO, "stop-in-one-choice", asks={**ASKS_USAGE, "n": 2, "stop": ["three"]}, breaks="stop-honoured"),
    sixty(
        "limit-ignored-and-uncounted",
        0,
        breaks=("max-tokens-honoured", "finish-reason-length", "usage-counts"),
        cause="The limit is ignored, and usage hides it.",
    ),
    sixty(
        "limit-ignored-and-counted-as-kept",
        16,
        breaks=("max-tokens-honoured", "finish-reason-length", "usage-counts"),
        cause="The limit is ignored, and usage hides it.",
    ),
    sixty("limit-ignored-without-usage", None, breaks="max-tokens-honoured"),
    sixty(
        "limit-ignored-in-letters-without-spaces",
        None,
        *["\u4eca\u65e5\u306f\u3044\u3044\u5929\u6c17\u3067\u3059\u306d"] * 20,
        breaks="max-tokens-honoured",
    ),
    edited(
        LOGPROBS,
        "limit-exceeded-by-logprobs",
        asks={**ASKS, "logprobs": True, "max_tokens": 3},
        breaks="max-tokens-honoured",
    ),
)

LEGAL: tuple[Wire, ...] = (
    # Limits
    spent("limit-exact", 16, {"max_tokens": 16}),
    spent("limit-not-reached", 15, {"max_tokens": 16}),
    spent("limit-not-reached-and-stop", 15, {"max_tokens": 16}, finish="stop"),
    spent("limit-exact-and-over", 16, {"max_tokens": 16}, finish="stop", promises=False),
    spent("limit-filtered", 16, {"max_tokens": 16}, finish="content_filter"),
    spent("limit-null", 300, {"max_tokens": None}),
    spent("limit-of-both-names", 17, {"max_completion_tokens": 20, "max_tokens": 16}),
    edited(TWO, "limit-of-each-choice", asks={**ASKS_USAGE, "n": 2, "max_tokens": 2}),
    edited(TEXT, "limit-without-usage", asks={**ASKS, "max_tokens": 1}, promises=("length",)),
    # Stop sequences
    wire("stop-before", *says("Hel", "lo, "), asks={"stop": ["wor"]}),
    wire("stop-never-reached", *says("Hello, ", "world!"), asks={"stop": ["#", "END"]}),
    wire("stop-in-other-case", *says("Hello, ", "world!"), asks={"stop": "WORLD"}),
    wire("stop-begun-and-cut", *says("Hello, ", "wor"), asks={"stop": "world"}, finish="length"),
    wire("stop-null", *says("Hello"), asks={"stop": None}),
    wire("stop-none", *says("Hello"), asks={"stop": []}),
    wire("stop-empty", *says("Hello"), asks={"stop": ["", None]}),
    wire("stop-at-once", *says(), asks={"stop": "Hello"}),
    wire("stop-kept-as-asked", *says("Hello", "!"), asks={"stop": "!", "include_stop_str_in_output": True}),
    wire("stop-after-fewest-tokens", *says("Oh!", " Hello"), asks={"stop": "!", "min_tokens": 8}),
    wire(
        "stop-in-thoughts",
        ROLE,
        {"reasoning_content": "Hm.\nWell."},
        {"content": "Hello"},
        asks={"stop": "\n"},
    ),
    wire(
        "stop-around-call",
        *says("Let me look.\n"),
        opens(0, "call_a", "weather", '{"city":"Oslo"}'),
        {"content": "\n"},
        asks={"stop": ["\n\n"], "tools": [WEATHER]},
        finish="tool_calls",
    ),
    wire(
        "stop-around-refusal",
        ROLE,
        {"content": "\n"},
        {"refusal": "No."},
        {"content": "\nYes"},
        asks={"stop": ["\n\n"]},
    ),
    wire(
        "stop-in-given-beginning",
        *says("def f", "(x):"),
        asks={
            "stop": ["def"],
            "messages": [
                {"role": "user", "content": "Go on."},
                {"role": "assistant", "content": "def f", "prefix": True},
            ],
        },
    ),
    calling(
        "stop-in-arguments",
        opens(0, "call_a", "weather", '{"city":"Oslo"}'),
        asks={"stop": "Oslo", "tools": [WEATHER]},
    ),
    sixty("limit-of-words-that-share-tokens", None, *["of the "] * 12),
    edited(
        sixty("limit-base-prefilled", 12),
        "limit-of-what-follows-a-given-beginning",
        asks={
            **ASKS_USAGE,
            "max_tokens": 16,
            "messages": [{"role": "assistant", "content": "".join(NUMBERS[:56])}],
        },
    ),
    sixty("limit-of-one-long-word", None, "Do", "nau" * 60),
    edited(LOGPROBS, "limit-exact-by-logprobs", asks={**ASKS, "logprobs": True, "max_tokens": 4}),
    edited(
        spent("limit-base", 20, {"max_tokens": 16}),
        "limit-without-rejected-prediction",
        once(b'"total_tokens":29', b'"total_tokens":29,' + compact(PREDICTED)[1:-1].encode()),
    ),
)
