"""What breaks and what keeps the requirements on the order of items, and of phases among deltas."""

from itertools import chain, zip_longest

from tests.proof.streams.edits import counted, edited, moved
from tests.proof.streams.handmade import Json, Wire
from tests.proof.streams.hosted_tools import CODE_INTERPRETER
from tests.proof.streams.responses import (
    FIRST,
    FIRST_EVENTS,
    OPENING,
    SECOND,
    SECOND_EVENTS,
    completed,
    function_call,
    item_events,
    wire,
)

ONE_EVENTS, ONE = function_call(0, "call_a", "weather", '{"city":"Oslo"}')
TWO_EVENTS, TWO = function_call(1, "call_b", "weather", '{"city":"Rome"}')
OPEN: Json = {"id": "rs_0", "type": "reasoning", "summary": []}
BEGUN, ENDED = item_events(0, OPEN, OPEN)
IN_PROGRESS = b'"type":"response.code_interpreter_call.in_progress"'
INTERPRETING = b'"type":"response.code_interpreter_call.interpreting"'


def interleaved(one: tuple[Json, ...], two: tuple[Json, ...]) -> tuple[Json, ...]:
    """The events of two items in turn."""
    return tuple(event for event in chain(*zip_longest(one, two)) if event is not None)


BROKEN: tuple[Wire, ...] = (
    wire(
        "messages-interleaved",
        *OPENING,
        *interleaved(FIRST_EVENTS, SECOND_EVENTS),
        completed(FIRST, SECOND),
        breaks="items-overlap",
    ),
    wire(
        "calls-of-a-response-interleaved",
        *OPENING,
        *interleaved(ONE_EVENTS, TWO_EVENTS),
        completed(ONE, TWO),
        breaks="items-overlap",
    ),
    wire(
        "call-inside-of-a-message",
        *OPENING,
        *FIRST_EVENTS[:-1],
        *TWO_EVENTS,
        FIRST_EVENTS[-1],
        completed(FIRST, TWO),
        breaks="items-overlap",
    ),
    wire(
        "reasoning-done-after-the-answer",
        *OPENING,
        BEGUN,
        *SECOND_EVENTS,
        ENDED,
        completed(OPEN, SECOND),
        breaks="items-overlap",
    ),
    edited(
        CODE_INTERPRETER,
        "in-progress-after-the-first-code",
        counted(moved(IN_PROGRESS, b'"delta":"print("')),
        breaks="hosted-tool-deltas",
    ),
    edited(
        CODE_INTERPRETER,
        "interpreting-before-the-code",
        counted(moved(INTERPRETING, IN_PROGRESS)),
        breaks="hosted-tool-deltas",
    ),
    edited(
        CODE_INTERPRETER,
        "interpreting-among-the-code",
        counted(moved(INTERPRETING, b'"delta":"print("')),
        breaks="hosted-tool-deltas",
    ),
)

LEGAL: tuple[Wire, ...] = (
    wire("messages-one-after-the-other", *OPENING, *FIRST_EVENTS, *SECOND_EVENTS, completed(FIRST, SECOND)),
    wire("calls-one-after-the-other", *OPENING, *ONE_EVENTS, *TWO_EVENTS, completed(ONE, TWO)),
    wire("message-and-call", *OPENING, *FIRST_EVENTS, *TWO_EVENTS, completed(FIRST, TWO)),
    wire("reasoning-and-answer", *OPENING, BEGUN, ENDED, *SECOND_EVENTS, completed(OPEN, SECOND)),
)
