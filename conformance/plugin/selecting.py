"""Which items a session leaves out, and what is told where `-m` and `-k` leave out all of them."""

import re
from collections.abc import Collection, Iterator, Sequence

import pytest

from conformance.catalogue import Family, Level
from conformance.errors import did_you_mean
from conformance.profiles import profiles
from conformance.requirements import CATALOGUE
from conformance.run.items import PlannedVerdict, RunItem
from conformance.text import counted, shown_line

__all__ = ["nothing_selected", "selects"]

_WORD = re.compile(r"[\w:+\-.\[\]/\\]+")  # as pytest's expressions have them
_OPERATORS = {"and", "or", "not", "true", "false", "none"}
_FAMILIES = tuple(family.value for family in Family)
_LEVELS = tuple(level.value.lower() for level in Level)
# The options of pytest that leave items out, by where their values are kept.
_LEAVING_OUT = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf", "stepwise", "collectonly")


def selects(config: pytest.Config) -> bool:
    """Whether options or arguments may leave items out, of which none is asked with --collect-only."""
    named = any("::" in argument for argument in config.args)
    return named or any(getattr(config.option, name, None) for name in _LEAVING_OUT)


def nothing_selected(items: Sequence[RunItem], marks: str, names: str) -> list[str]:
    """The lines that say why none of the items was selected, and by what they can be. Pure.

    `marks` is the value of -m, `names` that of -k; "" where it was not given.
    """
    given = [f"{option} {shown_line(text)!r}" for option, text in (("-m", marks), ("-k", names)) if text]
    lines = [f"{' with '.join(given)} selects none of {counted(len(items), 'item')}"]
    lines += [f"hint: {hint}" for hint in (*_of_marks(marks), *_of_names(names, items))]
    if len(lines) == 1:
        lines.append("hint: each word fits some items, but no item fits them all")
    if marks:
        lines.append(f"-m takes families ({', '.join(_FAMILIES)}) and levels ({', '.join(_LEVELS)})")
    if names:
        seen = dict.fromkeys(item.subject for item in items if isinstance(item, PlannedVerdict))
        some = ", ".join(list(seen)[:4])
        lines.append(
            f"-k takes any part of a requirement's id (`conformance list`) or of what was asked ({some}, ...)"
        )
    return lines


def _of_marks(text: str) -> Iterator[str]:
    known = (*_FAMILIES, *_LEVELS)
    of_profiles = {name: name for item in profiles().newest for name in (item.name, item.id)}
    ids = {rule.id for rule in CATALOGUE}
    for word in _unknown(text, known):
        if word in of_profiles:
            yield f"{word} is a profile: --profile {word}"
        elif word in ids:
            yield f"{word} is a requirement: -k {word}"
        else:
            yield f"{word}: {did_you_mean(word, known, 'no family or level is named so')}"


def _of_names(text: str, items: Sequence[RunItem]) -> Iterator[str]:
    ids = {rule.id for rule in CATALOGUE}
    subjects = {item.subject for item in items if isinstance(item, PlannedVerdict)}
    fitting = " ".join((*(item.id for item in items), *_FAMILIES, *_LEVELS)).lower()
    for word in _words(text):
        if word.lower() in fitting:
            continue
        if word in ids:
            yield (
                f"{word} does not apply to what is judged; `conformance explain {word}` says to what it does"
            )
        else:
            near = did_you_mean(word, sorted(ids | subjects), "no requirement or request is named so")
            yield f"{word}: {near}"


def _unknown(text: str, known: Collection[str]) -> list[str]:
    return [word for word in _words(text) if word not in known]


def _words(text: str) -> list[str]:
    found = dict.fromkeys(_WORD.findall(text))
    return [word for word in found if word.lower() not in _OPERATORS]
