"""Reads the tables of a TOML file, with values that JSON has too."""

import math
import tomllib
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any

from conformance.toml_errors import (
    NotTomlError,
    ProvidersFileUnreadableError,
    TooDeepError,
    WrongValueError,
)

__all__ = ["DEEPEST", "tables_in"]

DEEPEST = 50
"""How deep tables and lists of a file may be nested, which is far more than any request needs."""


def tables_in(path: Path, label: str) -> dict[str, Any]:
    """The document in a file, which messages call `label`; dates and times in it are texts.

    Raises ConformanceError for a file that cannot be read, is no TOML, is nested too deep, or holds a number
    that JSON has no form for.
    """
    try:
        # Editors on Windows put a byte order mark in front.
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ProvidersFileUnreadableError(label, str(error)) from None
    except RecursionError:
        raise TooDeepError(label, DEEPEST) from None
    except ValueError as error:  # of TOML, or of a number with too many digits
        raise NotTomlError(label, str(error).partition(";")[0]) from None
    for name, table in document.items():
        for key, value in table.items() if isinstance(table, dict) else ():
            where = f"{label}, table [{name}], key `{key}`"
            if _deeper(value, DEEPEST):
                raise TooDeepError(where, DEEPEST)
            for number in _numbers(value):
                if not math.isfinite(number):
                    raise WrongValueError(where, str(number), "a finite number: JSON has no other")
    plain: dict[str, Any] = _plain(document)
    return plain


def _deeper(value: Any, most: int) -> bool:
    """Whether tables and lists are nested deeper than `most`. Without recursion, which has a limit itself."""
    level = [value]
    for _ in range(most + 1):
        level = [
            item
            for part in level
            for item in (part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())
        ]
    return bool(level)


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _numbers(item)


def _plain(value: Any) -> Any:
    # TOML has types for dates and times; the schema, like JSON, expects texts.
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | time) else value
