"""Finds the marks of chat templates in texts, and calls that are written without any."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, Final

from conformance.assemble.payload import documents
from conformance.requirements.templates import (
    BAR,
    BARE,
    BARE_NEEDLES,
    CLOSED_CALLS,
    FORMS,
    OTHERS,
    TEMPLATES,
    Form,
    Kind,
    Template,
)

__all__ = ["ASKED_ABOUT", "Mark", "bare_calls", "begun_mark", "marks"]


def _literals() -> dict[str, tuple[Kind, Template]]:
    found: dict[str, tuple[Kind, Template]] = {}
    for template in TEMPLATES:
        for kind, names in ((Kind.CALL, template.calls), (Kind.CONTROL, template.control)):
            for name in names:
                found.setdefault(name, (kind, template))
    return found


_LITERALS: Final = _literals()
_CLOSING: Final = {name: template for template in TEMPLATES for name in template.closing}


def _alternatives(forms: tuple[Form, ...]) -> list[str]:
    return [f"(?P<f{at}>{form.pattern})" for at, form in enumerate(forms)]


def _compiled() -> re.Pattern[str]:
    """All marks in brackets, by their first letter: only there are the others looked at.

    The longest come first: `<|open|>call` says more than `<|open|>`.
    """
    begins: dict[str, list[str]] = {"<": _alternatives(FORMS)}
    for name in sorted(_LITERALS, key=len):
        begins.setdefault(name[0], []).insert(0, re.escape(name[1:]))
    return re.compile("|".join(f"{re.escape(begin)}(?:{'|'.join(rest)})" for begin, rest in begins.items()))


_PATTERN: Final = _compiled()
_BARE_PATTERN: Final = re.compile("|".join(_alternatives(BARE)))
_END: Final = re.compile(rf"(?<![\"'`])({'|'.join(map(re.escape, _CLOSING))})(?:\s|\\[nrt])*[\"}}\]\s]*\Z")
_TAIL: Final = 200  # characters at the end of a text in which a closing mark is looked for
_FENCE: Final = re.compile(r"^ {0,3}```", re.MULTILINE)
_QUOTED: Final = re.compile(r"[^`\n]{0,60}`")

ASKED_ABOUT: Final = re.compile(
    r"(?i)\bchat ?templates?\b|\bchatml\b|\bharmony format\b|\b(?:special|control|stop) tokens?\b|"
    r"\bprompt formats?\b|\bEOS\b"
)
"""Words of a request that is about chat templates, so that its answer may be full of their marks."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark in a text, between the characters `start` and `end`."""

    kind: Kind
    template: Template
    start: int
    end: int


def marks(text: str, *, quotable: bool = True) -> list[Mark]:
    """The marks in a text, in their order. The cost grows with the length of the text, and no faster.

    Where they are `quotable`, a mark in backquotes counts for nothing, nor does one in a fenced block of code
    that is not about a call.
    """
    found = [_mark(match, FORMS) for match in _PATTERN.finditer(text)]
    if any(needle in text for needle in BARE_NEEDLES):
        found += [_mark(match, BARE) for match in _BARE_PATTERN.finditer(text)]
    if (last := _END.search(text, max(0, len(text) - _TAIL))) and not _opened(text, last[1]):
        kind = Kind.CALL if last[1] in CLOSED_CALLS else Kind.CONTROL
        found.append(Mark(kind, _CLOSING[last[1]], last.start(1), last.end(1)))
    if found and quotable:
        fences = [match.start() for match in _FENCE.finditer(text)]
        found = [mark for mark in found if not _in_quotes(text, mark) and not _in_fence(mark, fences)]
    return sorted(found, key=lambda mark: mark.start)


def _mark(match: re.Match[str], forms: tuple[Form, ...]) -> Mark:
    if match.lastgroup is None:
        kind, template = _LITERALS[match[0]]
    else:
        form = forms[int(match.lastgroup[1:])]
        kind, template = form.kind, form.template
    return Mark(kind, template, match.start(), match.end())


def _opened(text: str, closing: str) -> bool:
    """Whether a text opens the tag that ends it, as HTML and XML do."""
    opening = closing.replace("</", "<").rstrip(">")
    return closing.startswith("</") and (
        f"{opening}>" in text or f"{opening} " in text or f"{opening}=" in text
    )


def _in_quotes(text: str, mark: Mark) -> bool:
    return text[max(0, mark.start - 1) : mark.start] == "`" and bool(_QUOTED.match(text, mark.end))


def _in_fence(mark: Mark, fences: list[int]) -> bool:
    """Whether a mark that is not about a call stands in a block of code that is closed."""
    before = bisect_left(fences, mark.start)
    return mark.kind is not Kind.CALL and before % 2 == 1 and before < len(fences)


_BEGINS: Final = frozenset(name[0] for name in _LITERALS)
_LONGEST_BEGUN: Final = 60  # characters of a text that can be the begin of a mark
_SHORTEST: Final = 6  # characters of a mark that is not finished
_SHORTEST_BAR: Final = 5  # of one that begins with a bracket and a bar
_BEGUN_NAME: Final = re.compile(r"<\|[A-Za-z0-9]{2,24}(?:[_\u2581][A-Za-z0-9]{1,24}){0,6}[_\u2581|]")


def begun_mark(text: str) -> tuple[Template, str] | None:
    """The template and the piece of a mark that a text ends in the middle of; None if it does not."""
    tail = text[-_LONGEST_BEGUN:].rstrip()
    for start, letter in enumerate(tail):
        if letter in _BEGINS and (template := _begun(tail[start:])):
            return template, tail[start:]
    return None


def _begun(piece: str) -> Template | None:
    barred = piece.startswith(("<|", f"<{BAR}"))
    if len(piece) < (_SHORTEST_BAR if barred else _SHORTEST):
        return None
    for name, (_, template) in _LITERALS.items():
        if name.startswith(piece) and name != piece:
            return template
    return OTHERS if _BEGUN_NAME.fullmatch(piece) else None


_LONGEST_CALL: Final = 20_000  # characters of a text that is looked at as a call
_BLOCK: Final = re.compile(r"```\w*[^\S\n]*\n(.*?)\n?```", re.DOTALL)
_CODE: Final = re.compile(r"\[?\s*([A-Za-z_][\w.-]{0,63})\s*(?:\(.*\)|(?=\{)(.*))\s*\]?;?", re.DOTALL)
_ARGUED: Final = ("arguments", "parameters", "args", "input")


def bare_calls(text: str) -> list[str]:
    """The names of the functions that a text calls if it is nothing but calls, without any mark; else none.

    In JSON, as an object with a name and arguments or a list of them, as `name{...}`, or as `name(...)`.
    """
    whole = text.strip()
    if not whole or len(whole) > _LONGEST_CALL:
        return []
    block = _BLOCK.fullmatch(whole)
    whole = block[1].strip() if block else whole
    found = documents(whole)
    if len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    if found:
        names = [_called(value) for value in found]
        return names if all(names) else []
    code = _CODE.fullmatch(whole)
    if code is None or (code[2] is not None and not documents(code[2])):
        return []
    return [code[1]]


def _called(value: Any) -> str:
    """The name of the function that a JSON object calls; "" if it calls none."""
    inner = value.get("function", value) if isinstance(value, dict) else None
    inner = inner if isinstance(inner, dict) else value
    if not isinstance(inner, dict) or not any(key in inner for key in _ARGUED):
        return ""
    name = inner.get("name")
    return name if isinstance(name, str) else ""
