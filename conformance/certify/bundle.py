"""The file of a bundle: a zip whose bytes follow from its content, and its bounded reader."""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from struct import Struct

from conformance.certify.errors import BundleUnreadableError
from conformance.certify.problems import Problem
from conformance.evidence.imports.zipped import is_zip

__all__ = [
    "CERTIFICATE",
    "LARGEST",
    "MOST",
    "MOST_EXCHANGES",
    "PAGE",
    "PROFILE",
    "REPORT",
    "packed",
    "read_bundle",
    "unpacked",
]

CERTIFICATE = "certificate.json"
PAGE = "certificate.html"
REPORT = "report.jsonl"
PROFILE = "profile.toml"

LARGEST = 64_000_000
"""Bytes of a bundle, and of one file in it."""
MOST = 1_000
"""Files of a bundle: a profile has some dozens of exchanges."""
_TOTAL = 256_000_000  # bytes of all files together
_OTHERS = {CERTIFICATE: 4_000_000, PAGE: 8_000_000, PROFILE: 1_000_000, REPORT: 32_000_000}
"""The most bytes of what is no recording: it is parsed as a whole, which takes many times its bytes."""
MOST_EXCHANGES = MOST - len(_OTHERS)
"""Exchanges of a bundle."""
_ENTRY = b"PK\x01\x02"  # how each file begins in the list at the end
_LAST = b"PK\x05\x06"  # how the end of that list begins
_HEAD = Struct("<4s5H3I2H")  # what is before the name of each file
_END = Struct("<4s4H2IH")  # the end of the list
_SIZES_BEHIND = 8  # the flag of a file whose sizes stand behind it
_STEP = 2**20  # bytes that are decompressed at a time
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
    # One that is cut off has no list at its end, one with something before it another beginning.
    if not is_zip(data) and not zipfile.is_zipfile(BytesIO(data)):
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
        why = "it is cut off, or no zip" if _LAST not in data else f"the zip cannot be read: {error}"
        return {}, [Problem("zip-damaged", "", f"{why}; ask for the file anew")]
    problems: list[Problem] = []
    files: dict[str, bytes] = {}
    left = _TOTAL
    if folder := _folder(archive.namelist()):
        told_of = f"everything lies in the folder {folder}: it was unpacked and zipped anew; "
        problems.append(Problem("zip-folder", "", f"{told_of}ask for the .zip as the suite wrote it"))
    for item in archive.infolist():
        if folder and item.is_dir():
            continue
        name = item.filename.removeprefix(folder)
        if told := list(_unsafe(name, item, files)):
            problems += told
            continue
        if not left:
            problems.append(_unread(problems))
            break
        largest = min(_OTHERS.get(name, LARGEST), LARGEST, left)
        read = _read(archive, item, name, largest)
        # Of what is damaged or too large nobody knows how much was unpacked.
        left -= largest if isinstance(read, Problem) else len(read)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            files[name] = read
    if not problems and (beside := _hidden(data, archive)):
        what = f"it {beside}, so that other programs may find other files in it"
        problems.append(Problem("zip-hidden", "", what))
    return files, problems


def _unread(problems: list[Problem]) -> Problem:
    """Why the files that are left are not unpacked: what cannot be counts as of the largest size."""
    if any(problem.code == "zip-damaged" for problem in problems):
        return Problem("zip-damaged", "", "so much of it is damaged that the other files are not looked at")
    return Problem("zip-too-large", "", f"it unpacks to more than {_TOTAL:,} bytes")


def _hidden(data: bytes, archive: zipfile.ZipFile) -> str:
    """What a zip has beside the files in its list; "" if whoever reads without that list finds the same.

    Programs differ in how they read a zip: by the list at its end, or from the beginning, file by file.
    """
    place = 0
    for item in sorted(archive.infolist(), key=lambda one: one.header_offset):
        head = data[place : place + _HEAD.size]
        if item.header_offset != place or len(head) < _HEAD.size:
            return f"has bytes before its file {item.filename} that are of none of its files"
        if item.extra or item.comment:
            return f"has {'a comment' if item.comment else 'further fields'} on its file {item.filename}"
        _, _, flags, way, _, _, *sums, name, extra = _HEAD.unpack(head)
        told = flags, way, *sums, name, extra
        size = item.compress_size
        if flags & _SIZES_BEHIND or extra:
            return f"has {'further fields before' if extra else 'the sizes behind'} its file {item.filename}"
        if told != (0, item.compress_type, item.CRC, size, item.file_size, len(item.filename), 0):
            return f"says one thing of its file {item.filename} in its list and another before the file"
        place += _HEAD.size + name
        content = data[place : place + size]
        if not (_deflated(content) if way == zipfile.ZIP_DEFLATED else size == item.file_size):
            return f"has bytes behind its file {item.filename} that are of none of its files"
        place += size
    end = data[-_END.size :]
    if not end.startswith(_LAST):
        return "has a comment, or bytes behind its end"
    _, *counts, length, start, comment = _END.unpack(end)
    many = len(archive.infolist())
    # The disks, and how many files each program reads of the list.
    if counts != [0, 0, many, many]:
        return "says of its list that it is of more disks, or of another number of files"
    plain = (start, start + length, comment) == (place, len(data) - _END.size, 0)
    return "" if plain else "has bytes around its list that are of none of its files"


def _deflated(content: bytes) -> bool:
    """Whether compressed content, which was unpacked before, ends where it says that it ends."""
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    rest = content
    while machine.decompress(rest, _STEP) or machine.unconsumed_tail:
        rest = machine.unconsumed_tail
    return machine.eof and not machine.unused_data


def _folder(names: Sequence[str]) -> str:
    """The folder, with its slash, in which every file of a bundle lies; "" if there is none."""
    folder = next(iter(names), "").partition("/")[0] + "/"
    inside = [name.removeprefix(folder) for name in names if name.startswith(folder)]
    whole = len(inside) == len(names) and folder not in ("/", "./", "../", "evidence/")
    return folder if whole and CERTIFICATE in inside else ""


def _unsafe(name: str, item: zipfile.ZipInfo, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Why a file of the zip is not even looked at."""
    if item.is_dir():
        yield Problem("zip-folder", name, "it is a folder, and no bundle has any: the zip was packed anew")
        return
    if item.orig_filename != item.filename or not _NAME.fullmatch(name):
        yield Problem("zip-name", "", f"the zip has a file {item.orig_filename} that no bundle has")
    if name in files:
        yield Problem(
            "zip-duplicate", name, "the zip has two files of this name, so nobody can say which counts"
        )
    if item.flag_bits & 1:
        yield Problem("zip-encrypted", name, "it is encrypted")
    if stat.S_IFMT(item.external_attr >> 16) not in (0, stat.S_IFREG):
        yield Problem(
            "zip-link", name, "it is no file but a link or a device, which leads elsewhere once unpacked"
        )
    if item.compress_type not in _WAYS:
        yield Problem("zip-compression", name, "it is compressed in a way that is not read")


def _read(archive: zipfile.ZipFile, item: zipfile.ZipInfo, name: str, largest: int) -> bytes | Problem:
    try:
        with archive.open(item) as file:
            data = file.read(largest + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError) as error:
        return Problem("zip-damaged", name, f"it cannot be unpacked: {error}")
    if len(data) > largest:
        return Problem("zip-too-large", name, f"it unpacks to more than {largest:,} bytes")
    return data
