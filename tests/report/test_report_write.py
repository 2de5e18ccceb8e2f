"""Where reports are written, and their commands to reproduce a violation."""

import shlex
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.exchange import Request
from conformance.report.jsonl import read_report
from conformance.report.records import ExchangeLine
from conformance.report.reproduce import curl, replay
from conformance.report.write import folder_name, latest, point_latest, run_folder, write_report

STARTED = datetime(2026, 10, 1, 4, 12, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zenmux", "zenmux"),
        ("moonshotai/Kimi-K2.5", "moonshotai-kimi-k2.5"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("模型", "unnamed"),
        ("a:b*c?d\x00e", "a-b-c-d-e"),
        ("CON", "con-"),
        ("nul.txt", "nul.txt-"),
        ("console", "console"),
        ("x" * 300, "x" * 80),
    ],
)
def test_folders_have_names_that_every_file_system_takes(text: str, expected: str) -> None:
    assert folder_name(text) == expected


def test_a_run_has_a_folder_named_by_its_start_in_utc(tmp_path: Path) -> None:
    started = STARTED.astimezone(timezone(timedelta(hours=8)))
    folder = run_folder(tmp_path, "acme", "org/Model", started)
    assert folder == tmp_path / "acme" / "org-model" / "20261001T041209Z"
    assert folder.is_dir()


def test_a_folder_is_never_used_twice(tmp_path: Path) -> None:
    names = [run_folder(tmp_path, "acme", "m", STARTED).name for _ in range(3)]
    assert names == ["20261001T041209Z", "20261001T041209Z-2", "20261001T041209Z-3"]


def test_a_start_without_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        run_folder(tmp_path, "acme", "m", STARTED.replace(tzinfo=None))


def test_latest_names_the_newest_stamp_in_a_text_file(tmp_path: Path) -> None:
    parent = tmp_path / "acme" / "m"
    assert latest(parent) is None
    first, second = (run_folder(tmp_path, "acme", "m", STARTED) for _ in range(2))
    point_latest(first)
    pointer = point_latest(second)
    assert pointer.read_text() == f"{second.name}\n"
    assert latest(parent) == second


@pytest.mark.parametrize("content", ["", "no-such-run\n", "../m\n"])
def test_a_latest_that_names_no_run_beside_it_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "latest").write_text(content)
    assert latest(tmp_path / "m") is None


def test_a_report_is_written_with_its_page(make: SimpleNamespace, tmp_path: Path) -> None:
    report = make.report([make.verdict("must-a")])
    page = write_report(tmp_path, report, [make.stream()], lookup=make.lookup)
    assert page == tmp_path / "index.html"
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert read_report(tmp_path / "report.jsonl") == report
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "report.jsonl"]


def test_a_report_uses_the_catalogue_of_the_suite_by_default(make: SimpleNamespace, tmp_path: Path) -> None:
    page = write_report(tmp_path, make.report([make.verdict("must-a")]), [])
    assert "must-a (not in the catalogue of this suite)" in page.read_text(encoding="utf-8")


def test_replay_names_the_evidence_or_else_the_source_and_the_requirement() -> None:
    line = ExchangeLine(id="x", api="chat", source="my files/x.json", evidence="evidence/x.jsonl")
    assert replay(line, "role-first") == "pytest --replay evidence/x.jsonl -k role-first"
    line = ExchangeLine(id="x", api="chat", source="my files/x.json")
    assert replay(line, "role-first") == "pytest --replay 'my files/x.json' -k role-first"
    assert replay(ExchangeLine(id="x", api="chat"), "role-first") == ""


def test_curl_sends_the_request_with_the_key_from_its_variable() -> None:
    request = Request(
        url="https://api.example.com/v1/chat/completions?a=1&b=2",
        headers=(("Authorization", "[not kept]"), ("content-type", "application/json"), ("Host", "h")),
        body='{"content":"it\'s $HOME `x`"}',
    )
    command = curl(request, "ACME_API_KEY")
    assert '-H "Authorization: Bearer $ACME_API_KEY"' in command
    words = shlex.split(command)
    assert request.url in words
    assert words[words.index("--data-raw") + 1] == request.body
    assert "content-type: application/json" in words
    assert not any(word.startswith("Host") for word in words)
    assert "-X" not in words


def test_curl_puts_the_key_where_the_request_had_it() -> None:
    request = Request(url="https://e.example/v1", headers=(("api-key", "[redacted]"), ("X-T", "[not kept]")))
    command = curl(request, "AZURE_KEY")
    assert '-H "api-key: $AZURE_KEY"' in command
    assert "Authorization" not in command
    assert "X-T" not in command
    assert "-X POST" in command


def test_curl_adds_the_content_type_and_key_that_a_stored_request_lacks() -> None:
    command = curl(Request(url="https://e.example/v1", body="{}"), "KEY")
    assert "-H 'Content-Type: application/json'" in command
    assert '-H "Authorization: Bearer $KEY"' in command
    assert "Authorization" not in curl(Request(url="https://e.example/v1", body="{}"), "")


@pytest.mark.parametrize(
    "request_",
    [None, Request(), Request(url="file:///etc/passwd"), Request(url="https://e.example", body="x" * 20_000)],
)
def test_there_is_no_curl_for_a_request_that_is_not_known_or_very_long(request_: Request | None) -> None:
    assert curl(request_, "KEY") == ""


def test_hostile_names_of_headers_and_variables_never_reach_the_shell() -> None:
    request = Request(url="https://e.example/v1", headers=(('x"; rm -rf ~; "', "v"), ("A", "b'\nc")))
    command = curl(request, "KEY; rm -rf ~")
    assert "rm -rf" not in command
    assert "A: b'\nc" in shlex.split(command)
