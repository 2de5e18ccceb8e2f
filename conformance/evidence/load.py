"""Loads exchanges from paths that the user names: evidence, foreign recordings and raw streams."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from conformance.evidence.ceiling import bounded
from conformance.evidence.errors import (
    CannotBeOpenedError,
    EmptyFolderError,
    EvidenceError,
    FolderTooDeepError,
    NotAFileError,
    PathMissingError,
    ReportNamedError,
    TooLargeError,
    Unreadable,
)
from conformance.evidence.foreign import read_event_stream, read_recording
from conformance.evidence.plan_errors import MissingEvidenceError
from conformance.evidence.planned import PLAN, missing_evidence
from conformance.evidence.reader import read_evidence
from conformance.exchange import Ended, Exchange, Piece
from conformance.text import slug

__all__ = ["DEEPEST", "LARGEST", "distinct", "load", "reread"]

LARGEST = 128 * 2**20  # bytes of one file, far more than a recorder writes

_READERS: dict[str, Callable[[Path], Exchange]] = {
    ".jsonl": read_evidence,
    ".json": read_recording,
    ".sse": read_event_stream,
}
DEEPEST = 50
"""How deep folders may be nested below the one that is named; runs write four levels."""
_LONGEST = 100  # characters of an id, which is a file's name too
_REPORT = "report.jsonl"
_EVIDENCE = "evidence"


def load(paths: Iterable[Path | str], *, most: int | None = None) -> tuple[list[Exchange], list[Unreadable]]:
    """The exchanges in files and folders, and the sources that could not be read.

    The extension of a file decides how it is read; unknown extensions are read as raw text. A folder gives
    all evidence, recordings and streams in it and its subfolders, sorted by name; the folder of a run gives
    its evidence only. Other and hidden files are ignored. A file named twice is read once.

    Ids, providers and scenarios are turned into slugs; if an earlier exchange of the provider has the same
    id, the later one gets `.2`, `.3` and so on.

    Of a provider with more than `most` exchanges all are without request, headers and body; `reread` gives
    an exchange whole.
    """
    exchanges: list[Exchange] = []
    of_provider: dict[str, list[int]] = {}
    unreadable: list[Unreadable] = []
    seen: set[Path] = set()
    for path in map(Path, paths):
        files, closed = _files(path)
        unreadable += closed
        if not files and not closed:
            unreadable.append(Unreadable(str(path), EmptyFolderError()))
        for file in files:
            if (real := _real(file)) in seen:
                continue
            seen.add(real)
            read = _read(file)
            if isinstance(read, Exchange):
                places = of_provider.setdefault(_name(read.provider), [])
                places.append(len(exchanges))
                exchanges.append(read)
                if most is not None and len(places) > most:
                    for place in places if len(places) == most + 1 else places[-1:]:
                        exchanges[place] = _bare(exchanges[place])
            else:
                unreadable.append(read)
    return distinct(exchanges), unreadable


def reread(exchange: Exchange) -> Exchange:
    """An exchange that was loaded without its body, with it.

    If its source cannot be read any more, it is one that was cut off.
    """
    found = _read(Path(exchange.source))
    if not isinstance(found, Exchange):
        note = f"{exchange.note} It could not be read again: {found}.".strip()
        return replace(exchange, pieces=(), status=None, ended=Ended.INTERRUPTED, note=note)
    same = {name: getattr(exchange, name) for name in ("id", "again", "provider", "scenario")}
    return replace(found, **same)


def _bare(exchange: Exchange) -> Exchange:
    # One empty piece says that there is a body.
    pieces = (Piece(data=b""),) if exchange.pieces else ()
    return replace(exchange, request=None, headers=(), pieces=pieces)


def _files(path: Path, depth: int = 0) -> tuple[list[Path], list[Unreadable]]:
    """The files to read: the path itself, or the readable files in it; and folders that cannot be opened."""
    if depth > DEEPEST:
        return [], [Unreadable(str(path), FolderTooDeepError(DEEPEST))]
    try:
        if not path.is_dir():
            return [path], []
        if (path / PLAN).is_file():
            return _of_run(path)
        if (path / _REPORT).is_file() and (path / _EVIDENCE).is_dir():
            return _files(path / _EVIDENCE)
        entries = sorted(path.iterdir(), key=lambda item: item.name)
    except OSError as error:
        return [], [_closed(path, error)]
    files: list[Path] = []
    closed: list[Unreadable] = []
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.suffix.lower() in _READERS and entry.name != _REPORT and not entry.is_dir():
            files.append(entry)
        elif entry.is_dir() and not entry.is_symlink():  # a linked folder may hold its own parent
            inside, unopened = _files(entry, depth + 1)
            files += inside
            closed += unopened
    return files, closed


def _of_run(path: Path) -> tuple[list[Path], list[Unreadable]]:
    """The evidence in the folder of a run; what is missing of it counts as a source that cannot be read."""
    files, closed = _files(path / _EVIDENCE) if (path / _EVIDENCE).is_dir() else ([], [])
    try:
        missing, planned = missing_evidence(path)
    except EvidenceError as error:
        closed.append(Unreadable(str(path), replace(error)))
    else:
        if missing:
            closed.append(Unreadable(str(path), MissingEvidenceError(missing, planned)))
    return files, closed


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # circular links
        return path.absolute()


def _read(path: Path) -> Exchange | Unreadable:
    try:
        return _by_extension(path)
    except EvidenceError as error:
        # A new error, because the traceback's frames hold the content of the file.
        return Unreadable(str(path), replace(error))
    except OSError as error:
        return _closed(path, error)


def _by_extension(path: Path) -> Exchange:
    if not path.exists():
        raise PathMissingError
    if not path.is_file():
        raise NotAFileError
    if (size := path.stat().st_size) > LARGEST:
        raise TooLargeError(size, LARGEST)
    if path.name == _REPORT:
        raise ReportNamedError
    return bounded(_READERS.get(path.suffix.lower(), read_event_stream)(path))


def _closed(path: Path, error: OSError) -> Unreadable:
    return Unreadable(str(path), CannotBeOpenedError(error.strerror or str(error)))


def _name(text: str) -> str:
    return slug(text)[:_LONGEST].strip("-.")


def distinct(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """The same exchanges with short slugs as names; no two exchanges of a provider have the same id."""
    named = [
        replace(
            one,
            id=_name(one.id) or "exchange",
            again=_name(one.again),
            provider=_name(one.provider),
            scenario=_name(one.scenario),
        )
        for one in exchanges
    ]
    taken = {(item.provider, item.id) for item in named}
    used: set[tuple[str, str]] = set()
    counts: dict[tuple[str, str], int] = {}
    found = []
    for item in named:
        name = item.id
        key = item.provider, name
        if key in used:
            number = counts.get(key, 1) + 1
            while (item.provider, f"{name}.{number}") in taken:
                number += 1
            counts[key] = number
            name = f"{name}.{number}"
        used.add((item.provider, name))
        found.append(replace(item, id=name))
    return found
