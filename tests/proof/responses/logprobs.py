"""What breaks and what keeps the requirements on the log probabilities of a Responses stream."""

from typing import Any

from tests.proof.streams.edits import Change, edited, within
from tests.proof.streams.handmade import Json, Wire, compact
from tests.proof.streams.responses import (
    ASKS,
    DELTA,
    DONE_TEXT,
    OPENING,
    SAID,
    TEXT,
    completed,
    item_events,
    message,
    part_events,
    text_events,
    text_part,
    wire,
)

INCLUDE: Json = {**ASKS, "include": ["message.output_text.logprobs"], "top_logprobs": 0}


def token(text: str, logprob: float = -0.25) -> Json:
    """One token as events hold it."""
    return {"token": text, "logprob": logprob, "bytes": list(text.encode()), "top_logprobs": []}


def scored(id: str, *said: tuple[str, list[Json]], **fields: Any) -> Wire:
    """A message of these deltas and their tokens; its closed part has none of them, as OpenAI's."""
    tokens = [one for _, several in said for one in several]
    kept = [{"bytes": list(one["token"].encode()), **one} for one in tokens]
    done = message("msg_0", {**text_part("".join(text for text, _ in said)), "logprobs": kept})
    closed = {**done["content"][0], "logprobs": []}
    events = text_events(0, done, *(text for text, _ in said))
    deltas = [{**event, "logprobs": own} for event, (_, own) in zip(events[:-1], said, strict=True)]
    end = {**events[-1], "logprobs": tokens}
    inside = part_events(0, done, closed, 0, *deltas, end)
    whole = wire(
        id, *OPENING, *item_events(0, message("msg_0", status="in_progress"), done, *inside), completed(done)
    )
    return edited(whole, id, asks=INCLUDE, **fields)


def _tokens(number: int, tokens: list[Json]) -> Change:
    """The tokens of one delta replaced."""
    return within(
        DELTA,
        b'"logprobs":[%s]' % compact(GOOD[number]).encode(),
        b'"logprobs":%s' % compact(tokens).encode(),
        number,
    )


def _repeated(tokens: list[Json]) -> Change:
    """The tokens of the done event replaced."""
    old, new = (compact(one).encode() for one in (GOOD, tokens))
    return within(DONE_TEXT, b'"logprobs":%s' % old, b'"logprobs":%s' % new)


GOOD = [token(text) for text in SAID]
SCORED = scored("responses-logprobs", *((text, [one]) for text, one in zip(SAID, GOOD, strict=True)))
ONCE = edited(SCORED, "logprobs-in-deltas-alone", _repeated([]))

BROKEN: tuple[Wire, ...] = (
    edited(TEXT, "logprobs-asked-and-none", asks=INCLUDE, breaks="response-logprobs-present"),
    edited(SCORED, "logprobs-of-other-words", _tokens(1, [token("no, ")]), breaks="response-logprobs-agree"),
    edited(SCORED, "logprobs-of-one-delta-lost", _tokens(2, []), breaks="response-logprobs-agree"),
    edited(
        ONCE, "logprobs-positive", _tokens(0, [token("Hel", 0.9)]), breaks="response-logprobs-nonpositive"
    ),
    edited(
        SCORED,
        "logprobs-of-a-token-not-repeated",
        _repeated(GOOD[:-1]),
        breaks="response-logprobs-done",
    ),
    edited(
        SCORED,
        "logprobs-repeated-in-another-order",
        _repeated([GOOD[1], GOOD[0], *GOOD[2:]]),
        breaks="response-logprobs-done",
    ),
    edited(
        SCORED,
        "logprobs-repeated-with-another-probability",
        _repeated([*GOOD[:-1], token(SAID[-1], -0.5)]),
        breaks="response-logprobs-done",
    ),
    edited(
        ONCE,
        "logprobs-of-alternative-positive",
        _tokens(0, [{**token("Hel"), "top_logprobs": [token("Hi", 1.5)]}]),
        breaks="response-logprobs-nonpositive",
    ),
)

LEGAL: tuple[Wire, ...] = (
    SCORED,
    ONCE,
    edited(
        SCORED,
        "logprobs-repeated-without-bytes",
        _repeated([{"token": one["token"], "logprob": one["logprob"]} for one in GOOD]),
    ),
    scored("logprobs-of-several-tokens", ("Hello", [token("Hel"), token("lo")]), ("!", [token("!")])),
    scored("logprobs-in-the-first-delta", ("Hello", [token("Hello!")]), ("!", [])),
    scored(
        "logprobs-of-parts-of-characters",
        ("", [{**token("\\xf0\\x9f"), "bytes": [0xF0, 0x9F]}]),
        ("😀", [{**token("\\x98\\x80"), "bytes": [0x98, 0x80]}]),
    ),
    scored("logprobs-rounded-to-zero", ("Hello", [token("Hello", 0.0)])),
    scored(
        "logprobs-without-bytes",
        ("Hi ", [{"token": "Hi ", "logprob": -1.0, "top_logprobs": []}]),
        ("there", [{"token": "there", "logprob": -1.0, "top_logprobs": []}]),
    ),
    edited(TEXT, "logprobs-not-included", asks={**ASKS, "include": ["reasoning.encrypted_content"]}),
)
