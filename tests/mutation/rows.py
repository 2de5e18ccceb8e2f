"""A row of the tables that say which mutants are equivalent, and the conditions that several rows share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.mutation.operators import Mutant
from tests.mutation.stream import Base

__all__ = ["CHANGED", "LEFT_OUT", "Row", "bounded", "empty", "holder", "likely", "not_early", "some"]

LEFT_OUT = ("drop", "rename")
CHANGED = ("change", "cut", "renumber-up", "renumber-down")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Places by patterns of the event's label and of the path, why they are free, and on what condition.

    In `place`, `*` is one step of the path and `**` any number of them.
    """

    event: str
    place: str
    why: str
    null: bool = False  # whether the description allows null
    operators: tuple[str, ...] = ()  # other operators than the usual ones of the table
    echoed: bool = True  # whether other events that hold the value would disagree with a changed one
    when: Callable[[Base, Mutant], bool] = lambda _base, _mutant: True


def bounded(base: Base, mutant: Mutant) -> bool:
    """A part of a count stays from 0 to its whole."""
    root: Any = base.blocks[mutant.at].value
    usage = root["usage"] if "usage" in root else root["response"]["usage"]
    kind = mutant.path[-2]
    wholes = {
        "prompt_tokens_details": "prompt_tokens",
        "completion_tokens_details": "completion_tokens",
        "input_tokens_details": "input_tokens",
        "output_tokens_details": "output_tokens",
    }
    whole = usage[wholes[str(kind)]]
    # Some reasoning is not none: it has an item of its own.
    kept = kind != "output_tokens_details" or (mutant.new == 0) == (mutant.old == 0)
    return kept and bool(0 <= mutant.new <= whole)


def some(_base: Base, mutant: Mutant) -> bool:
    return bool(mutant.new != "")


def likely(_base: Base, mutant: Mutant) -> bool:
    return bool(mutant.new <= 0)


def not_early(base: Base, mutant: Mutant) -> bool:
    return bool(mutant.new >= holder(base, mutant).get("created_at", mutant.new))


def empty(_base: Base, mutant: Mutant) -> bool:
    return mutant.old in ([], None)


def holder(base: Base, mutant: Mutant) -> Any:
    """What holds the place."""
    value: Any = base.blocks[mutant.at].value
    for step in mutant.path[:-1]:
        value = value[step]
    return value
