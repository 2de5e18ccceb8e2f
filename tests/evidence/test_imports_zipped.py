"""Zips of runs and of other recordings: what they hold and lack, and why a file gives nothing."""

import zipfile
from pathlib import Path

import pytest

from conformance.evidence import load, write_evidence
from conformance.evidence.errors import EmptyFolderError, FolderTooDeepError, TooLargeError, Unreadable
from conformance.evidence.imports.errors import (
    DamagedFileError,
    NestedZipError,
    TooManyPartsError,
    ZipMemberError,
)
from conformance.evidence.imports.zipped import MOST, read_zip
from conformance.evidence.load import Handed
from conformance.evidence.plan_errors import MissingEvidenceError, PlanUnreadableError
from conformance.evidence.planned import PLAN, PlannedRun, write_plan
from conformance.exchange import Api, Exchange, Piece
from tests.evidence.handed import STREAM, handed, wrong, zipped
from tests.test_bounds import FOUR, steps


def stored(name: str) -> bytes:
    """The evidence of an exchange."""
    buffer = Path(name)
    write_evidence(
        buffer, Exchange(id=buffer.stem, api=Api.CHAT, provider="acme", pieces=(Piece(data=STREAM),))
    )
    return buffer.read_bytes()


def planned(requests: dict[str, str]) -> PlannedRun:
    return PlannedRun(
        suite="1",
        provider="p",
        model="m",
        base_url="https://x.example/v1",
        started="2026-11-26T12:00:00Z",
        command="pytest",
        requests=requests,
    )


def test_a_zip_of_a_run_is_as_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its evidence alone, wherever the zip was made; what lies beside runs is read as in a folder."""
    monkeypatch.chdir(tmp_path)
    evidence = stored("chat-text.jsonl")
    for root in ("", "run/", "acme/m/20260821T120000Z/"):
        files = {
            f"{root}evidence/chat-text.jsonl": evidence,
            f"{root}report.jsonl": b"{}\n",
            f"{root}index.html": b"<html>",
            f"{root}other.sse": STREAM,
            "__MACOSX/x.sse": STREAM,
            ".hidden/x.sse": STREAM,
        }
        exchanges, errors = handed(zipped(files), "x.zip")
        assert [item.id for item in exchanges] == (["chat-text"])
        assert exchanges[0].source == f"x.zip/{root}evidence/chat-text.jsonl"
        assert errors == []
    exchanges, _ = handed(
        zipped({"run/evidence/chat-text.jsonl": evidence, "run/report.jsonl": b"", "b/x.sse": STREAM})
    )
    assert sorted(item.id for item in exchanges) == ["chat-text", "x"]


def test_a_file_in_very_many_folders_is_told_as_in_a_folder() -> None:
    """Each of the folders that it is in would cost as much as the whole name."""
    exchanges, (error,) = handed(zipped({"a/" * 30_000 + "x.sse": STREAM, "a/" * 50 + "y.sse": STREAM}))
    assert [item.id for item in exchanges] == ["y"]
    assert isinstance(error, FolderTooDeepError)


def test_a_folder_that_is_too_deep_is_told_once_and_only_if_it_would_be_read() -> None:
    deep = "a/" * 51
    unread = ("README.md", "report.jsonl", ".x.sse", "__MACOSX/x.sse")
    files = dict.fromkeys([*(f"{deep}{name}" for name in unread), f"r/{deep}x.sse"], STREAM)
    run = {"r/report.jsonl": b"", "r/evidence/x.sse": STREAM, "a" + "/." * 99 + "/y.sse": STREAM}
    exchanges, errors = handed(zipped({**files, **run}))
    assert (sorted(item.id for item in exchanges), errors) == (["x", "y"], [])
    assert type(wrong(zipped({f"{deep}README.md": STREAM}))) is EmptyFolderError
    several = {f"{deep}{'b/' * at}{at}.sse": STREAM for at in range(9)}
    others = {f"c/{deep}x/plan.json": b"", f"c/{deep}x/evidence/x.jsonl": STREAM}
    _, unreadable = load([Handed("x.zip", zipped({**several, **others, "x.sse": STREAM}))])
    assert [type(item.error) for item in unreadable] == [FolderTooDeepError] * 2


def test_a_zip_of_many_runs_is_read_in_steps_of_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    evidence = stored("x.jsonl")
    write_plan(tmp_path, planned({"x": "a"}))

    def runs(count: int) -> int:
        whole = {f"{at}/{PLAN}": (tmp_path / PLAN).read_bytes() for at in range(count)}
        data = zipped({**whole, **{f"{at}/evidence/x.jsonl": evidence for at in range(count)}})
        assert all(item.whole for item in handed(data)[0])
        return steps(lambda: handed(data))

    assert runs(200) < FOUR * runs(50)


def test_a_zip_of_a_run_that_was_cut_off_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its folder does; the plan itself is no recording."""
    monkeypatch.chdir(tmp_path)
    write_plan(tmp_path, planned({"chat-text": "a", "chat-length": "b"}))
    plan, evidence = (tmp_path / PLAN).read_bytes(), stored("chat-text.jsonl")
    for root in ("", "run/"):
        files = {f"{root}{PLAN}": plan, f"{root}other.sse": STREAM}
        lacking = wrong(zipped(files), "x.zip")
        assert isinstance(lacking, MissingEvidenceError)
        assert lacking.missing == ("chat-text", "chat-length")
        assert "`--resume` and the folder that was zipped" in lacking.hint
        files[f"{root}evidence/chat-text.jsonl"] = evidence
        (exchange,), (unreadable,) = load([Handed("x.zip", zipped(files))])
        assert exchange.id == "chat-text"
        assert unreadable.source == f"x.zip/{root}".rstrip("/")
        assert isinstance(unreadable.error, MissingEvidenceError)
        assert (unreadable.error.missing, unreadable.error.planned) == (("chat-length",), 2)
        files[f"{root}evidence/chat-length.jsonl"] = evidence
        exchanges, errors = handed(zipped(files), "x.zip")
        assert len(exchanges) == 2
        assert errors == []
    assert isinstance(wrong(zipped({PLAN: b"{"})), PlanUnreadableError)


def test_a_zip_is_found_in_a_folder_and_by_its_bytes(tmp_path: Path) -> None:
    """Of several files one that cannot be read does not keep the others from being read."""
    data = zipped({"a.sse": STREAM, "b.json": b"{", "../c.sse": STREAM, "d/e.txt": STREAM})
    (tmp_path / "x.zip").write_bytes(data)
    (tmp_path / "y.bin").write_bytes(data)
    for named in (tmp_path, tmp_path / "y.bin"):
        exchanges, unreadable = load([named])
        assert sorted(item.id for item in exchanges) == ["a", "c"]
        assert [item.source.rpartition("/")[2] for item in unreadable] == ["b.json"]


def test_a_zip_that_gives_nothing_is_told() -> None:
    """Empty, damaged, in another zip, encrypted, or compressed in a way that is not bounded."""
    assert type(wrong(zipped({}))) is EmptyFolderError
    assert type(wrong(zipped({"x.txt": STREAM}))) is EmptyFolderError
    assert type(wrong(zipped({"x.sse": STREAM})[:-30])) is DamagedFileError
    assert type(wrong(zipped({"x.zip": zipped({"x.sse": STREAM})}))) is NestedZipError
    for way in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert type(wrong(zipped({"x.sse": STREAM}, way))) is ZipMemberError
    locked = bytearray(zipped({"x.sse": STREAM}))
    for sign, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        locked[locked.index(sign) + place] |= 1
    assert "encrypted" in wrong(bytes(locked)).message
    damaged = bytearray(zipped({"x.sse": STREAM}, zipfile.ZIP_STORED))
    damaged[damaged.index(b"data:")] ^= 1
    assert "damaged" in wrong(bytes(damaged)).message


def test_a_file_without_a_name_is_no_file() -> None:
    """A damaged list of a zip may have one."""
    data = zipped({"a.sse": STREAM, "b.sse": STREAM})
    nameless = data.replace(b"b.sse", b"\0.sse")  # a name ends at its first zero byte
    exchanges, errors = handed(nameless)
    assert [item.id for item in exchanges] == ["a"]
    assert errors == []


def test_a_zip_of_too_many_files_is_not_listed() -> None:
    """A list of millions would fill the memory."""
    assert type(wrong(b"PK\x03\x04" + b"PK\x01\x02" * (MOST + 1))) is TooManyPartsError


def test_a_zip_bomb_is_read_no_further_than_the_largest_file() -> None:
    """One file, and all of them together."""
    largest = 10_000
    data = zipped(
        {"a.sse": b"\n" * 2**24, **{f"b{number}.sse": STREAM + b"\n" * 9_000 for number in range(9)}}
    )
    found = read_zip(data, "x.zip", largest)
    errors = [item.error for item in found if isinstance(item, Unreadable)]
    assert {type(error) for error in errors} == {TooLargeError}
    assert 1 < len(errors) < len(found)
