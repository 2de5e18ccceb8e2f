"""The catalogue: every requirement, grouped by family, in the order in which reports list them."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from conformance.catalogue import Requirement
from conformance.requirements import (
    claims,
    consistent,
    control,
    dictated,
    errors,
    growth,
    http,
    keys,
    pace,
    reasoning,
    record,
    repeats,
    retries,
    runs,
    timing,
    turns,
    twins,
    unwritten,
    usage,
    whole,
    wire,
)
from conformance.requirements.chat import (
    audio,
    choices,
    cuts,
    done,
    ending,
    honoured,
    identity,
    logprobs,
    text,
)
from conformance.requirements.responses import (
    agreement,
    annotations,
    calls,
    echo,
    final,
    hosted,
    items,
    lifecycle,
    order,
    response,
    states,
)
from conformance.requirements.responses import honoured as responses_honoured
from conformance.requirements.responses import identity as item_ids
from conformance.requirements.responses import logprobs as responses_logprobs
from conformance.requirements.responses import text as responses_text
from conformance.requirements.tools import arguments, fragments, names
from conformance.requirements.tools import calls as tool_calls
from conformance.requirements.tools import honoured as tools_honoured

__all__ = ["CATALOGUE", "by_id"]

_MODULES = (
    *(http, wire, keys, identity, choices, text, audio, growth, logprobs, ending),
    *(done, honoured, cuts, usage),
    *(tools_honoured, names, fragments, arguments, tool_calls, turns, control, reasoning),
    *(lifecycle, response, echo, items, item_ids, order, states, responses_text, responses_logprobs),
    *(annotations, calls, hosted, responses_honoured, agreement, final),
    *(
        dictated,
        unwritten,
        errors,
        retries,
        timing,
        pace,
        whole,
        consistent,
        twins,
        repeats,
        runs,
        claims,
        record,
    ),
)


def _collect() -> tuple[Requirement, ...]:
    found = [
        value for module in _MODULES for value in vars(module).values() if isinstance(value, Requirement)
    ]
    ids = [rule.id for rule in found]
    if twice := {name for name in ids if ids.count(name) > 1}:
        raise ValueError(f"requirement ids used twice: {', '.join(sorted(twice))}")
    owned = frozenset(path for rule in found for path in rule.shapes)
    return tuple(
        replace(rule, check=partial(rule.check, others=owned)) if rule.rest else rule for rule in found
    )


CATALOGUE: tuple[Requirement, ...] = _collect()
_BY_ID: Mapping[str, Requirement] = MappingProxyType({rule.id: rule for rule in CATALOGUE})


def by_id(name: str) -> Requirement:
    """The requirement with this id. Raises KeyError for an unknown id."""
    return _BY_ID[name]
