"""Zips of run folders and of other recordings.

Nothing is extracted: files are read in memory, one at a time, and no more of them than is allowed.
"""

import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import PurePosixPath

from conformance.evidence.errors import (
    EmptyFolderError,
    EvidenceError,
    FolderTooDeepError,
    TooLargeError,
    Unreadable,
)
from conformance.evidence.imports.entry import Found
from conformance.evidence.imports.errors import (
    DamagedFileError,
    NestedZipError,
    TooManyPartsError,
    ZipMemberError,
)
from conformance.evidence.imports.har import ARCHIVE, read_attached
from conformance.evidence.imports.head_file import HEAD, LARGEST_HEAD, read_beside
from conformance.evidence.imports.recognise import DEEPEST, EVIDENCE, EXTENSIONS, REPORT, read_bytes
from conformance.evidence.plan_errors import MissingEvidenceError
from conformance.evidence.planned import LARGEST, PLAN, PlannedRun, marked_whole, missing_in, plan_in
from conformance.exchange import Exchange
from conformance.text import shown

__all__ = ["MOST", "is_zip", "read_zip"]

MOST = 10_000
"""How many files a zip may have."""
_TOTAL = 4  # times the largest file: what is read of all files of a zip together
_IN_MEMORY = 1 / 4  # the same, where all of them have to be there at once
_HEADS = 4 * LARGEST_HEAD  # bytes of all heads together, whose lines take many times as much in memory
_SHOWN = 100  # characters of a name that no folder would have
_ANY = "any.sse"  # the name of a file that would be read
_ENTRY = b"PK\x01\x02"  # how each file begins in the list at the end
# How files may be compressed. Of the other ways no library tells in advance how much comes out.
_WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_zip(data: bytes) -> bool:
    """Whether a file is a zip."""
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def read_zip(data: bytes, source: str, largest: int) -> Found:
    """What is in a zip: everything that would be read in a folder, each file of at most `largest` bytes.

    Raises EvidenceError for a damaged zip, and for one in which there is nothing to read.
    """
    # A list takes many times its bytes in memory, so it is counted before it is read.
    if (count := data.count(_ENTRY)) > MOST:
        raise TooManyPartsError("files", count, MOST)
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DamagedFileError("zip", str(error)) from None
    # Python looks at the last character of a name, and a name may have none.
    files = {item.filename: item for item in archive.infolist() if item.filename and not item.is_dir()}
    if ARCHIVE in files:
        parts = _parts(archive, files, largest, int(_IN_MEMORY * largest))
        return _attached(dict(parts), source)
    heads = {name: item for name, item in files.items() if name.endswith(HEAD)}
    given = dict(_parts(archive, heads, LARGEST_HEAD, _HEADS))
    deep = {name: steps for name in files if len(steps := _steps(name)) > DEEPEST + 1}
    files = {name: item for name, item in files.items() if name not in deep}
    below = {cut for steps in deep.values() for cut in _cut(steps)}
    chosen = _chosen([*files, *below])
    found: Found = [
        Unreadable(f"{source}/{shown(name.rpartition('/')[0], _SHOWN)}", FolderTooDeepError(DEEPEST))
        for name in chosen
        if name in below
    ]
    readable = {name: files[name] for name in chosen if name not in below}
    for name, content in _parts(archive, readable, largest, _TOTAL * largest):
        place = f"{source}/{name}"
        try:
            base = name.rpartition(".")[0]
            if (beside := f"{base}{HEAD}") not in given:
                found += _found(content, place)
                continue
            head = partial(_whole, given[beside])
            streamed = f"{base}.sse" in readable
            found += read_beside(
                _whole(content), place, _found, f"{source}/{beside}", head, streamed=streamed
            )
        except EvidenceError as error:
            # A new error, because the traceback's frames hold the content of the file.
            found.append(Unreadable(place, replace(error)))
    plans: dict[str, PlannedRun] = {}
    for run, plan in _runs(archive, files, largest):
        if isinstance(plan, PlannedRun):
            plans[f"{source}/{run / EVIDENCE}"] = plan
        else:
            found.append(Unreadable(f"{source}/{run}" if run.parts else source, replace(plan)))
    if not found:
        raise EmptyFolderError("zip")
    return _marked(found, plans)


def _marked(found: Found, plans: Mapping[str, PlannedRun]) -> Found:
    """What was found, the exchanges of runs that are there as a whole marked; plans by folder of evidence."""
    theirs: dict[str, dict[int, Exchange]] = {folder: {} for folder in plans}
    for place, item in enumerate(found):
        folder = item.source if isinstance(item, Exchange) else ""
        while folder := folder.rpartition("/")[0]:
            if folder in theirs and isinstance(item, Exchange):
                theirs[folder][place] = item
    marked: dict[int, Exchange] = {}
    for folder, items in theirs.items():
        marked |= zip(items, marked_whole(items.values(), plans[folder]), strict=True)
    return [marked.get(place, item) for place, item in enumerate(found)]


def _attached(parts: Mapping[str, bytes | EvidenceError], source: str) -> Found:
    if isinstance(error := parts[ARCHIVE], EvidenceError):
        raise error
    return read_attached({name: part for name, part in parts.items() if isinstance(part, bytes)}, source)


def _found(content: bytes | EvidenceError, place: str) -> Found:
    data = _whole(content)
    if is_zip(data):
        raise NestedZipError
    return read_bytes(data, place)


def _whole(content: bytes | EvidenceError) -> bytes:
    if isinstance(content, EvidenceError):
        raise content
    return content


def _runs(
    archive: zipfile.ZipFile, files: Mapping[str, zipfile.ZipInfo], largest: int
) -> Iterator[tuple[PurePosixPath, PlannedRun | EvidenceError]]:
    """The folders of runs with their plans, or an error: evidence is missing, or the plan is no plan."""
    plans = {name: item for name, item in files.items() if PurePosixPath(name).name == PLAN}
    for name, content in _parts(archive, plans, LARGEST, int(_IN_MEMORY * largest)):
        run = PurePosixPath(name).parent
        try:
            if not isinstance(content, bytes):
                raise content
            plan = plan_in(content)
            _check_whole(plan, run, files)
        except EvidenceError as error:
            yield run, error
        else:
            yield run, plan


def _check_whole(plan: PlannedRun, run: PurePosixPath, files: Collection[str]) -> None:
    missing, planned = missing_in(plan, lambda path: str(run / path) in files)
    if missing:
        raise MissingEvidenceError(missing, planned, zipped=True)


def _steps(name: str) -> list[str]:
    """The folders in which a file is, and its own name."""
    return [step for step in name.split("/") if step not in ("", ".")]


def _cut(steps: Sequence[str]) -> Iterator[str]:
    """For a file that is too deep: the name of one in the first folder that is, unless neither is read.

    So each of these folders is told of once, as where folders are read. Each folder that a file is in costs
    as much as the whole name, which may have thousands of them.
    """
    *folders, name = steps
    kept = PurePosixPath(name).suffix.lower() in EXTENSIONS and name not in (REPORT, PLAN)
    if kept and not any(map(_hidden, steps)):
        yield "/".join([*folders[: DEEPEST + 1], _ANY])


def _hidden(step: str) -> bool:
    return step.startswith((".", "__MACOSX")) and step != ".."


def _chosen(names: Iterable[str]) -> list[str]:
    """The files that are read, sorted: as in a folder, and of a run its evidence alone."""
    paths = {name: PurePosixPath(name) for name in names}
    runs = {path.parent for path in paths.values() if path.name == REPORT}
    runs &= {parent.parent for path in paths.values() for parent in path.parents if parent.name == EVIDENCE}
    runs |= {path.parent for path in paths.values() if path.name == PLAN}
    chosen = [
        (path.parts, name)
        for name, path in paths.items()
        if path.suffix.lower() in EXTENSIONS
        and path.name != REPORT
        and not any(map(_hidden, path.parts))
        and all(run / EVIDENCE in path.parents for run in runs.intersection(path.parents))
    ]
    return [name for _, name in sorted(chosen)]


def _parts(
    archive: zipfile.ZipFile, files: Mapping[str, zipfile.ZipInfo], largest: int, left: int
) -> Iterator[tuple[str, bytes | EvidenceError]]:
    """The files by their names, each with its bytes, or why it cannot be read; `left` bytes in all."""
    for name, item in files.items():
        read = _read(archive, item, min(largest, left))
        left -= len(read) if isinstance(read, bytes) else 0
        yield name, read


def _read(archive: zipfile.ZipFile, item: zipfile.ZipInfo, largest: int) -> bytes | EvidenceError:
    if item.flag_bits & 1:
        return ZipMemberError("it is encrypted")
    if item.compress_type not in _WAYS:
        return ZipMemberError("it is compressed in a way that is not read")
    try:
        with archive.open(item) as file:
            data = file.read(largest + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError) as error:
        return ZipMemberError(f"it is damaged ({error})")
    size = item.file_size if item.file_size > largest else 0
    return TooLargeError(size, largest) if len(data) > largest else data
