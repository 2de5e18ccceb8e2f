"""Pairs of violations: how the places and words of one show that it follows from another. Pure.

Each function takes the violation that may be the cause, and the one that may follow from it.
"""

import re
from math import nan

from conformance.catalogue import Violation
from conformance.text import shown

__all__ = [
    "after",
    "anyhow",
    "around",
    "at_same_place",
    "before",
    "by_no_event",
    "cut_by_limit",
    "ended_early",
    "in_same_event",
    "in_span",
    "of_a_call",
    "of_a_chunk",
    "of_an_item",
    "of_fewer_calls",
    "of_its_text",
    "of_lost_command",
    "of_own_end",
    "of_same_arguments",
    "of_same_count",
    "of_same_status",
    "of_same_value",
    "of_told_value",
    "of_value_in_group",
    "of_value_there",
    "right_before",
    "spoilt",
    "steps",
    "up_to_next",
]


def anyhow(_cause: Violation, _effect: Violation) -> bool:
    return True


def before(cause: Violation, effect: Violation) -> bool:
    return _distance(cause, effect) >= 0


def right_before(cause: Violation, effect: Violation) -> bool:
    return 0 <= _distance(cause, effect) <= 1


def after(cause: Violation, effect: Violation) -> bool:
    return _distance(cause, effect) <= 0


def up_to_next(cause: Violation, effect: Violation) -> bool:
    return _distance(cause, effect) >= -1


def around(cause: Violation, effect: Violation) -> bool:
    return -1 <= _distance(cause, effect) <= 1


def in_same_event(cause: Violation, effect: Violation) -> bool:
    return _distance(cause, effect) == 0


def _distance(cause: Violation, effect: Violation) -> float:
    """How many events the effect comes after the cause; not a number where one of them names no event."""
    if cause.event is None or effect.event is None:
        return nan
    return effect.event - cause.event


def at_same_place(cause: Violation, effect: Violation) -> bool:
    """Whether both are about one value: the same, one and what it holds, or two keys that an object lacks.

    A value that is compared with the one of an earlier event is about that one too.
    """
    one, other = steps(cause.place), steps(effect.place)
    if compared := _COMPARED.search(effect.expected):
        return cause.event == int(compared[1]) and one[-1:] == other[-1:]
    lacking = cause.observed == effect.observed == _NO_KEY and one[:-1] == other[:-1]
    within = bool(one and other) and all(step == same for step, same in zip(one, other, strict=False))
    return in_same_event(cause, effect) and (lacking or within)


_COMPARED = re.compile(r", as in event (\d+)\Z")
_NO_KEY = "no such key"


def steps(place: str) -> list[str]:
    return ["*" if step.isdigit() else step for step in place.split(".") if step]


def of_same_value(cause: Violation, effect: Violation) -> bool:
    return cause.observed == effect.observed


def of_told_value(cause: Violation, effect: Violation) -> bool:
    """Whether the effect names the wrong value too."""
    told = cause.observed.strip('"')
    return bool(told) and (told in effect.observed or told in effect.expected)


def of_refused_value(cause: Violation, effect: Violation) -> bool:
    """Whether the effect is a refusal that names the wrong value, a text such as an id.

    `null` and numbers stand in most refusals, whatever was refused.
    """
    if not cause.observed.startswith('"') or not effect.observed.startswith(("status 4", "an error in")):
        return False
    told = cause.observed.strip('"')
    return bool(told) and re.search(rf"(?<!\w){re.escape(told)}(?!\w)", effect.observed) is not None


def in_span(cause: Violation, effect: Violation) -> bool:
    if cause.span is None or effect.span is None:
        return False
    return effect.span[0] <= cause.span[0] and cause.span[1] <= effect.span[1]


def of_value_there(cause: Violation, effect: Violation) -> bool:
    """Whether both are about one value of one event, which they show in the same way."""
    return in_same_event(cause, effect) and of_same_value(cause, effect)


def of_value_in_group(cause: Violation, effect: Violation) -> bool:
    """Whether a group shows the same value, which stands in no one event of it."""
    return effect.event is None and of_same_value(cause, effect)


def of_same_count(cause: Violation, effect: Violation) -> bool:
    """Whether the effect is about the number that the cause shows, with words after it."""
    return effect.observed.partition(",")[0] == cause.observed


def of_same_arguments(cause: Violation, effect: Violation) -> bool:
    """Whether both quote the same arguments of a call at their end."""
    one, other = (found.observed.partition("arguments ")[2] for found in (cause, effect))
    return one == other != ""


def of_its_text(cause: Violation, effect: Violation) -> bool:
    """Whether the effect shows the JSON text whose value the cause shows."""
    return effect.observed == shown(cause.observed)


def of_own_end(_cause: Violation, effect: Violation) -> bool:
    return effect.place.endswith("finish_reason")


def cut_by_limit(cause: Violation, effect: Violation) -> bool:
    """Whether the effect says that the token limit cut the arguments, and the cause comes after them."""
    return "tokens cut the call" in effect.observed and _distance(cause, effect) <= 0


def of_a_call(_cause: Violation, effect: Violation) -> bool:
    return "call" in effect.expected


def of_fewer_calls(cause: Violation, effect: Violation) -> bool:
    """Whether calls are missing that another answer of the run should have shown too."""
    fewer = effect.observed == "no call" or effect.expected.startswith(f"{effect.observed}, ")
    return fewer and "tool call" in cause.expected


def of_an_item(cause: Violation, effect: Violation) -> bool:
    return cause.place.partition(".")[0] == "item" and before(cause, effect)


def of_lost_command(cause: Violation, effect: Violation) -> bool:
    """Whether a command is counted wrongly because one before it came without its item."""
    lost = cause.observed.startswith("response.shell_call_command") and before(cause, effect)
    return lost and effect.place == "command_index"


def of_same_status(cause: Violation, effect: Violation) -> bool:
    """Whether both are errors, as their bodies say, that came with one status."""
    statuses = {found.observed.partition(":")[0] for found in (cause, effect)}
    return len(statuses) == 1 and all('"error"' in found.observed for found in (cause, effect))


def of_a_chunk(cause: Violation, effect: Violation) -> bool:
    """Whether the body could not be read on for what is malformed in it, and was not lost besides."""
    return "chunk" in cause.expected and cause.observed == effect.observed


def by_no_event(_cause: Violation, effect: Violation) -> bool:
    return effect.event is None


def ended_early(cause: Violation, effect: Violation) -> bool:
    """Whether a chunk with choices comes after the terminator, where the answer or its end was missing."""
    return '"finish_reason"' in cause.observed and (effect.event is None or after(cause, effect))


def spoilt(cause: Violation, effect: Violation) -> bool:
    """Whether a character that could not be read stands in what was observed, or in a missing key.

    Or in the text that was streamed, if that differs from the other one in nothing else.
    """
    seen = "\ufffd" in effect.observed or effect.observed == _NO_KEY
    there = seen and (effect.event is None or in_same_event(cause, effect))
    return there or (before(cause, effect) and _but_for_spoilt(effect))


def _but_for_spoilt(effect: Violation) -> bool:
    streamed, mark, _ = effect.expected.partition(", as streamed")
    first, *pieces = re.split("\ufffd+", streamed)
    if not mark or not pieces or not effect.observed.startswith(first):
        return False
    at = len(first)
    for piece in pieces[:-1]:
        at = effect.observed.find(piece, at) + len(piece)
        if at < len(piece):
            return False
    return effect.observed.endswith(pieces[-1]) and at + len(pieces[-1]) <= len(effect.observed)
