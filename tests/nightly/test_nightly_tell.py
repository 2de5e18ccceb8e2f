"""What a night writes: its paragraph, its page, its document, its feed and its messages."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from conformance.catalogue import Level, Outcome
from conformance.dashboard.matrix import matrix_of
from conformance.dashboard.stored import stored_runs
from conformance.dashboard.write import write_dashboard
from conformance.gate import Deviation, ExitCode
from conformance.nightly.document import Earlier, earlier_in
from conformance.nightly.news import News
from conformance.nightly.notify import WebhookForm
from conformance.nightly.past import History, history_in
from conformance.nightly.places import seen_from
from conformance.nightly.records import Record
from conformance.nightly.tell import annotations, lines, message, news_of, page, write
from conformance.nightly.words import paragraph, title
from conformance.paths import schema
from conformance.report.records import RequirementResult
from conformance.requirements import CATALOGUE
from tests.nightly.conftest import past, stored, told, tonight

ATOM = "{http://www.w3.org/2005/Atom}"
ATTACK = (
    "<img src=x onerror=alert(1)> ]]> [a](javascript:alert(1)) *b* `c` <!channel> | "
    "https://evil.example www.evil.example @everyone \x1b[31m \u202e &amp; \ud800"
)
NOW = datetime(2026, 10, 2, 3, 30, tzinfo=UTC)
KEPT: dict[str, Any] = {"must_a": "+", "must_b": "+", "must_c": "+"}
LAST = "the run before, 2026-09-10 03:00:00 UTC"


def both(**marks: Any) -> News:
    """The news of acme, which kept three requirements last night, and of beta, which keeps its own."""
    before = {**past(KEPT), **past({"must_a": "+"}, place="beta/m")}
    return told(tonight(**(KEPT | marks)), tonight("beta", must_a="+"), before=before)


def test_the_paragraph_says_what_changed_and_only_that() -> None:
    """With the requirement, its level and what was observed first."""
    assert paragraph(both()) == f"No verdict changed since {LAST}."
    assert paragraph(both(must_a="-")) == (
        f"Changed since {LAST}. New at acme: `must-a` (MUST, observed: another)."
    )


def test_a_night_after_others_is_not_the_first() -> None:
    """Also where those that are known did not answer, and one is new."""
    silent = tonight(why="ACME_API_KEY is not set", code=ExitCode.USAGE)
    assert paragraph(told(silent, tonight("beta", must_a="+"), before=past(KEPT))) == (
        f"Nothing can be compared with {LAST}. Did not answer: acme (ACME_API_KEY is not set)."
        " No comparable run before at beta: it breaks nothing."
    )


def test_two_nights_with_two_faults_read_differently() -> None:
    """By the requirement."""
    assert paragraph(both(must_a="-")) != paragraph(both(must_b="-"))


def test_every_kind_of_news_has_its_sentence() -> None:
    """And each run is named."""
    until = date(2026, 10, 5)
    listed = [Deviation(requirement="must-a", reason="r", until=until)]
    nights = past(
        {"must_a": "-", "must_b": "-", "must_c": "-"}, {"must_c": "+"}, {"must_a": "-", "must_c": "-"}
    )
    runs = [
        tonight(must_b="+", must_c="+", info_a="+", should_a="~", header={"deviations": listed}),
        tonight("beta", why="BETA_KEY is not set", code=ExitCode.USAGE),
        tonight("gamma", "x", must_a="-"),
        tonight("gamma", "y", must_a="+", header={"incomplete": "its time was over", "model": "y"}),
    ]
    before = {**nights, **past({"must_a": "+"}, place="gamma/y", suite="0.9.0")}
    assert paragraph(told(*runs, before=before, notes=["a remark"])) == (
        "Changed since the run before, 2026-09-12 03:00:00 UTC."
        " New at acme: `should-a` (SHOULD, not judged before, observed: another)."
        " Fixed at acme: `must-b` (MUST)."
        " No longer judged at acme: `must-a` (MUST)."
        " Flaky at acme: `must-c` (MUST, kept tonight, turned 3 times of late)."
        " Did not answer: beta (BETA_KEY is not set)."
        " Incomplete: gamma (y) (its time was over)."
        " The suite itself changed (1.0.0, 0.9.0)."
        " No comparable run before at gamma (acme-large): it breaks `must-a` (MUST, observed: another)."
        " Red for its own list: acme (the known deviation must-a matches nothing that was judged:"
        " look for a misspelt requirement or scenario)."
        " Deviations to look at: `must-a` of acme expires on 2026-10-05, in 3 days."
        " A remark."
    )


def test_what_follows_is_counted_under_its_cause() -> None:
    """One fault is told once; where the cause is older, what follows names it."""
    because = {"must-b": "must-a", "must-c": "must-a"}
    run = tonight(must_a="-", must_b="-", must_c="-", because=because)
    news = told(run, before=past(KEPT))
    assert "`must-a` (MUST, observed: another) and because of it 2 further requirements." in paragraph(news)
    assert title(news) == "Night of 2026-10-02 03:10:00 UTC: 1 new (must-a)"
    older = told(run, before=past(KEPT | {"must_a": "-"}))
    assert "`must-b` (MUST, observed: another), because of `must-a`; `must-c`" in paragraph(older)


def test_long_news_are_cut_to_their_ids() -> None:
    """All are named."""
    marks: dict[str, Any] = {f"must_{letter}": "-" for letter in "abcdefghijkl"}
    news = told(tonight(**marks), before=past(dict.fromkeys(marks, "+")))
    assert paragraph(news).endswith("and `must-i`, `must-j`, `must-k`, `must-l`.")


FIVE: dict[str, Any] = {f"must_{letter}": "-" for letter in "abcde"}
FIRST_BROKEN = "first night, 1 MUST broken (must-b)"


@pytest.mark.parametrize(
    ("news", "words"),
    [
        (both(), "nothing changed"),
        (both(must_a="-"), "1 new (must-a)"),
        (both(must_b="-"), "1 new (must-b)"),
        (told(tonight(must_a="+"), before=past({"must_a": "-"})), "1 fixed (must-a)"),
        (told(tonight(must_a="~"), before=past({"must_a": "-"})), "something changed"),
        (told(tonight(must_a="+")), "first night"),
        (both(must_a="+"), "nothing changed"),
        (told(tonight(must_a="+"), tonight("beta", must_a="+"), before=past(KEPT)), "nothing changed"),
        (told(tonight("beta", must_a="+"), before=past(KEPT)), "nothing to compare"),
        (told(tonight(why="x")), "1 without an answer"),
        (told(tonight(must_b="-", should_a="~")), "first night, 1 MUST broken (must-b)"),
        (told(tonight(must_a="+", should_a="~")), "first night, 1 SHOULD broken (should-a)"),
        (told(tonight(must_b="-", must_a="-", because={"must-a": "must-b"})), FIRST_BROKEN),
        (told(tonight(must_b="-"), tonight("beta", why="x")), "1 without an answer, 1 MUST broken (must-b)"),
        (told(tonight("beta", must_b="-"), before=past(KEPT)), "nothing to compare, 1 MUST broken (must-b)"),
        (
            told(tonight(must_a="+"), tonight("beta", must_b="-"), before=past(KEPT)),
            "nothing changed, 1 MUST broken in a first run (must-b)",
        ),
        (
            told(tonight(**FIVE)),
            "first night, 5 MUST broken (must-a, must-b, must-c and 2 more)",
        ),
    ],
)
def test_a_title_counts(news: News, words: str) -> None:
    """What the feed and a message begin with."""
    assert title(news) == f"Night of 2026-10-02 03:10:00 UTC: {words}"


def test_a_night_without_anybody_says_so() -> None:
    """A fork has no secrets, which is no fault."""
    assert paragraph(told()) == "No provider was asked: not one key is set."


def test_the_page_has_a_row_for_each_run() -> None:
    """With a link to its report, and what left none is named, not forgotten."""
    text = page(told(tonight(must_a="-"), tonight("beta", code=None), tonight("gamma", why="w")))
    first, second, third = text.splitlines()[-3:]
    assert first.startswith("| [acme](acme/m/20261002T030000Z/index.html) | 1 violation | Does not conform: ")
    assert (
        second
        == "| beta | - | Nothing was recorded: its job ended before the run did, see the log of the job. |"
    )
    assert third == "| gamma | 1 violation | No report was written: w. |"


def test_an_attack_is_text_everywhere(tmp_path: Path) -> None:
    """No mark, tag, mention or control character of an endpoint, or of a report, works in file or message."""
    forged = [Deviation(requirement=ATTACK, reason="r", until=date(2026, 10, 5))]
    header = {"incomplete": ATTACK, "model": ATTACK, "suite": ATTACK, "deviations": forged}
    run = tonight(must_a="-", observed={"must-a": ATTACK}, header=header)
    results = {ATTACK: RequirementResult(outcome=Outcome.FAIL, level=Level.MUST, because=f"{ATTACK}!")}
    assert run.report is not None
    footer = replace(run.report.footer, results={**run.report.footer.results, **results})
    run = replace(run, report=replace(run.report, footer=footer))
    news = told(run, tonight("acme", why=ATTACK), tonight("beta", why=ATTACK), before=past(KEPT))
    assert len(news.new) == 2
    whole = write(news, History(), tmp_path)
    markdown, feed = (tmp_path / "night.md").read_text(), (tmp_path / "feed.atom").read_text()
    slack = message(news, whole, WebhookForm.SLACK, "")["text"]
    plainly = message(news, whole, WebhookForm.JSON, "")
    for text in (markdown, feed, slack, whole["paragraph"], json.dumps(plainly, ensure_ascii=False)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert not re.search(r"(?<!\\)<img|(?<!\\)\[a\]|(?<!\\)\*b|(?<!\\)`c", markdown)
    assert "<!channel>" not in slack
    # The one text that a receiver may show as it is.
    assert re.fullmatch(r"Night of [\d :-]+ UTC: [a-z0-9 (),-]+", plainly["title"].replace("MUST", "must"))
    assert "@" not in slack
    assert not re.search(r"(?<!\\)://|www(?<!\\)\.", markdown)
    ET.fromstring(feed)  # noqa: S314 - ours


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("feed", "<x/>&", "its feed is no urn:uuid"),
        ("at", "<b>", "Invalid isoformat string: '<b>'"),
        ("at", 5, "at is no text"),
        ("title", None, "title is no text"),
    ],
)
def test_a_night_of_anybody_breaks_no_feed(name: str, value: object, why: str, tmp_path: Path) -> None:
    """What is no document of a night begins the feed anew."""
    whole = nights(tmp_path, 1)
    (whole if name == "feed" else whole["nights"][0])[name] = value
    (tmp_path / "night.json").write_text(json.dumps(whole))
    earlier, problem = earlier_in(tmp_path)
    assert earlier == Earlier()
    assert why in problem


def test_control_characters_of_a_night_of_anybody_are_shown(tmp_path: Path) -> None:
    """XML has none of them, and no file takes half of a surrogate pair."""
    whole = nights(tmp_path, 1)
    whole["nights"][0] |= {"title": "a\x00\ud800", "paragraph": "\x1b[31m\uffff"}
    (tmp_path / "night.json").write_text(json.dumps(whole))
    nights(tmp_path, 2)
    assert entries(tmp_path / "feed.atom")[1]["title"] == "a⟨NUL⟩\\ud800"


def entries(feed: Path) -> list[dict[str, str]]:
    """The entries of a feed that keeps RFC 4287, by the local names of their elements."""
    root = ET.parse(feed).getroot()  # noqa: S314 - ours
    assert root.tag == f"{ATOM}feed"
    found = [element for element in root if element.tag == f"{ATOM}entry"]
    for element in (root, *found):
        tags = [child.tag.removeprefix(ATOM) for child in element]
        for name in ("id", "title", "updated"):  # 4.1.1 and 4.1.2: exactly one of each
            assert tags.count(name) == 1
        time = str(element.findtext(f"{ATOM}updated"))
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time)  # 3.3
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", str(element.findtext(f"{ATOM}id")))  # 4.2.6: an IRI
        alternates = [
            link.get("type") for link in element.findall(f"{ATOM}link") if link.get("rel") == "alternate"
        ]
        assert len(alternates) == len(set(alternates))
    assert root.findtext(f"{ATOM}author/{ATOM}name")  # 4.1.1: at the feed, since no entry has one
    names = [str(element.findtext(f"{ATOM}id")) for element in (root, *found)]
    assert len(set(names)) == len(names)
    assert root.findtext(f"{ATOM}updated") == max(str(item.findtext(f"{ATOM}updated")) for item in found)
    return [{child.tag.removeprefix(ATOM): child.text or "" for child in element} for element in found]


def nights(root: Path, *days: int, site: str = "") -> Any:
    """Write some nights, one after the other."""
    whole = None
    for number in days:
        earlier, problem = earlier_in(root)
        assert not problem
        news = told(tonight(must_a="+"), at=f"2026-10-{number:02}T03:10:00Z")
        whole = write(news, History(earlier=earlier), root, site=site)
    return whole


def test_the_feed_keeps_the_nights_before(tmp_path: Path) -> None:
    """With the ids that they had; the same nights give the same bytes."""
    nights(tmp_path, 1)
    (first,) = entries(tmp_path / "feed.atom")
    nights(tmp_path, 2, 3)
    found = entries(tmp_path / "feed.atom")
    assert [item["updated"][8:10] for item in found] == ["03", "02", "01"]
    assert found[-1] == first
    nights(tmp_path / "again", 1, 2, 3)
    assert (tmp_path / "again" / "feed.atom").read_bytes() == (tmp_path / "feed.atom").read_bytes()
    assert (tmp_path / "again" / "night.json").read_bytes() == (tmp_path / "night.json").read_bytes()


def test_a_night_that_is_told_again_has_one_entry(tmp_path: Path) -> None:
    """As where a job is repeated."""
    nights(tmp_path, 1, 2)
    before = (tmp_path / "feed.atom").read_bytes()
    nights(tmp_path, 2)
    assert (tmp_path / "feed.atom").read_bytes() == before


def test_the_feed_has_an_end(tmp_path: Path) -> None:
    """The newest are kept."""
    earlier = [
        {
            "at": f"2026-0{n // 28 + 1}-{n % 28 + 1:02}T03:00:00Z",
            "night": f"2026-0{n // 28 + 1}-{n % 28 + 1:02}",
            "title": "t",
            "paragraph": "p",
        }
        for n in range(80)
    ]
    write(
        told(tonight(must_a="+")), History(earlier=Earlier("urn:uuid:" + "0" * 36, tuple(earlier))), tmp_path
    )
    found = entries(tmp_path / "feed.atom")
    assert len(found) == 60
    assert found[0]["updated"] == "2026-10-02T03:10:00Z"


def test_the_feed_links_where_it_is_served(tmp_path: Path) -> None:
    """To itself and to the dashboard, if somebody says where."""
    nights(tmp_path, 1, 2, site="https://example.com/a?b&c")
    entries(tmp_path / "feed.atom")
    text = (tmp_path / "feed.atom").read_text()
    assert (
        '<link rel="self" type="application/atom+xml" href="https://example.com/a?b&amp;c/feed.atom"/>'
        in text
    )


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"format": "x", "version": 1}',
        '{"format": "stream-conformance/night", "version": 1, "feed": 7, "nights": []}',
    ],
)
def test_a_night_that_cannot_be_read_is_told(text: str, tmp_path: Path) -> None:
    """The feed begins anew, and the paragraph says so."""
    (tmp_path / "night.json").write_text(text)
    history = history_in(tmp_path, [])
    assert history.earlier == Earlier()
    (note,) = history.notes
    assert note.startswith("night.json of the last night cannot be read, so the feed begins anew: ")


def test_the_document_keeps_its_schema(tmp_path: Path) -> None:
    """On every kind of night."""
    validator = Draft202012Validator(schema("night"))
    until = [Deviation(requirement="must-a", reason="r", until=date(2026, 10, 5))]
    kinds = [
        told(),
        told(tonight(must_a="-", header={"deviations": until})),
        told(tonight(code=None), tonight("beta", must_a="-", must_b="+"), before=past({"must_a": "+"})),
        told(tonight(must_a="-"), before=past(*({"must_a": mark} for mark in "+-+"))),
        told(tonight(must_a="+"), before=past({"must_a": "-", "must_b": "-"}, suite="0.9.0"), notes=["n"]),
    ]
    for news in kinds:
        whole = write(news, History(), tmp_path)
        validator.validate(whole)
        assert json.loads((tmp_path / "night.json").read_text()) == whole
        sent = message(news, whole, WebhookForm.JSON, "https://example.com")
        assert sent.keys() == whole.keys() - {"nights"} | {"site"}


def test_the_night_ends_with_its_last_run(tmp_path: Path) -> None:
    """Not when somebody tells of it; only where nobody left a report does the clock say."""
    run = tonight(must_a="+")
    stored(tmp_path, run)
    assert news_of([run.record], tmp_path, History(), now=NOW).at == "2026-10-01T04:13:00Z"
    assert news_of([tonight().record], tmp_path, History(), now=NOW).at == "2026-10-02T03:30:00Z"


def test_a_report_that_is_damaged_is_silent(tmp_path: Path) -> None:
    """With what is wrong in it; the others are told."""
    run, other = tonight(must_a="+"), tonight("beta", must_a="-")
    place = stored(tmp_path, run)
    stored(tmp_path, other)
    (place / "report.jsonl").write_text("<img src=x>\n")
    gone = tonight("gamma", must_a="+")
    news = news_of([run.record, other.record, gone.record], tmp_path, History(), now=NOW)
    assert [
        (item.run.provider, item.why.partition(" (")[0].partition(", line")[0]) for item in news.silent
    ] == [
        ("acme", "acme/m/20261002T030000Z/report.jsonl"),
        ("gamma", "gamma/m/20261002T030000Z/report.jsonl: No such file or directory"),
    ]
    assert "The report cannot be read: " in page(news)
    assert [item.provider for item in news.first] == ["beta"]


def test_no_path_of_a_machine_is_published(tmp_path: Path) -> None:
    """Neither of this one nor of one whose job left a record; what lies in the folder is told from there."""
    stored(tmp_path, damaged := tonight(must_a="+"))
    (tmp_path / "acme/m/20261002T030000Z/report.jsonl").write_text("no report\n")
    whys = [
        f"{tmp_path}/_nightly/beta.log cannot be written",
        "/home/runner/work/repository/providers.toml: beta has no base_url",
        "cannot connect to https://host.example/home/api/v1: POST /v1/chat/completions",
        f"the folder {tmp_path} is full",
        "C:\\Users\\somebody\\keys.env is not readable",
    ]
    records = [
        damaged.record,
        *(
            Record(provider=f"p{number}", exit_code=ExitCode.USAGE, why=why)
            for number, why in enumerate(whys)
        ),
    ]
    history = History(notes=(f"{tmp_path}/night.json: gone",))
    news = news_of(records, tmp_path, history, now=NOW)
    whole = write(news, history, tmp_path)
    texts = [(tmp_path / name).read_text() for name in ("night.json", "night.md", "feed.atom")]
    for text in (*texts, *(str(message(news, whole, form, "")) for form in WebhookForm), str(lines(news))):
        assert not re.search(rf"{tmp_path}|/?home/runner|somebody|Users", text)
    assert [item.why for item in news.silent][1:] == [
        "_nightly/beta.log cannot be written",
        "…/providers.toml: beta has no base_url",
        "cannot connect to https://host.example/home/api/v1: POST /v1/chat/completions",
        "the folder . is full",
        "…/keys.env is not readable",
    ]
    assert news.notes == ("night.json: gone",)


def test_a_path_below_the_current_folder_is_seen_from_the_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the reports lie in it, as they do by default."""
    monkeypatch.chdir(tmp_path)
    text = f"{tmp_path}/providers.toml: no base_url; {tmp_path}/reports/a"
    assert seen_from(Path("reports"), text) == "../providers.toml: no base_url; a"
    assert seen_from(tmp_path / "a" / "b", text).startswith("../../providers.toml: no base_url")


def test_the_runs_of_tonight_are_no_past(tmp_path: Path) -> None:
    """Of the same folder, the others are."""
    run = tonight(must_a="-")
    stored(tmp_path, run)
    stored(tmp_path, tonight(must_a="+", header={"started": "2026-09-30T04:00:00Z"}), "20260930T040000Z")
    stored(
        tmp_path, tonight(must_a="+", header={"replayed": True, "started": "2026-09-30T05:00:00Z"}), "replay"
    )
    history = history_in(tmp_path, [run.record])
    assert [night.started for night in history.past["acme/m"]] == ["2026-09-30T04:00:00Z"]
    news = news_of([run.record], tmp_path, history, now=NOW)
    assert [item.requirement for item in news.new] == ["must-a"]


def test_a_history_that_is_not_there_is_none(tmp_path: Path) -> None:
    """The first night has no folder."""
    assert history_in(tmp_path / "none", []) == History()


def test_a_job_shows_ten_annotations_and_no_more() -> None:
    """One for each new failure, the last of them for all the others; what follows has none of its own."""
    marks: dict[str, Any] = {f"must_{letter}": "-" for letter in "abcdefghijklm"}
    run = tonight(**marks, because={"must-b": "must-a"})
    lines = annotations(told(run, before=past(dict.fromkeys(marks, "+"))))
    assert len(lines) == 10
    assert lines[0] == "::error title=acme%3A must-a::MUST, new: another"
    assert not any("must-b" in line for line in lines)
    assert lines[-1].endswith("::and 3 further causes, which the reports name")
    assert annotations(told(run, before=past(marks))) == []


@pytest.mark.parametrize("mark", ["+", "-"])
def test_the_night_and_the_matrix_of_the_same_folder_say_the_same(mark: str, tmp_path: Path) -> None:
    """Of a run of the same day, after runs in part and a certification alone."""
    parts = [{"incomplete": "only the scenarios smoke"}, {"profile": "chat-core-2026-11-26"}]
    for hour, part in enumerate(parts, 1):
        header = {"started": f"2026-10-01T0{hour}:00:00Z", **part}
        stored(tmp_path, tonight(must_a="+", header=header), f"20261001T0{hour}0000Z")
    run = tonight(must_a=mark, header={"started": "2026-10-01T04:00:00Z"})
    stored(tmp_path, run)
    news = news_of([run.record], tmp_path, history_in(tmp_path, [run.record]), now=NOW)
    (column,) = matrix_of(stored_runs(tmp_path), CATALOGUE, ()).columns
    assert column.latest is not None
    assert [item.requirement for item in news.new] == [turn.requirement for turn in column.latest.new]
    assert news.turned is bool(column.latest) is (mark == "-")


def test_a_night_is_never_silent_over_what_is_still_broken(tmp_path: Path) -> None:
    """A baseline knows it, and no verdict changed: it is told, with its level and since when."""
    run = tonight(must_a="-", must_b="-", must_c="+", because={"must-b": "must-a"})
    whole_time = told(run, before=past({"must_a": "-", "must_c": "+"}, {"must_a": "-", "must_b": "-"}))
    assert paragraph(whole_time).endswith("Still broken: acme `must-a` (MUST) since at least 2026-09-10.")
    news = told(run, before=past(KEPT, {"must_a": "-"}, {"must_a": "-", "must_b": "-"}))
    assert paragraph(news).endswith("Still broken: acme `must-a` (MUST) since 2026-09-11.")
    assert title(news).endswith(": nothing changed, 1 MUST still broken (must-a)")
    whole = write(news, History(), tmp_path)
    assert [(item["requirement"], item["since"]) for item in whole["still"]] == [
        ("must-a", "2026-09-11T03:00:00Z")
    ]
    Draft202012Validator(schema("night")).validate(whole)


def test_what_is_listed_or_told_already_is_not_still_broken() -> None:
    """A listed deviation is in its own report, and of what is new there is a sentence."""
    listed = {"deviations": [Deviation(requirement="must-a", reason="r", until=None)]}
    run = tonight(must_a="-", must_b="-", header=listed)
    assert run.report is not None
    results = dict(run.report.footer.results)
    results["must-a"] = replace(results["must-a"], known=True)
    run = replace(run, report=replace(run.report, footer=replace(run.report.footer, results=results)))
    news = told(run, before=past({"must_a": "-", "must_b": "+"}))
    assert [item.requirement for item in news.new] == ["must-b"]
    assert news.still == ()


def test_of_much_that_is_still_broken_the_gravest_is_named() -> None:
    """And the rest is counted by its level."""
    marks: dict[str, Any] = {f"must_{letter}": "-" for letter in "abcdefg"} | {"should_a": "~"}
    news = told(tonight(**marks), before=past(marks))
    assert paragraph(news).endswith(
        "Still broken: acme `must-a`, `must-b`, `must-c`, `must-d`, `must-e` and 2 more (MUST) since at least"
        " 2026-09-10; acme `should-a` (SHOULD) since at least 2026-09-10."
    )
    runs = [tonight(f"p{number}", **marks) for number in range(9)]
    before = {f"p{number}/m": past(marks)["acme/m"] for number in range(9)}
    assert paragraph(told(*runs, before=before)).endswith("; and 7 MUST, 9 SHOULD more.")


def test_a_run_whose_errors_left_nothing_to_judge_did_not_answer() -> None:
    """As where the key is refused; the next night says that it is back."""
    news = told(tonight(must_a="e"), before=past(KEPT))
    assert [item.run.provider for item in news.silent] == ["acme"]
    assert news.partial == ()
    again = told(tonight(must_a="+"), before=past(KEPT, {"must_a": "e"}))
    assert paragraph(again).endswith(
        "No verdict changed since the run before, 2026-09-11 03:00:00 UTC. Back: acme."
    )
    assert not told(tonight(must_a="+"), before=past(KEPT)).back


def test_each_entry_of_the_feed_leads_to_its_night(tmp_path: Path) -> None:
    """In the history of the dashboard, by the day on which the runs of the night started."""
    run = tonight(must_a="+", header={"started": "2026-10-01T23:58:00Z"})
    stored(tmp_path, run)
    write(told(run, at="2026-10-02T00:05:00Z"), History(), tmp_path, site="https://example.com/a/")
    write_dashboard(tmp_path)
    assert 'href="https://example.com/a/index.html#n-2026-10-01"/>' in (tmp_path / "feed.atom").read_text()
    assert 'id="n-2026-10-01"' in (tmp_path / "index.html").read_text()


def test_two_nights_in_a_minute_have_titles_of_their_own(tmp_path: Path) -> None:
    """By their seconds, in the feed and in the message; telling it again changes nothing."""
    for second in (8, 33, 33):
        news = told(tonight(must_a="+"), at=f"2026-10-02T03:10:{second:02}Z")
        whole = write(news, History(earlier=earlier_in(tmp_path)[0]), tmp_path)
    titles = [entry["title"].partition(" UTC")[0] for entry in entries(tmp_path / "feed.atom")]
    assert titles == ["Night of 2026-10-02 03:10:33", "Night of 2026-10-02 03:10:08"]
    assert message(news, whole, WebhookForm.SLACK, "")["text"].startswith(
        "*Night of 2026-10-02 03:10:33 UTC: "
    )


def test_a_run_in_part_conforms_to_nothing() -> None:
    """Neither its row nor its sentence says more than what was judged."""
    cut = tonight(must_a="+", code=ExitCode.CONFORMS, header={"incomplete": "only the scenarios smoke"})
    news = told(cut, before=past(KEPT, place="beta/m"))
    assert paragraph(news).endswith("No comparable run before at acme: it breaks nothing in what was judged.")
    assert "| 0 nothing broken | Cannot say: the run is incomplete" in page(news)
    assert lines(news)[0].startswith("acme  0 nothing broken  Cannot say: ")
