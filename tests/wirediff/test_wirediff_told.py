"""What a gateway changed, as people and programs read it, and the command that says it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from conformance.cli.diff import diff_command
from conformance.evidence import write_evidence
from conformance.exchange import Exchange, Request
from conformance.gate import ExitCode
from conformance.paths import schema
from conformance.wirediff import wire_difference
from conformance.wirediff.errors import NothingInCommonError, SeveralProvidersError, WireSourceError
from conformance.wirediff.sources import compared, exchanges_at
from conformance.wirediff.told import json_of, markdown_lines, text_lines
from tests.wirediff.pairs import answer, chunk, deltas

DIRECT = deltas("Hel", "lo")
GATEWAY = [*deltas("Hello")[:-1]]


def direct(**keys: Any) -> Exchange:
    return answer(DIRECT, provider="acme", model="acme-large", **keys)


def gateway(**keys: Any) -> Exchange:
    return answer(
        [frame.replace(b"chatcmpl-1", b"chatcmpl-2") for frame in GATEWAY], provider="proxy", **keys
    )


def test_the_text_has_a_line_for_each_change() -> None:
    """With how often, in which scenarios, and both sides; then what tells nothing, and the times."""
    lines = list(text_lines(wire_difference([direct()], [gateway()])))
    assert lines == [
        "direct   acme (acme-large), 1 exchange",
        "gateway  proxy, 1 exchange",
        "",
        "1 exchange compared: 2 differences.",
        "\nFraming",
        "  the terminator [DONE]  (1 time; chat-text): [DONE] → absent",
        "\nEvents merged",
        '  choices.*.delta.content  (1 time; chat-text): "Hel", "lo" → "Hello"',
        "\nDiffers in each answer, so that it tells nothing",
        "  id",
        "\nTime, as the median of 1 exchange on each side, and their difference: measured, not judged",
        "  first event or byte           direct     10.0 ms  gateway     10.0 ms  added     +0.0 ms",
        "  mean pause between events     direct     10.0 ms  gateway     10.0 ms  added     +0.0 ms",
        "  longest pause between events  direct     10.0 ms  gateway     10.0 ms  added     +0.0 ms",
        "  end                           direct   1000.0 ms  gateway   1000.0 ms  added     +0.0 ms",
    ]


def test_what_a_gateway_added_is_the_difference_of_the_figures_beside_it() -> None:
    """A reader adds them up; a median of differences would be another figure."""

    def run(*ends: float) -> list[Exchange]:
        return [replace(direct(name=f"chat-{end}"), ended_at=at) for end, at in enumerate(ends)]

    found = wire_difference(run(0.00514, 0.100, 0.012), run(0.00796, 0.007, 0.300))
    (line,) = [line for line in text_lines(found) if line.startswith("  end")]
    assert line.split()[1:] == ["direct", "12.0", "ms", "gateway", "8.0", "ms", "added", "-4.0", "ms"]
    assert json_of(found)["added"]["last"] == -4.0


def test_nothing_changed_is_said_in_words() -> None:
    lines = list(text_lines(wire_difference([direct()], [direct()])))
    assert lines[3] == "1 exchange compared: the gateway changed nothing."


def test_exchanges_without_a_counterpart_are_named() -> None:
    found = wire_difference([direct(), answer(DIRECT, "chat-n")], [gateway(), answer(DIRECT, "chat-tool")])
    for lines in (list(text_lines(found)), list(markdown_lines(found))):
        text = "\n".join(lines).replace("\\", "")
        assert "not compared, only direct: chat-n" in text
        assert "not compared, only through the gateway: chat-tool" in text


def test_recordings_with_other_names_are_told_together() -> None:
    """So that a reader finds the evidence of both."""
    asked = Request(body='{"messages": []}')
    sides = [[answer(DIRECT, name, scenario="", request=asked)] for name in ("chat-0001", "chat-0002")]
    found = wire_difference(*sides)
    assert "  compared by their request: chat-0001 with chat-0002" in list(text_lines(found))
    assert json_of(found)["named_otherwise"] == {"chat-0001": "chat-0002"}


def test_markdown_has_a_table_for_each_kind() -> None:
    lines = list(markdown_lines(wire_difference([direct()], [gateway()])))
    at = lines.index("### Framing")
    assert lines[at + 2 : at + 5] == [
        "| where | seen | direct | gateway |",
        "|---|---|---|---|",
        r"| the terminator \[DONE\] | (1 time; chat-text) | \[DONE\] | absent |",
    ]


def test_what_a_gateway_sent_is_no_markup_and_no_line() -> None:
    """Neither in Markdown nor in the terminal, nor a command to a CI runner."""
    key = "k|e`y`event:`\x1b[2J\n##[error]"
    value = "a|b [l](http://x) @all \u202e\nd"
    told_to = chunk()[:-3] + b"," + json.dumps({key: value})[1:].encode() + b"\n\n"
    found = wire_difference([answer([chunk()])], [answer([told_to])])
    for lines in (text_lines, markdown_lines):
        told = "\n".join(lines(found))
        (row,) = [line for line in told.splitlines() if "a|b" in line.replace("\\", "")]
        assert not {"\x1b", "\u202e"} & set(told)
        assert "##[" not in told
        assert "[2J" in row.replace("\\", "")
    assert "a\\|b \\[l\\](http\\://x) \N{FULLWIDTH COMMERCIAL AT}all" in row


def test_json_keeps_its_schema() -> None:
    found = json.loads(json.dumps(json_of(wire_difference([direct()], [gateway()]))))
    Draft202012Validator(schema("wirediff")).validate(found)
    assert (found["format"], found["version"], found["changed"]) == ("stream-conformance/wirediff", 1, True)
    assert found["changes"][1] == {
        "kind": "merged",
        "place": "choices.*.delta.content",
        "count": 1,
        "scenarios": ["chat-text"],
        "events": [],
        "direct": '"Hel", "lo"',
        "gateway": '"Hello"',
    }
    assert [item["place"] for item in found["per_request"]] == ["id"]
    assert found["added"]["last"] == 0.0
    assert found["times"][0]["direct"]["last"] == 1000.0


def written(folder: Path, *exchanges: Exchange) -> Path:
    for one in exchanges:
        write_evidence(folder / f"{one.id}.jsonl", one)
    return folder


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(diff_command, [str(item) for item in arguments], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.return_value, done.output


def test_the_command_exits_with_one_where_anything_changed(tmp_path: Path) -> None:
    one, two = written(tmp_path / "direct", direct()), written(tmp_path / "gateway", gateway())
    code, text = run("--wire", one, two)
    assert code is ExitCode.VIOLATION
    assert "Events merged" in text
    assert run("--wire", one, one)[0] is ExitCode.CONFORMS
    assert run("--wire", "--markdown", one, two)[1].startswith("**1 exchange compared")
    Draft202012Validator(schema("wirediff")).validate(json.loads(run("--wire", "--json", one, two)[1]))


def test_a_run_is_found_by_its_report_and_by_its_model(tmp_path: Path) -> None:
    """As for the comparison of verdicts."""
    stamp = tmp_path / "acme" / "acme-large" / "20261126T000000Z"
    written(stamp / "evidence", direct(), direct(name="again", again="chat-text"))
    (stamp / "report.jsonl").write_text("{}\n")
    (stamp.parent / "latest").write_text(stamp.name)
    for path in (stamp, stamp / "report.jsonl", stamp.parent, stamp.parent / "latest"):
        exchanges, unread = exchanges_at(path)
        assert [one.id for one in exchanges] == ["chat-text"]  # what repeats another is left out
        assert unread == []


def test_any_recording_will_do(tmp_path: Path) -> None:
    (tmp_path / "one.sse").write_bytes(b"".join(DIRECT))
    (tmp_path / "two.sse").write_bytes(b"".join(GATEWAY))
    found, _ = compared(tmp_path / "one.sse", tmp_path / "two.sse")
    assert [row.kind.value for row in found.changes] == ["framing", "merged"]


def test_sources_that_cannot_be_compared_are_told(tmp_path: Path) -> None:
    one = written(tmp_path / "one", direct(), answer(DIRECT, "chat-n", provider="acme"))
    two = written(tmp_path / "two", gateway(name="other"), gateway(name="third"))
    both = written(tmp_path / "both", direct(), gateway(name="other"))
    (tmp_path / "bad.jsonl").write_text("no evidence\n")
    with pytest.raises(NothingInCommonError, match="have no exchange in common"):
        compared(one, two)
    with pytest.raises(SeveralProvidersError, match="acme, proxy"):
        compared(both, two)
    with pytest.raises(WireSourceError, match="there is no exchange to compare: "):
        compared(tmp_path / "bad.jsonl", two)


def test_a_source_that_is_read_in_part_says_so(tmp_path: Path) -> None:
    one = written(tmp_path / "one", direct())
    (one / "bad.jsonl").write_text("no evidence\n")
    assert len(exchanges_at(one)[1]) == 1
    code, text = run("--wire", one, one)
    assert code is ExitCode.ERROR, "nobody knows whether the rest was changed"
    assert "not read: " in text
