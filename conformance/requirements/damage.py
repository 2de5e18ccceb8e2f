"""Ways in which a text is damaged between the model that wrote it and its reader, by name. Pure.

Each row of `DAMAGES` tells whether it turns one text into another. All of them look at a text a fixed number
of times, so their cost grows with its length and no faster, and not at texts that are longer than any makes.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import Any, Final
from unicodedata import normalize

from conformance.assemble.payload import joined

__all__ = ["DAMAGES", "Damage", "argument_damages", "arguments_agree", "damages", "lost_letter"]


@dataclass(frozen=True, slots=True)
class Damage:
    """One way: its name, as a sentence about the text says it, and whether it turns a text into another.

    `model` says that a model may have written the text so itself, however rarely; `prompt` that it may have
    been given the text so, by a tokenizer that normalizes its input.
    """

    name: str
    turns: Callable[[str, str], bool]
    model: bool = False
    prompt: bool = False


_Texts = Callable[[str], Iterator[str]]


def _any_of(texts: _Texts) -> Callable[[str, str], bool]:
    """Whether one of the texts that damage makes of the first stands in the second."""
    return lambda whole, seen: any(text != whole and text in seen for text in texts(whole))


# Bytes of UTF-8 read as something else

_CONTROLS: Final = re.compile("[\x80-\x9f\ufffd]")
_CP1252: Final = tuple(bytes([octet]).decode("cp1252", "ignore") or chr(octet) for octet in range(256))


def _latin_1(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _cp1252(text: str) -> str:
    return "".join(_CP1252[octet] for octet in text.encode("utf-8", "surrogatepass"))


def _misread(change: Callable[[str], str]) -> Callable[[str, str], bool]:
    """Whether a text was read so. Control characters and what cannot be read are often lost then."""

    def turns(whole: str, seen: str) -> bool:
        return not whole.isascii() and _CONTROLS.sub("", change(whole)) in _CONTROLS.sub("", seen)

    return turns


# Escapes that are shown in place of what they stand for

_ENTITY: Final = re.compile(r"&(?:[A-Za-z]{2,31}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


def _entities(text: str) -> int:
    """How many different entities are in a text."""
    return len({match[0] for match in _ENTITY.finditer(text)})


def _html(whole: str, seen: str) -> bool:
    # Of one character a model may write the entity; several are the work of a program.
    several = _entities(seen) > 1 or _entities(unescape(seen)) > 1
    return several and _html_of_one(whole, seen)


def _html_of_one(whole: str, seen: str) -> bool:
    if not _ENTITY.search(seen):
        return False
    once = unescape(seen)
    return whole in once or whole in unescape(once)


def _json(whole: str, seen: str) -> bool:
    for text in (seen.strip(), f'"{seen}"'):
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, str) and whole in value:
            return True
    return False


def _escapes(whole: str, seen: str) -> bool:
    letters = {match[1].lower() for match in _ESCAPED.finditer(seen)}
    whole_letters = [letter for letter in letters if not "dc00" <= letter <= "dfff"]
    return len(whole_letters) > 1 and _escape_of_one(whole, seen)


def _escape_of_one(whole: str, seen: str) -> bool:
    return bool(_ESCAPED.search(seen)) and whole in joined(
        [_ESCAPED.sub(lambda match: chr(int(match[1], 16)), seen)]
    )


# Characters that are lost or replaced

_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")
_FAR: Final = re.compile(r"[^\x00-\x7f]")
_INSTEAD: Final = ("?", "??", "????", "\ufffd", "\ufffd\ufffd", "\ufffd" * 4, "\ufffd" * 6, "\u25a1")
_BREAK: Final = re.compile(r"\n")
_BREAKS: Final = ("", " ", "\r\n", "\r", "\\n")  # an empty line between two is how models write Markdown


def _halves(match: re.Match[str]) -> tuple[str, str]:
    number = ord(match[0]) - 0x10000
    return chr(0xD800 + (number >> 10)), chr(0xDC00 + (number & 0x3FF))


def _astral_replaced(text: str) -> Iterator[str]:
    for instead in _INSTEAD:
        yield _ASTRAL.sub(instead, text)
    yield _ASTRAL.sub(lambda match: _halves(match)[0], text)
    yield _ASTRAL.sub(lambda match: _halves(match)[1], text)
    yield _ASTRAL.sub(lambda match: chr(ord(match[0]) & 0xFFFF), text)


def _one(_: str) -> int:
    return 1


def _bytes(letter: str) -> int:
    return len(letter.encode("utf-8", "surrogatepass"))


def _sixteen_bits(letter: str) -> int:
    return 1 + (ord(letter) > 0xFFFF)


def _far_replaced(text: str) -> Iterator[str]:
    """One mark for each character, for each of its bytes in UTF-8, and for each of its units in UTF-16.

    A model may fail to write a character, and its engine then writes U+FFFD for the bytes that are none. That
    all of several are gone, the plain ones among them, is the work of a program.
    """
    for mark in "?\ufffd" if len(set(_FAR.findall(text))) > 1 else "?":
        for size in (_one, _bytes, _sixteen_bits):
            yield "".join(letter if letter.isascii() else mark * size(letter) for letter in text)


def _lost(letters: re.Pattern[str]) -> _Texts:
    def texts(text: str) -> Iterator[str]:
        yield letters.sub("", text)

    return texts


def _composed(text: str) -> Iterator[str]:
    yield normalize("NFC", text)
    yield normalize("NFKC", text)


def _decomposed(text: str) -> Iterator[str]:
    yield normalize("NFD", text)
    yield normalize("NFKD", text)


def _broken(text: str) -> Iterator[str]:
    for instead in _BREAKS:
        yield _BREAK.sub(lambda _, instead=instead: instead, text)  # type: ignore[misc]


def _repeated(whole: str, seen: str) -> bool:
    return bool(whole) and seen.count(whole) > 1 and not seen.replace(whole, "").strip()


DAMAGES: Final = (
    Damage("is UTF-8 that was read as Latin-1 and encoded again", _misread(_latin_1)),
    Damage("is UTF-8 that was read as Windows-1252 and encoded again", _misread(_cp1252)),
    Damage(
        "is UTF-8 that was read as Latin-1 and encoded again, twice",
        _misread(lambda text: _latin_1(_latin_1(text))),
    ),
    Damage("holds HTML entities in place of characters", _html),
    Damage("holds an HTML entity in place of a character", _html_of_one, model=True),
    Damage("was encoded as JSON once more", _json),
    Damage("shows the escapes of JSON in place of characters", _escapes),
    Damage("shows an escape of JSON in place of a character", _escape_of_one, model=True),
    Damage("has something else in place of each character beyond U+FFFF", _any_of(_astral_replaced)),
    Damage("has a question mark or U+FFFD in place of each character beyond ASCII", _any_of(_far_replaced)),
    Damage("lacks each character beyond U+FFFF", _any_of(_lost(_ASTRAL)), model=True),
    Damage("lacks each character beyond ASCII", _any_of(_lost(_FAR)), model=True),
    Damage("is in the composed form of Unicode", _any_of(_composed), model=True, prompt=True),
    Damage("is in the decomposed form of Unicode", _any_of(_decomposed), model=True),
    Damage("has lost or changed its line breaks", _any_of(_broken), model=True),
    Damage("is there more than once", _repeated, model=True),
)
"""Every way. The first that fits says most."""
_OF_JSON: Final = (_escapes, _escape_of_one)
_ESCAPING: Final = (_json, *_OF_JSON)
_LONGEST: Final = 40  # letters that a way makes of one, at most
_AROUND: Final = 2_000  # letters that a model may write beside a text


def damages(whole: str, seen: str) -> tuple[Damage, ...]:
    """The ways that turn `whole` into `seen`, or into a part of it; none if `seen` holds it as it is.

    A model may have been given `whole` in its composed form, so what turns that into `seen` counts as well.
    """
    return _ways(whole, seen) or _ways(normalize("NFC", whole), seen)


def _ways(whole: str, seen: str) -> tuple[Damage, ...]:
    whole = whole.strip()
    longest = _LONGEST * len(whole) + _AROUND
    if not whole or len(seen) > longest or (whole in seen and seen.count(whole) == 1):
        return ()
    ways = DAMAGES if whole not in seen else DAMAGES[-1:]
    return tuple(way for way in ways if way.turns(whole, seen))


def lost_letter(whole: str, seen: str, code: str = "") -> str:
    """The one letter that `seen` lacks everywhere and that makes it differ from `whole`; "" otherwise.

    A letter that is in the code word alone, which spells no word, a model may miss.
    """
    lost = sorted(set(whole) - set(seen))
    alone = len(lost) == 1 and lost[0].isalpha() and lost[0] in (whole.replace(code, "") if code else whole)
    return lost[0] if alone and whole.replace(lost[0], "").strip() == seen.strip() else ""


# Arguments of calls


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def arguments_agree(whole: str, seen: str) -> bool:
    """Whether the arguments of a call are those that are due: as JSON, or letter by letter if they are none.

    White space around the input of a custom tool does not count.
    """
    value = _loaded(whole)
    return _loaded(seen) == value if isinstance(value, dict) else seen.strip() == whole.strip()


def argument_damages(whole: str, seen: str) -> tuple[Damage, ...]:
    """The ways that turn the arguments that are due, JSON or plain text, into those that came."""
    due, found = _loaded(whole), _loaded(seen)
    if not isinstance(due, dict):
        return damages(whole, seen)
    if isinstance(found, dict) and found.keys() == due.keys():
        return _of_values([(due[key], found[key]) for key in due if found[key] != due[key]])
    # JSON may hold escapes by right, and its forms are compared letter by letter.
    found_so = ([way for way in damages(form, seen) if way.turns not in _OF_JSON] for form in _forms(due))
    return next((tuple(ways) for ways in found_so if ways), ())


def _of_values(pairs: Sequence[tuple[Any, Any]]) -> tuple[Damage, ...]:
    """The ways that explain all of these values. Models escape what they write into JSON once too often."""
    texts = all(isinstance(value, str) for pair in pairs for value in pair)
    found = [damages(one, other) for one, other in pairs] if texts else []
    shared = [way for way in found[0] if all(way in ways for ways in found)] if found else []
    return tuple(replace(way, model=True) if way.turns in _ESCAPING else way for way in shared)


def _forms(value: Any) -> Iterator[str]:
    """A value as JSON, in the forms that programs write."""
    for separators in ((",", ":"), (", ", ": ")):
        for plain in (False, True):
            yield json.dumps(value, ensure_ascii=plain, separators=separators)
