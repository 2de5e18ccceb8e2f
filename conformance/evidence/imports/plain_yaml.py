"""YAML as plain values: texts, bytes, lists and dictionaries, and nothing else.

No object is constructed, no merge key is followed, and no number is computed, so that no file can make it
work longer than its size. The values are built from the events of PyYAML's parser, because its composer in C
calls itself for each level of nesting, and crashes the process on a file that is all brackets.
"""

import base64
import binascii
from collections.abc import Iterator
from typing import Any

import yaml

__all__ = ["MOST", "plain_value"]

_DEEPEST = 40
MOST = 1_000_000
"""How many values are read of a file, which takes seconds."""
_PARSER: Any = getattr(yaml, "CLoader", yaml.Loader)  # ten times as fast where it is there; it only parses
_BINARY = "tag:yaml.org,2002:binary"
_NULL = ("", "~", "null", "Null", "NULL")


def plain_value(data: bytes) -> Any:
    """The first document of a file; a plain null is None, and every other scalar is text or bytes.

    Raises ValueError for what is not YAML, and for excessive nesting.
    """
    events = _counted(yaml.parse(data, Loader=_PARSER))
    anchors: dict[str, Any] = {}
    try:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                return _value(next(events), events, anchors, 0)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" in line {mark.line + 1}"
        raise ValueError(f"{getattr(error, 'problem', None) or 'it is not YAML'}{where}") from None
    return None


def _counted(events: Iterator[Any]) -> Iterator[Any]:
    for number, event in enumerate(events):
        if number >= MOST:
            raise ValueError(f"it has more than {MOST} values")
        yield event


def _value(event: Any, events: Iterator[Any], anchors: dict[str, Any], depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError(
            f"more than {_DEEPEST} values are inside each other in line {event.start_mark.line + 1}"
        )
    match event:
        case yaml.AliasEvent():
            if event.anchor not in anchors:
                raise ValueError(f"the alias {event.anchor} stands for nothing")
            return anchors[event.anchor]
        case yaml.ScalarEvent():
            return _kept(event, anchors, _scalar(event))
        case yaml.SequenceStartEvent():
            items: list[Any] = _kept(event, anchors, [])
            while not isinstance(inner := next(events), yaml.SequenceEndEvent):
                items.append(_value(inner, events, anchors, depth + 1))
            return items
        case _:
            pairs: dict[str, Any] = _kept(event, anchors, {})
            while not isinstance(inner := next(events), yaml.MappingEndEvent):
                name = _value(inner, events, anchors, depth + 1)
                value = _value(next(events), events, anchors, depth + 1)
                if isinstance(name, str):
                    pairs[name] = value
            return pairs


def _kept(event: Any, anchors: dict[str, Any], value: Any) -> Any:
    if event.anchor:
        anchors[event.anchor] = value
    return value


def _scalar(event: Any) -> str | bytes | None:
    text: str = event.value
    if event.tag == _BINARY:
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError(f"the value in line {event.start_mark.line + 1} is not base64") from None
    return None if event.implicit[0] and not event.style and text in _NULL else text
