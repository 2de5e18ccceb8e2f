"""Reads the ends of `report.jsonl`: what was tested, and what came of it, without what lies between."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from conformance.report.errors import (
    NotAReportError,
    ReportCutOffError,
    ReportLineError,
    ReportSchemaError,
    ReportTextError,
)
from conformance.report.jsonl import FORMAT, check_header, read_footer, read_header, read_record
from conformance.report.records import Footer, Header

__all__ = ["Ends", "read_ends"]

_LONGEST = 16 * 1024 * 1024  # bytes of a header or a footer; what is longer is neither
_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ends:
    """The first and the last line of a report."""

    header: Header
    footer: Footer


def read_ends(path: Path, name: str = "") -> Ends:
    """Header and footer of the report in a file; the lines between them are not read.

    `name` is the file's name in messages, by default its path. Raises ReportError for a file that is cut off
    or no report, and OSError. Lines between that were lost or edited go unnoticed: see `read_report`.
    """
    name = name or str(path)
    with path.open("rb") as file:
        first, last = file.readline(_LONGEST), _last_line(file)
        try:
            head = read_record(first.decode("utf-8"), name, 1)
        except UnicodeDecodeError as error:
            raise ReportTextError(name, error.start) from None
        except ReportLineError:
            raise NotAReportError(name, FORMAT) from None
        check_header(head, name)
        try:
            foot = read_record(last.decode("utf-8"), name, 0)
        except (UnicodeDecodeError, ReportLineError):
            raise ReportCutOffError(name, _count_lines(file)) from None
        if foot.get("kind") != "footer":
            raise ReportCutOffError(name, _count_lines(file))
    try:
        return Ends(read_header(head), read_footer(foot))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ReportSchemaError(name, repr(error)) from error


def _last_line(file: BinaryIO) -> bytes:
    """The last line that is not blank; b"" if it is longer than any footer."""
    start = file.seek(0, 2)
    found = b""
    while start and len(found) < _LONGEST:
        size = min(_BLOCK, start)
        start -= size
        file.seek(start)
        found = file.read(size) + found
        if b"\n" in found.rstrip():
            return found.rstrip().rpartition(b"\n")[2]
    return b"" if start else found.strip()


def _count_lines(file: BinaryIO) -> int:
    """The number of lines, that of a last one without a line end included."""
    file.seek(0)
    count, last = 0, b"\n"
    while block := file.read(_BLOCK):
        count, last = count + block.count(b"\n"), block[-1:]
    return count + (last != b"\n")
