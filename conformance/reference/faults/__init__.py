"""Named faults of the reference provider: each spoils a good reply on the wire; none knows the checks."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from conformance.reference.faults import (
    chat,
    chat_texts,
    damaged,
    errors,
    honoured,
    reasoning,
    responses,
    responses_honoured,
    responses_items,
    responses_texts,
    timing,
    tools,
    usage,
    wire,
)
from conformance.reference.faults.fault import Edit, Fault

__all__ = ["FAULTS", "Edit", "Fault"]


def registered(families: Iterable[Iterable[Fault]]) -> Mapping[str, Fault]:
    """The faults of all families by id; raises ValueError where two have the same."""
    faults: dict[str, Fault] = {}
    for family in families:
        for fault in family:
            if fault.id in faults:
                raise ValueError(f"There are two faults called {fault.id!r}; give one of them another id.")
            faults[fault.id] = fault
    return MappingProxyType(faults)


FAULTS = registered(
    family.FAULTS
    for family in (
        *(wire, chat, chat_texts, damaged, honoured, usage, tools, reasoning),
        *(responses, responses_honoured, responses_items, responses_texts, errors, timing),
    )
)
"""Every fault by its id."""
