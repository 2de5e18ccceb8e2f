"""Reads the profiles: `profiles/*.toml`, one file for each name and date, never changed once released."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from conformance.capabilities import CAPABILITIES
from conformance.dialects import DIALECTS
from conformance.errors import UnknownProfileError
from conformance.exchange import Api
from conformance.paths import data, schema
from conformance.requirements import CATALOGUE
from conformance.scenarios import SCENARIOS
from conformance.standing import Profile
from conformance.toml_errors import (
    NotADateError,
    NotTomlError,
    TableKeyMissingError,
    UnknownEntryError,
    UnknownTableKeyError,
    WrongValueError,
)

__all__ = ["Profiles", "profiles", "read_profile"]


class Profiles(Mapping[str, Profile]):
    """Every profile by its id, such as `chat-core-2026-11-26`, the oldest of a name first."""

    def __init__(self, members: Iterable[Profile]) -> None:
        self._members = {one.id: one for one in members}

    def __getitem__(self, name: str) -> Profile:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    @property
    def newest(self) -> tuple[Profile, ...]:
        """The newest profile of each name, in the order of their names."""
        return tuple({one.name: one for one in self.values()}.values())

    def named(self, name: str) -> Profile:
        """The profile with this id, or the newest with this name. Raises UnknownProfileError."""
        found = self.get(name) or next((one for one in self.newest if one.name == name), None)
        if found is None:
            raise UnknownProfileError(name, (*(one.name for one in self.newest), *self))
        return found


@cache
def profiles() -> Profiles:
    """The profiles of this suite. Raises ConformanceError for a file that is none."""
    found = [read_profile(path) for path in data("profiles").glob("*.toml")]
    return Profiles(sorted(found, key=lambda one: (one.name, one.date)))


def read_profile(path: Path) -> Profile:
    """The profile in a file, which bears its id. Raises ConformanceError."""
    label = f"profiles/{path.name}"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NotTomlError(label, str(error)) from None
    _check_form(table, label)
    for key, (what, known) in _KNOWN.items():
        for name in table.get(key, ()):
            if name not in known:
                raise UnknownEntryError(f"{label}, key `{key}`", what, name, known)
    for key in ("scenarios", "optional"):
        for name in table.get(key, ()):
            if _APIS[name] != table["api"]:
                why = f"it asks the {_APIS[name]} API, and the profile is of the {table['api']} API"
                raise WrongValueError(f"{label}, key `{key}`", name, why)
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
    }
    profile = Profile(**fields | {"api": Api(table["api"])})
    if path.stem != profile.id:
        raise WrongValueError(label, path.stem, f"its name and date are those of {profile.id}.toml")
    return profile


_APIS = {item.name: item.api for item in SCENARIOS}
_SCENARIOS = tuple(_APIS)
_KNOWN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "claims": ("capability", tuple(CAPABILITIES)),
    "scenarios": ("scenario", _SCENARIOS),
    "optional": ("scenario", _SCENARIOS),
    "dialects": ("dialect", tuple(DIALECTS)),
    "requirements": ("requirement", tuple(rule.id for rule in CATALOGUE if not rule.untestable)),
}
"""The keys that hold ids: what these name, and all that there are."""


def _check_form(table: Mapping[str, Any], label: str) -> None:
    """Raises ConformanceError for a table that the schema refuses."""
    if "date" in table and type(table["date"]) is not date:
        raise NotADateError(f"{label}, key `date`", table["date"])
    plain = {key: value.isoformat() if isinstance(value, date) else value for key, value in table.items()}
    error = best_match(Draft202012Validator(schema("profile")).iter_errors(plain))
    if error is None:
        return
    where = f"{label}, key `{'.'.join(map(str, error.absolute_path))}`" if error.absolute_path else label
    match error.validator:
        case "additionalProperties":
            known = tuple(schema("profile")["properties"])
            raise UnknownTableKeyError(label, next(key for key in plain if key not in known), known)
        case "required":
            raise TableKeyMissingError(label, next(key for key in error.validator_value if key not in plain))
    raise WrongValueError(where, error.instance, f"by the schema: {error.validator} {error.validator_value}")
