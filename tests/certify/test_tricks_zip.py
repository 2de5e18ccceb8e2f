"""Tricks with the zip of a bundle: none makes one that is said to hold, and each is told for what it is."""

import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from conformance.certify.bundle import CERTIFICATE, PAGE, PROFILE, REPORT, unpacked
from conformance.certify.problems import UNDECIDED
from tests.certify.made import (
    certified,
    check,
    files,
)
from tests.certify.tricks import ONE, zipped


def and_(name: str, data: bytes = b"{}") -> Callable[[bytes], bytes]:
    """One file more."""
    return lambda before: zipped({**files(before), name: data})


def first(**keys: Any) -> Callable[[bytes], bytes]:
    """Other attributes of the first file."""

    def changed(item: zipfile.ZipInfo) -> None:
        for key, value in keys.items():
            setattr(item, key, value)

    return lambda before: zipped(files(before), changed)


def at(mark: bytes, place: int, value: bytes) -> Callable[[bytes], bytes]:
    """Other bytes behind the first of a mark."""

    def changed(before: bytes) -> bytes:
        start = before.index(mark) + place
        return before[:start] + value + before[start + len(value) :]

    return changed


LOCAL, LISTED, LAST = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
UNICODE_PATH = struct.pack("<HHBI", 0x7075, 5 + 4, 1, 0) + b"gold"
ZIP64 = struct.pack("<HHQQ", 1, 16, 9, 9)


def renamed_in_place(before: bytes) -> bytes:
    """Another name before the file than in the list."""
    return before.replace(b"certificate.html", b"certificate.htmx", 1)


def two_lists(before: bytes) -> bytes:
    """A whole other bundle in front, whose list a program may find that reads from the beginning."""
    return zipped({CERTIFICATE: b"{}"}) + before


def zip64_end(before: bytes) -> bytes:
    """The end of a list of the larger kind, before the end of the list."""
    start = before.index(LAST)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 46, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, start, 1)
    return before[:start] + record + locator + before[start:]


ZIP: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a name in capitals": (and_("Certificate.json"), "zip-name"),
    "a name in another folder": (and_("gold/certificate.json"), "zip-name"),
    "a twin by normalisation": (and_("evidence/chat-jso\u0301n.jsonl"), "zip-name"),
    "a full-width twin": (and_("certificate\uff0ejson"), "zip-name"),
    "a name with a line end": (and_("certificate.json\n"), "zip-name"),
    "a name with a colon": (and_("C:certificate.json"), "zip-name"),
    "a name with backslashes": (and_("..\\certificate.json"), "zip-name"),
    "a folder beside the files": (and_("evidence/"), "zip-folder"),
    "a link": (first(external_attr=0o120777 << 16), "zip-link"),
    "a device": (first(external_attr=0o020666 << 16), "zip-link"),
    "a comment of a file": (first(comment=b"gold"), "zip-hidden"),
    "another name in an extra field": (first(extra=UNICODE_PATH), "zip-hidden"),
    "the fields of zip64": (first(extra=ZIP64), "zip-hidden"),
    "the end of zip64": (zip64_end, "zip-damaged"),
    "another name in place": (renamed_in_place, "zip-damaged"),
    "a sign of encryption in the list": (at(LISTED, 8, b"\x01\x00"), "zip-encrypted"),
    "a sign of strong encryption": (at(LISTED, 8, b"\x40\x00"), "zip-damaged"),
    "a sign of encryption in place": (at(LOCAL, 6, b"\x01\x00"), "zip-hidden"),
    "a sign that sizes follow": (at(LOCAL, 6, b"\x08\x00"), "zip-hidden"),
    "another way in place": (at(LOCAL, 8, b"\x00\x00"), "zip-hidden"),
    "another sum in place": (at(LOCAL, 14, bytes(4)), "zip-hidden"),
    "another sum in the list": (at(LISTED, 16, bytes(4)), "zip-damaged"),
    "a way that nobody knows": (at(LISTED, 10, b"\x63\x00"), "zip-compression"),
    "fewer files than there are": (at(LAST, 8, b"\x01\x00\x01\x00"), "zip-hidden"),
    "another disk": (at(LAST, 4, b"\x01\x00"), "zip-hidden"),
    "a list elsewhere": (at(LAST, 16, b"\x00\x00\x00\x00"), "zip-damaged"),
    "another bundle in front": (two_lists, "zip-hidden"),
    "half a bundle": (lambda before: before[: len(before) // 2], "zip-damaged"),
    "nothing but an end": (lambda before: before[before.index(LAST) :], "zip-damaged"),
    "a page that is a bomb": (
        lambda before: zipped({**files(before), PAGE: bytes(8_000_001)}),
        "zip-too-large",
    ),
}


@pytest.mark.parametrize("name", ZIP)
def test_a_trick_with_the_zip_is_told(name: str) -> None:
    """Whatever program reads it, there is one bundle in it, or it does not hold."""
    forge, code = ZIP[name]
    assert code in {problem.code for problem in unpacked(forge(certified()))[1]}
    assert code not in UNDECIDED


@pytest.mark.parametrize("name", [CERTIFICATE, PAGE, REPORT, PROFILE, ONE])
def test_a_file_that_is_damaged_is_not_called_missing(name: str) -> None:
    """It is in the bundle, and one fault is told once."""
    data = certified()
    spoiled = data.replace(name.encode(), name.encode()[:-1] + b"X", 1)
    told = [problem.code for problem in check(spoiled).problems if problem.where == name]
    assert told == ["zip-damaged"]


def test_a_list_that_leads_astray_is_called_damaged() -> None:
    """One byte makes every file unreadable; none of them is said to be large."""
    spoiled = at(LAST, 19, b"\x01")(certified())
    assert {problem.code for problem in unpacked(spoiled)[1]} == {"zip-damaged"}


def test_nothing_is_read_of_a_bundle_that_is_made_to_cost() -> None:
    """What unpacks to more than a bundle may is told, and no digest, line or verdict of it is looked at."""
    found = check(zipped({**files(certified()), PAGE: bytes(8_000_001)}))
    assert [(problem.code, problem.where) for problem in found.problems] == [("zip-too-large", PAGE)]
    assert (found.exchanges, found.verdicts) == (0, 0)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a comment of a file", "it has a comment on its file"),
        ("the fields of zip64", "it has further fields on its file"),
        ("a sign that sizes follow", "it has the sizes behind its file"),
        ("another sum in place", "in its list and another before the file"),
        ("fewer files than there are", "or of another number of files"),
        ("another bundle in front", "it has bytes before its file"),
    ],
)
def test_what_a_zip_hides_is_said(name: str, message: str) -> None:
    """Or nobody knows which program to blame."""
    forge, _ = ZIP[name]
    assert any(message in str(problem) for problem in unpacked(forge(certified()))[1])
