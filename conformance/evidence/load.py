"""Loads exchanges from paths that the user names: evidence, recordings of other programs and raw streams."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
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
from conformance.evidence.imports import DEEPEST, EVIDENCE, EXTENSIONS, INPUT, REPORT, is_evidence, read_bytes
from conformance.evidence.imports.coding import unpacked
from conformance.evidence.imports.entry import Found
from conformance.evidence.imports.head_file import HEAD, LARGEST_HEAD, read_beside
from conformance.evidence.imports.zipped import is_zip, read_zip
from conformance.evidence.plan_errors import MissingEvidenceError
from conformance.evidence.planned import PLAN, marked_whole, missing_evidence, read_plan
from conformance.evidence.reader import read_evidence
from conformance.evidence.request import RequestUnusedError, asked, credentials_in, needed
from conformance.evidence.together import Credentials, Together
from conformance.exchange import Ended, Exchange, Piece
from conformance.text import slug

__all__ = ["DEEPEST", "INPUT", "LARGEST", "Handed", "Source", "distinct", "load", "reread", "standard_input"]

LARGEST = 128 * 2**20  # bytes of one file, far more than a recorder writes
_GZIP = b"\x1f\x8b"
_LONGEST = 100  # characters of an id, which is a file's name too


@dataclass(frozen=True, slots=True)
class Handed:
    """Bytes in place of a file, and what they are called."""

    source: str
    data: bytes


Source = Path | str | Handed
"""What can be loaded: a path, `-` for the standard input, or bytes."""


@dataclass(frozen=True, kw_only=True, repr=False)
class _Bare(Exchange):
    """An exchange without request, headers and body.

    `given` is the request that was given beside it, and `together` has the credentials of all files.
    """

    given: str = ""
    together: Together


def load(
    sources: Iterable[Source], *, request: str = "", most: int | None = None
) -> tuple[list[Exchange], list[Unreadable]]:
    """The exchanges in files and folders, and the sources that could not be read.

    The extension of a file or its content decides how it is read. A folder or a zip gives everything in it
    and its subfolders that has a known extension, sorted by name; the folder of a run gives its evidence
    only. Other and hidden files are ignored. A file named twice is read once.

    `request` is the body of the request, as JSON text, of those exchanges whose source holds none. Raises
    RequestUnusedError if all hold theirs.

    Ids, providers and scenarios are turned into slugs; if an earlier exchange of the provider has the same
    id, the later one gets `.2`, `.3` and so on.

    A credential in the headers or the address of a request, or in a field of its body, is removed from what
    is read of all sources.

    Of a provider with more than `most` exchanges all are without request, headers and body; `reread` gives
    an exchange whole.
    """
    exchanges: list[Exchange] = []
    of_provider: dict[str, list[int]] = {}
    unreadable: list[Unreadable] = []
    runs: list[Path] = []
    used = False
    together = Together()
    together.add(Credentials(credentials_in(request)))
    for found in _each(sources, runs):
        for item in found:
            if isinstance(item, Credentials):
                together.add(item)
                continue
            if isinstance(item, Unreadable):
                unreadable.append(item)
                continue
            used = used or needed(item)
            places = of_provider.setdefault(_name(item.provider), [])
            places.append(len(exchanges))
            exchanges.append(asked(item, request) if request and needed(item) else item)
            if most is not None and len(places) > most:
                for place in places if len(places) == most + 1 else places[-1:]:
                    exchanges[place] = _bare(exchanges[place], request, together)
    if request and exchanges and not used:
        raise RequestUnusedError
    if together:
        exchanges, unreadable = _without(together, exchanges, unreadable)
    return distinct(_marked(exchanges, runs)), unreadable


def _without(
    together: Together, exchanges: Iterable[Exchange], unreadable: Iterable[Unreadable]
) -> tuple[list[Exchange], list[Unreadable]]:
    """What was read without the credentials of all that was."""
    clean: list[Exchange] = []
    told = list(map(together.told, unreadable))
    for exchange in exchanges:
        found = together.without(exchange)
        if isinstance(found, Exchange):
            clean.append(found)
        else:
            told.append(found)
    return clean, told


def _marked(exchanges: list[Exchange], runs: Iterable[Path]) -> list[Exchange]:
    """The exchanges, those of runs that are there as a whole marked."""
    folders = {run / EVIDENCE: run for run in runs}
    places: dict[Path, list[int]] = {}
    for place, one in enumerate(exchanges if folders else ()):
        for parent in filter(folders.__contains__, Path(one.source).parents):
            places.setdefault(parent, []).append(place)
    marked = list(exchanges)
    for folder, theirs in places.items():
        try:
            planned = read_plan(folders[folder])
        except (EvidenceError, OSError):
            continue  # it has been told of
        for place, one in zip(theirs, marked_whole([marked[at] for at in theirs], planned), strict=True):
            marked[place] = one
    return marked


def _each(sources: Iterable[Source], runs: list[Path]) -> Iterator[Found]:
    """What is in each file of the sources, in order. Adds to `runs` the folders of runs among them."""
    seen: set[Path] = set()
    for named in sources:
        if isinstance(named, Handed) or str(named) == INPUT:
            yield _handed(named if isinstance(named, Handed) else standard_input())
            continue
        path = Path(named)
        files, closed = _files(path, runs)
        yield [*closed]
        if not files and not closed:
            yield [Unreadable(str(path), EmptyFolderError())]
        for file in files:
            if (real := _real(file)) not in seen:
                seen.add(real)
                yield _read(file)


def standard_input() -> Handed:
    """What comes by the standard input."""
    return Handed(INPUT, sys.stdin.buffer.read(LARGEST + 1))


def reread(exchange: Exchange) -> Exchange:
    """An exchange that was loaded without its body, with it; any other as it is.

    If its source cannot be read any more, it is one that was cut off.
    """
    if not isinstance(exchange, _Bare):
        return exchange
    found = _read(Path(exchange.source))
    read = next((item for item in found if isinstance(item, Exchange)), None)
    if read is not None:
        given = asked(read, exchange.given) if exchange.given and needed(read) else read
        found = [exchange.together.without(given)]
        read = found[0] if isinstance(found[0], Exchange) else None
    if read is None:
        told = [str(exchange.together.told(item)) for item in found if isinstance(item, Unreadable)]
        note = f"{exchange.note} It could not be read again: {', '.join(told)}.".strip()
        return replace(exchange, pieces=(), status=None, ended=Ended.INTERRUPTED, note=note)
    same = {name: getattr(exchange, name) for name in ("id", "again", "provider", "scenario", "whole")}
    return replace(read, **same)


def _bare(exchange: Exchange, request: str, together: Together) -> Exchange:
    """The exchange without its body, if it is the only one of a file, which can be read again."""
    if isinstance(exchange, _Bare) or not Path(exchange.source).is_file():
        return exchange
    known = {field.name: getattr(exchange, field.name) for field in fields(Exchange)}
    # One empty piece says that there is a body.
    pieces = (Piece(data=b""),) if exchange.pieces else ()
    return _Bare(
        **known | {"request": None, "headers": (), "pieces": pieces}, given=request, together=together
    )


def _files(path: Path, runs: list[Path], depth: int = 0) -> tuple[list[Path], list[Unreadable]]:
    """The files to read: the path itself, or the readable files in it; and folders that cannot be opened."""
    if depth > DEEPEST:
        return [], [Unreadable(str(path), FolderTooDeepError(DEEPEST))]
    try:
        if not path.is_dir():
            return [path], []
        if (path / PLAN).is_file():
            runs.append(path)
            return _of_run(path, runs)
        if (path / REPORT).is_file() and (path / EVIDENCE).is_dir():
            return _files(path / EVIDENCE, runs)
        entries = sorted(path.iterdir(), key=lambda item: item.name)
    except OSError as error:
        return [], [_closed(path, error)]
    files: list[Path] = []
    closed: list[Unreadable] = []
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.suffix.lower() in EXTENSIONS and entry.name != REPORT and not entry.is_dir():
            files.append(entry)
        elif entry.is_dir() and not entry.is_symlink():  # a linked folder may hold its own parent
            inside, unopened = _files(entry, runs, depth + 1)
            files += inside
            closed += unopened
    return files, closed


def _of_run(path: Path, runs: list[Path]) -> tuple[list[Path], list[Unreadable]]:
    """The evidence in the folder of a run; what is missing of it counts as a source that cannot be read."""
    files, closed = _files(path / EVIDENCE, runs) if (path / EVIDENCE).is_dir() else ([], [])
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


def _read(path: Path) -> Found:
    try:
        return _by_extension(path)
    except EvidenceError as error:
        return [_unreadable(str(path), error)]
    except OSError as error:
        return [_closed(path, error)]


def _by_extension(path: Path) -> Found:
    if not path.exists():
        raise PathMissingError
    if not path.is_file():
        raise NotAFileError
    if (size := path.stat().st_size) > LARGEST:
        raise TooLargeError(size, LARGEST)
    if path.name == REPORT:
        raise ReportNamedError
    if path.suffix.lower() == ".jsonl" and is_evidence(path):
        return [bounded(read_evidence(path))]  # line by line
    data, beside = path.read_bytes(), path.with_suffix(HEAD)
    if beside == path or not beside.is_file():
        return _in_bytes(data, str(path))
    streamed = path.with_suffix(".sse").exists()
    return read_beside(data, str(path), _in_bytes, str(beside), lambda: _head(beside), streamed=streamed)


def _handed(item: Handed) -> Found:
    try:
        if len(item.data) > LARGEST:
            # The standard input is read no further.
            raise TooLargeError(0 if item.source == INPUT else len(item.data), LARGEST)
        return _in_bytes(item.data, item.source)
    except EvidenceError as error:
        return [_unreadable(item.source, error)]


def _in_bytes(data: bytes, source: str) -> Found:
    if data.startswith(_GZIP):
        data, source = unpacked(data, LARGEST), source.removesuffix(".gz")
    found = read_zip(data, source, LARGEST) if is_zip(data) else read_bytes(data, source)
    return [bounded(item) if isinstance(item, Exchange) else item for item in found]


def _head(path: Path) -> bytes:
    """The head in a file beside that of its body. Raises TooLargeError and OSError."""
    if (size := path.stat().st_size) > LARGEST_HEAD:
        raise TooLargeError(size, LARGEST_HEAD)
    return path.read_bytes()


def _unreadable(source: str, error: EvidenceError) -> Unreadable:
    # A new error, because the traceback's frames hold the content of the file.
    return Unreadable(source, replace(error))


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
