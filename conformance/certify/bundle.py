"""The file of a bundle: a zip whose bytes follow from its content, and its bounded reader."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

from conformance.certify.errors import BundleUnreadableError
from conformance.certify.problems import Problem
from conformance.evidence.imports.zipped import is_zip

__all__ = ["CERTIFICATE", "LARGEST", "MOST", "PAGE", "PROFILE", "REPORT", "packed", "read_bundle", "unpacked"]

CERTIFICATE = "certificate.json"
PAGE = "certificate.html"
REPORT = "report.jsonl"
PROFILE = "profile.toml"

LARGEST = 64_000_000
"""Bytes of a bundle, and of one file in it."""
MOST = 1_000
"""Files of a bundle: a profile has some dozens of exchanges."""
_TOTAL = 256_000_000  # bytes of all files together
_ENTRY = b"PK\x01\x02"  # how each file begins in the list at the end
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold: the real dates are in the certificate
_LEVEL = 9
_MODE = 0o100644 << 16
_UNIX = 3
_WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NAME = re.compile(
    r"certificate\.json|certificate\.html|report\.jsonl|profile\.toml|evidence/[a-z0-9.-]+\.jsonl"
)


def packed(files: Mapping[str, bytes]) -> bytes:
    """The bytes of a zip of these files: the same files always give the same bytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            item = zipfile.ZipInfo(name, _DATE)
            item.compress_type = zipfile.ZIP_DEFLATED
            item.create_system = _UNIX
            item.external_attr = _MODE
            archive.writestr(item, files[name], compresslevel=_LEVEL)
    return buffer.getvalue()


def read_bundle(path: Path) -> bytes:
    """The bytes of a bundle. Raises BundleUnreadableError for a path where there is none."""
    try:
        if path.is_dir():
            raise BundleUnreadableError(path, "it is a folder")
        if (size := path.stat().st_size) > LARGEST:
            raise BundleUnreadableError(path, f"it has {size:,} bytes, and at most {LARGEST:,} are read")
        data = path.read_bytes()
    except OSError as error:
        raise BundleUnreadableError(path, error.strerror or str(error)) from None
    if not is_zip(data):
        raise BundleUnreadableError(path, "it is no zip")
    return data


def unpacked(data: bytes) -> tuple[dict[str, bytes], list[Problem]]:
    """The files of a bundle in memory, and what is wrong with the zip. Nothing is extracted."""
    # A list takes many times its bytes in memory, so it is counted before it is read.
    if (count := data.count(_ENTRY)) > MOST:
        return {}, [
            Problem("zip-too-many", "", f"the zip has {count:,} files, and a bundle at most {MOST:,}")
        ]
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        return {}, [Problem("zip-damaged", "", f"the zip cannot be read: {error}")]
    problems: list[Problem] = []
    files: dict[str, bytes] = {}
    left = _TOTAL
    for item in archive.infolist():
        if told := list(_unsafe(item, files)):
            problems += told
            continue
        read = _read(archive, item, min(LARGEST, left))
        if isinstance(read, Problem):
            problems.append(read)
            continue
        left -= len(read)
        files[item.filename] = read
    return files, problems


def _unsafe(item: zipfile.ZipInfo, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Why a file of the zip is not even looked at."""
    name = item.filename
    if item.orig_filename != name or not _NAME.fullmatch(name):
        yield Problem(
            "zip-name", item.orig_filename, "a bundle has no file of this name; it was not looked at"
        )
    if name in files:
        yield Problem(
            "zip-duplicate", name, "the zip has two files of this name, so nobody can say which counts"
        )
    if item.flag_bits & 1:
        yield Problem("zip-encrypted", name, "it is encrypted")
    if item.compress_type not in _WAYS:
        yield Problem("zip-compression", name, "it is compressed in a way that is not read")


def _read(archive: zipfile.ZipFile, item: zipfile.ZipInfo, largest: int) -> bytes | Problem:
    try:
        with archive.open(item) as file:
            data = file.read(largest + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError) as error:
        return Problem("zip-damaged", item.filename, f"it cannot be unpacked: {error}")
    if len(data) > largest:
        return Problem("zip-too-large", item.filename, f"it unpacks to more than {largest:,} bytes")
    return data
