"""Which suite this is, as digests, and whether its code is what was installed or committed.

A certificate rests on the code that asked and judged. The digests say which code that is, so that whoever
checks a bundle knows whether it is the same. An installed package is compared with the digests that its
installer wrote, a checkout with its commit. Neither holds against somebody who wants to lie about it: that is
what checking the evidence again is for.
"""

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from conformance.paths import data
from conformance.requirements import CATALOGUE
from conformance.version import suite_version

__all__ = ["Suite", "changes", "this_suite"]

_NAME = "stream-conformance"
_PACKAGE = Path(__file__).parents[1]
_DATA = ("schemas", "profiles")  # what verdicts rest on beside the code
_IGNORED = ("__pycache__", "_data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A suite: its version, and SHA-256 digests of its catalogue and of its code.

    `commit` is that of the checkout it runs from, "" if it was installed as a package.
    """

    version: str
    catalogue: str
    code: str
    commit: str = ""


def this_suite(*, commit: bool = True) -> Suite:
    """The suite that runs. Without `commit`, git is not asked for that of a checkout."""
    told = _commit() if commit else ""
    return Suite(version=suite_version(), catalogue=_catalogue(), code=_code(), commit=told)


def changes() -> str:
    """What of the suite that runs is not what was installed or committed, in words; "" if nothing."""
    installed = _installed()
    if installed is not None:
        wrong = sorted(_changed(installed))
        return f"{_some(wrong)} is not what was installed" if wrong else ""
    if not _commit():
        return (
            "it is neither an installed package nor the checkout of a commit, so nobody can tell what it is"
        )
    told = _git("status", "--porcelain", "--untracked-files=all", "--", _PACKAGE.name, *_DATA)
    if told is None:
        return "git does not tell whether its checkout is what was committed"
    paths = sorted(line[3:] for line in told.splitlines())
    return f"{_some(paths)} is not what was committed" if paths else ""


@cache
def _catalogue() -> str:
    rows = [
        {
            "id": rule.id,
            "family": rule.family,
            "level": rule.level,
            "api": rule.api,
            "kind": rule.kind,
            "statement": rule.statement,
            "promise": rule.promise,
            "capability": rule.capability,
            "needs": sorted(rule.needs),
            "model": rule.model,
            "rests_on": rule.rests_on,
            "sources": [source.url for source in rule.sources],
        }
        for rule in CATALOGUE
    ]
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


@cache
def _code() -> str:
    """The digest of all code and data; a conversion of line ends keeps it."""
    lines = []
    for name, path in sorted(_files()):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _files() -> Iterator[tuple[str, Path]]:
    roots = {_PACKAGE.name: _PACKAGE, **{name: data(name) for name in _DATA}}
    for name, root in roots.items():
        for path in root.rglob("*"):
            inside = path.relative_to(root)
            if path.is_file() and not {*_IGNORED}.intersection(inside.parts):
                yield f"{name}/{inside.as_posix()}", path


def _installed() -> Distribution | None:
    """The installed package whose files run; None if they are those of a checkout."""
    try:
        found = distribution(_NAME)
    except PackageNotFoundError:
        return None
    mine = _PACKAGE / "__init__.py"
    there = any(Path(str(item.locate())).resolve() == mine.resolve() for item in found.files or ())
    return found if there else None


def _changed(installed: Distribution) -> Iterator[str]:
    """The files that have another digest than its installer wrote, and those that it did not write."""
    known = {Path(str(item.locate())).resolve(): item.hash for item in installed.files or ()}
    for path in _PACKAGE.rglob("*"):
        if not path.is_file() or "__pycache__" in path.parts:
            continue
        listed = known.get(path.resolve())
        digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
        if listed is None or (listed.mode, listed.value) != ("sha256", digest):
            yield path.relative_to(_PACKAGE.parent).as_posix()
    for path in known:
        if _PACKAGE in path.parents and "__pycache__" not in path.parts and not path.is_file():
            yield path.relative_to(_PACKAGE.parent).as_posix()


def _commit() -> str:
    if _installed() is not None:
        return ""
    top = _git("rev-parse", "--show-toplevel")
    if top is None or Path(top.strip()).resolve() != _PACKAGE.parent.resolve():
        return ""  # a copy inside the repository of something else
    return (_git("rev-parse", "HEAD") or "").strip()


def _git(*arguments: str) -> str | None:
    """What git says in the folder of the checkout; None if it fails or is not there."""
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            cwd=_PACKAGE.parent,
            capture_output=True,
            text=True,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"
