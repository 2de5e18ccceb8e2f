"""The pages and index.json: what they say, that they say the same, and that nothing hostile gets through."""

import base64
import json
import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.catalogue import Outcome
from conformance.dashboard.errors import DashboardFolderError, NoStoredRunsError
from conformance.dashboard.write import write_dashboard
from conformance.paths import schema
from conformance.report.look import OUTCOMES
from conformance.report.records import RequirementResult
from conformance.requirements import CATALOGUE
from conformance.standing import Stand
from tests import home
from tests.dashboard.making import DAY, result, standing, store
from tools.nights import write_nights

FAIL, WARN, INFO, PASS = Outcome.FAIL, Outcome.WARN, Outcome.INFO, Outcome.PASS
FILES = ("index.html", "history.html", "index.json")
PAGES = FILES[:2]
HOSTILE = "</script><script>alert(1)</script>\"'`{{7*7}}\u2028\u202e<img src=x onerror=alert(2)>\x00&amp;"
VOID = {"meta", "input", "img", "br", "link", "base"}


class Reader(HTMLParser):
    """The elements of a page with their attributes, and the text of each cell by its row and column."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.rows: list[tuple[dict[str, str], list[str]]] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag == "tr":
            self.rows.append((found, []))
        elif tag in ("td", "th"):
            self.rows[-1][1].append("")
            self.inside = True
        elif tag == "small":
            self.rows[-1][1][-1] += " "

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "tr"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][1][-1] += data

    def every(self, tag: str) -> Iterator[dict[str, str]]:
        return (attributes for name, attributes in self.elements if name == tag)

    def row(self, name: str) -> list[str]:
        """The cells of the row of a requirement, or of one whose first cell says this."""
        (cells,) = (
            cells for attrs, cells in self.rows if attrs.get("id") == f"q-{name}" or cells[0].strip() == name
        )
        return [cell.strip() for cell in cells[1:]]


def conformance(*arguments: str | Path) -> home.Finished:
    """The command, run to its end."""
    return home.run([sys.executable, "-m", "conformance", *arguments])


def page(folder: Path, name: str = "index.html") -> Reader:
    return Reader((folder / name).read_text(encoding="utf-8"))


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Three endpoints over three nights, and the dashboard of them."""
    before = DAY - timedelta(days=1)
    kept = (standing("chat-core"), standing("responses-core", Stand.NOT_APPLICABLE, reason="not offered"))
    bad = (standing("chat-core", Stand.BROKEN, broken=("role-first", "done-present", "id-constant")),)
    for night in (before - timedelta(days=1), before, DAY):
        store(tmp_path, {"role-first": PASS, "sse-bom": INFO}, night, provider="alpha", standings=kept)
    store(tmp_path, {"role-first": PASS, "done-present": FAIL}, before, provider="beta", model="m/1")
    store(
        tmp_path,
        {"role-first": FAIL, "done-present": result("done-present", FAIL, known=True), "id-nonempty": WARN},
        provider="beta",
        model="m/1",
        standings=bad,
    )
    store(tmp_path, {"role-first": FAIL}, DAY - timedelta(days=20), provider="gamma", replayed=True)
    write_dashboard(tmp_path)
    return tmp_path


def test_a_cell_says_the_outcome_in_words(three: Path) -> None:
    """Known where it is listed, new where it is, and where there is no verdict, so."""
    found = page(three)
    assert found.row("role-first") == ["pass", "fail new", "fail"]
    assert found.row("done-present") == ["no verdict", "fail since at least 19 Nov", "no verdict"]
    assert found.row("sse-bom") == ["info", "no verdict", "no verdict"]
    assert found.row("done-once") == ["no verdict"] * 3
    tones = [attrs.get("class", "") for tag, attrs in found.elements if tag == "td"]
    assert "f k" in tones


def test_the_signs_and_words_are_those_of_the_report(three: Path) -> None:
    """One look for all pages: the style sets the sign before the word."""
    text = (three / "index.html").read_text(encoding="utf-8")
    for look in OUTCOMES.values():
        assert f'content: "{look.sign} " / ""' in text
        assert look.sentence.split("'")[0] in text


def test_the_top_says_what_each_endpoint_keeps(three: Path) -> None:
    found = page(three)
    assert found.row("As a whole") == ["kept", "1 MUST broken", "1 MUST broken"]
    assert found.row("Profile chat-core") == [
        "kept",
        "broken role-first, done-present and 1 more",
        "no verdict",
    ]
    assert found.row("Profile responses-core") == ["n/a", "no verdict", "no verdict"]


def test_the_endpoints_to_look_at_are_named_above_the_table(tmp_path: Path) -> None:
    """Whatever a narrow window shows: those that broke a MUST first, each with a link to its column."""
    given = {"acme": {"id-nonempty": WARN}, "beta": {"role-first": PASS}, "zeta": {"role-first": FAIL}}
    for provider, outcomes in given.items():
        store(tmp_path, outcomes, provider=provider)
    write_dashboard(tmp_path)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    told = re.search(r'<p id="marked">(.*)</p>\n(?:.*\n)*<div class="scroll"', text)
    assert told is not None
    assert told[1] == (
        'Look at <a href="#h-2">zeta acme-large</a> (1 MUST broken),'
        ' <a href="#h-0">acme acme-large</a> (1 SHOULD broken).'
    )
    assert '<th scope="col" id="h-2" data-name="zeta acme-large">' in text


def test_the_head_of_a_column_says_which_run_it_is(three: Path) -> None:
    """With the marks that a reader must know."""
    heads = page(three).rows[0][1]
    assert [head.split("2026")[0].split() for head in heads[1:]] == [
        ["alpha", "acme-large"],
        ["beta", "m/1"],
        ["gamma", "acme-large"],
    ]
    assert "recordings" in heads[3]
    assert "old, by 20 days" in heads[3]
    assert not {"old", "recordings"} & set(" ".join(heads[1:3]).split())


def test_a_partial_run_is_marked_with_its_reason(tmp_path: Path) -> None:
    store(tmp_path, {"role-first": PASS}, incomplete="interrupted by Ctrl-C", profile="chat-core-2026-11-26")
    write_dashboard(tmp_path)
    found = page(tmp_path)
    head = found.rows[0][1][1]
    assert found.row("role-first") == ["pass in part"]  # in each of its cells, far from the head
    assert [cells[1] for attrs, cells in found.rows if attrs.get("class") == "g" and "chat" in cells[0]] == [
        "1 pass in part"
    ]
    assert "! in part" in head
    assert "held to chat-core-2026-11-26" in head


def test_every_link_leads_somewhere(three: Path) -> None:
    """To the report of a run and its anchor, or within the pages. Nothing leads into the net."""
    for name in PAGES:
        found = page(three, name)
        ids = {attrs["id"] for _, attrs in found.elements if "id" in attrs}
        hrefs = [attrs["href"] for attrs in found.every("a")]
        assert hrefs
        for href in hrefs:
            path, _, fragment = href.partition("#")
            assert "://" not in href
            if path in ("", name):
                assert fragment in ids, href
            else:
                assert (three / path).is_file(), href
            if path == "history.html":
                assert fragment == "" or f'id="{fragment}"' in (three / path).read_text()
    broken = [attrs["href"] for attrs in page(three).every("a") if attrs["href"].endswith("#r-role-first")]
    assert (
        broken
        == [
            "beta/m-1/20261120T030000Z/index.html#r-role-first",
            "gamma/acme-large/20261031T030000Z/index.html#r-role-first",
        ]
        * 2
    )  # from the matrix, and from the list of what is broken


def test_links_lead_from_another_folder_to_the_runs(three: Path) -> None:
    """Relative ones, so that both can be moved together."""
    out = three / "public" / "site"
    write_dashboard(three, out)
    hrefs = [attrs["href"] for attrs in page(out).every("a") if "/index.html" in attrs["href"]]
    assert hrefs
    assert all(href.startswith("../../") and (out / href.partition("#")[0]).is_file() for href in hrefs)
    told = json.loads((out / "index.json").read_text())
    assert all((out / one["run"]["folder"] / "report.jsonl").is_file() for one in told["endpoints"])


def test_a_run_whose_page_was_not_kept_is_not_linked(tmp_path: Path) -> None:
    (store(tmp_path, {"role-first": FAIL}) / "index.html").unlink()
    write_dashboard(tmp_path)
    assert not [attrs for attrs in page(tmp_path).every("a") if attrs["href"].endswith("#r-role-first")]
    assert page(tmp_path).row("role-first") == ["fail"]


def test_where_very_much_is_broken_only_the_heads_are_links(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says so, and stays of a size to open."""
    monkeypatch.setattr("conformance.dashboard.page._LINKED", 3)
    write_dashboard(three)
    hrefs = [attrs["href"] for attrs in page(three).every("a")]
    assert not [href for href in hrefs if "#r-" in href]
    assert len([href for href in hrefs if href.endswith("/index.html")]) == 3
    assert "only the names of the endpoints" in (three / "index.html").read_text(encoding="utf-8")


def test_what_changed_last_and_when_is_told(three: Path) -> None:
    """On the first page the last of each endpoint, on the second all of it with what was observed."""
    first = (three / "index.html").read_text(encoding="utf-8")
    assert "broken: <code>role-first</code> (MUST), observed: what role-first saw" in first
    added = "broken, not judged before: <code>id-nonempty</code> (SHOULD), observed: what id-nonempty saw"
    assert added in first
    story = (three / "history.html").read_text(encoding="utf-8")
    assert "broken: <code>role-first</code> (MUST), observed: what role-first saw" in story
    assert story.count("Nothing turned.") == 1
    assert story.count("No comparable run before.") == 1
    assert "No comparable run before: gamma acme-large (recordings).</p>" in first
    assert page(three).row("alpha acme-large")[:3] == ["kept", "kept", "kept"]


@pytest.mark.parametrize(
    ("nights", "told"),
    [
        (1, ["No comparable run before: acme acme-large."]),
        (2, ["Nothing: each endpoint did what it had done in the runs before."]),
    ],
)
def test_where_nothing_changed_the_page_says_whether_anything_can_be_compared(
    nights: int, told: list[str], tmp_path: Path
) -> None:
    """That nothing turned is said only of what has a run before."""
    for days in range(nights):
        store(tmp_path, {"role-first": PASS}, DAY - timedelta(days=days))
    write_dashboard(tmp_path)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    last = text.partition("What changed last</h2>")[2].partition("</section>")[0]
    assert re.findall(r'<p class="none">(.*)</p>', last) == told


def test_of_several_runs_of_a_day_the_history_tells_the_time(tmp_path: Path) -> None:
    """Each that turned anything is there, and not only the one that stands for the night."""
    for hour, outcome in ((3, PASS), (4, FAIL), (5, PASS)):
        store(tmp_path, {"role-first": outcome}, hour=hour)
    write_dashboard(tmp_path)
    text = (tmp_path / "history.html").read_text(encoding="utf-8")
    assert re.findall(r">(2026-11-20 .*?)</a>", text) == ["2026-11-20 05:00:00", "2026-11-20 04:00:00"]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("", ""), "each by its newest run that judged everything, from"),
        (("", "cut"), "that judged everything, but 1 without such a run by the newest there is, from"),
        (("cut", "cut"), "none with a run that judged everything, each by the newest there is, from"),
    ],
)
def test_the_heading_says_which_runs_are_shown(parts: tuple[str, str], words: str, tmp_path: Path) -> None:
    """It is true of every column; a run in part is in part as a whole too."""
    for provider, incomplete in zip(("a", "b"), parts, strict=True):
        store(tmp_path, {"role-first": PASS}, provider=provider, incomplete=incomplete)
    write_dashboard(tmp_path)
    assert f"{words} 2 stored runs" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert page(tmp_path).row("As a whole") == ["in part" if part else "kept" for part in parts]
    index = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    assert [one["state"] for one in index["endpoints"]] == ["partial" if part else "kept" for part in parts]


def test_a_night_counts_everything_that_turned(tmp_path: Path) -> None:
    """So that its number never changes without a word."""
    before = {"role-first": PASS, "done-present": FAIL, "id-constant": FAIL, "event-json": FAIL}
    store(tmp_path, before, DAY - timedelta(days=1))
    now = {
        "role-first": FAIL,
        "done-present": PASS,
        "id-constant": WARN,
        "event-json": Outcome.NOT_APPLICABLE,
    }
    store(tmp_path, now)
    write_dashboard(tmp_path)
    told = page(tmp_path).row("acme acme-large")
    assert told == ["1 MUST 1 new, 1 fixed, 1 better, 1 not judged", "3 MUST"]


def test_what_is_broken_is_told_requirement_by_requirement(tmp_path: Path) -> None:
    """Every fail first; endpoints at which the same was observed stand together, the most common first."""
    for number in range(8):
        store(tmp_path, {"id-nonempty": WARN, "role-first": FAIL}, provider=f"same-{number}")
    odd = result("role-first", FAIL, observed="another thing", because="event-json", known=True)
    store(tmp_path, {"role-first": odd}, provider="odd")
    write_dashboard(tmp_path)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    told = text[text.index('id="broken"') : text.index('id="history-title"')]
    words = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", told))
    assert words.index("✕ fail role-first") < words.index("what role-first saw at same-0 acme-large")
    odd_told = "observed: another thing because of event-json known at odd acme-large"
    assert f"same-5 acme-large and 2 more {odd_told}" in words
    assert words.index("odd acme-large") < words.index("▲ warn id-nonempty")


def test_a_page_of_endpoints_that_break_nothing_says_so(tmp_path: Path) -> None:
    store(tmp_path, {"role-first": PASS, "sse-bom": INFO})
    write_dashboard(tmp_path)
    assert "no endpoint breaks a MUST or a SHOULD" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_of_a_night_in_which_very_much_turned_the_first_are_named(tmp_path: Path) -> None:
    """And the others counted; index.json has them all."""
    names = [rule.id for rule in CATALOGUE[:30]]
    for days, outcome in ((1, PASS), (0, FAIL)):
        store(tmp_path, dict.fromkeys(names, outcome), DAY - timedelta(days=days))
    write_dashboard(tmp_path)
    assert "; and 25 more</li>" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "; and 10 more</li>" in (tmp_path / "history.html").read_text(encoding="utf-8")
    told = json.loads((tmp_path / "index.json").read_text())["endpoints"][0]["nights"][0]["changes"]
    assert [turn["requirement"] for turn in told["regressed"]] == names


def test_what_cannot_be_read_is_listed_on_the_page(three: Path) -> None:
    (store(three, {}, provider="delta") / "report.jsonl").write_text("<html>")
    write_dashboard(three)
    text = (three / "index.html").read_text(encoding="utf-8")
    assert "1 stored run could not be read" in text
    assert re.search(r"<code>delta/acme-large/\w+</code>: .* does not begin with a header", text)


def test_index_json_is_valid_and_says_the_same(three: Path) -> None:
    told = json.loads((three / "index.json").read_text())
    Draft202012Validator(schema("dashboard")).validate(told)
    found = page(three)
    words = {outcome.value: look.word for outcome, look in OUTCOMES.items()} | {"not_applicable": "n/a"}
    for row in told["requirements"]:
        outcomes = [one["results"].get(row["id"], {}).get("outcome") for one in told["endpoints"]]
        cells = [cell.partition(" since ")[0].removesuffix(" new") for cell in found.row(row["id"])]
        assert cells == [words[outcome] if outcome else "no verdict" for outcome in outcomes]
    assert [one["state"] for one in told["endpoints"]] == ["kept", "broken", "broken"]
    beta = told["endpoints"][1]
    assert beta["results"]["role-first"]["since"] == str(DAY)
    assert beta["results"]["done-present"]["known"] is True
    assert beta["results"]["done-present"]["since"] == str(DAY - timedelta(days=1))
    assert [name for name, item in beta["results"].items() if "at_least" in item] == [
        "done-present",
        "id-nonempty",
    ]
    assert [night["state"] for night in beta["nights"]] == ["broken", "broken", "none", "none"]
    assert [turn["requirement"] for turn in beta["nights"][0]["changes"]["regressed"]] == ["role-first"]
    assert {row["id"] for row in told["requirements"] if row["differs"]} == {"role-first"}


def test_the_schema_refuses_what_no_dashboard_holds(three: Path) -> None:
    told = json.loads((three / "index.json").read_text())
    validator = Draft202012Validator(schema("dashboard"))
    validator.check_schema(schema("dashboard"))
    for spoil in (
        {"version": 2},
        {"more": 1},
        {"nights": ["yesterday"]},
        {"endpoints": [told["endpoints"][0] | {"state": "fine"}]},
    ):
        assert not validator.is_valid(told | spoil)


def test_the_same_runs_give_the_same_files(three: Path) -> None:
    """Also where they lie elsewhere, and whatever the day is."""
    before = {name: (three / name).read_bytes() for name in FILES}
    write_dashboard(three)
    assert {name: (three / name).read_bytes() for name in FILES} == before
    moved = three.rename(three.with_name("moved"))
    write_dashboard(moved)
    assert {name: (moved / name).read_bytes() for name in FILES} == before


def test_the_policy_lets_only_what_the_page_itself_holds_run(three: Path) -> None:
    """Its style and its script by their digests; nothing inline besides, and no other file."""
    for name in PAGES:
        text = (three / name).read_text(encoding="utf-8")
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
        assert policy is not None
        assert "unsafe" not in policy[1]
        assert policy[1].startswith("default-src 'none'; ")
        for tag in ("style", "script"):
            blocks = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
            digests = [base64.b64encode(sha256(block.encode()).digest()).decode() for block in blocks]
            told = re.findall(rf"{tag}-src ([^;]*)", policy[1])
            assert told == [f"'sha256-{digest}'" for digest in digests]
        found = page(three, name)
        assert not any(key == "style" or key.startswith("on") for _, attrs in found.elements for key in attrs)
        assert not any("src" in attrs for _, attrs in found.elements)


@pytest.fixture
def attacked(tmp_path: Path) -> Path:
    """A run whose every text is an attack."""
    report: dict[str, Any] = {
        "role-first": result("role-first", FAIL, observed=HOSTILE, because=HOSTILE),
        "id-nonempty": PASS,
        HOSTILE: result(HOSTILE, FAIL, observed=HOSTILE),
    }
    fields: dict[str, Any] = {"provider": HOSTILE, "model": HOSTILE, "incomplete": HOSTILE}
    told = (standing(HOSTILE, Stand.BROKEN, reason=HOSTILE, broken=(HOSTILE,)),)
    store(tmp_path, {"role-first": PASS}, DAY - timedelta(days=1), provider=HOSTILE, model=HOSTILE)
    store(tmp_path, report, **fields | {"incomplete": ""}, standings=told)
    store(tmp_path, report, **fields, hour=5, profile=HOSTILE, standings=told)
    return tmp_path


def test_hostile_text_is_shown_and_never_runs(attacked: Path) -> None:
    """A script of the page is the only one, and every attribute is one of ours."""
    write_dashboard(attacked)
    for name in PAGES:
        text = (attacked / name).read_text(encoding="utf-8")
        found = page(attacked, name)
        assert len(list(found.every("script"))) == (name == "index.html")
        assert not list(found.every("img"))
        known = {
            *("aria-label", "aria-labelledby", "charset", "class", "content", "data-c", "data-f", "data-l"),
            *(
                "data-name",
                "data-p",
                "hidden",
                "href",
                "http-equiv",
                "id",
                "lang",
                "name",
                "open",
                "placeholder",
            ),
            *("role", "scope", "tabindex", "type", "value"),
        }
        assert {key for _, attrs in found.elements for key in attrs} <= known
        assert "alert(2)&gt;" in text
        assert not set("\x00\u2028\u202e") & set(text)
    document = (attacked / "index.json").read_text(encoding="utf-8")
    assert document.isascii()
    (endpoint,) = json.loads(document)["endpoints"]
    assert endpoint["provider"] == HOSTILE


def test_every_element_that_is_opened_is_closed(three: Path) -> None:
    """But for cells, whose end HTML lets out; a page of tens of thousands of them needs that."""
    for name in PAGES:
        text = (three / name).read_text(encoding="utf-8")
        for tag in {tag for tag, _ in page(three, name).elements} - VOID - {"td"}:
            opened = len(re.findall(rf"<{tag}[\s>]", text))
            assert opened == text.count(f"</{tag}>"), tag


def test_tables_name_their_heads_and_ids_are_unique(three: Path) -> None:
    for name in PAGES:
        found = page(three, name)
        assert all(attrs.get("scope") in ("col", "row", "rowgroup") for attrs in found.every("th"))
        assert len(list(found.every("caption"))) == len(list(found.every("table")))
        assert len(list(found.every("h1"))) == 1
        ids = [attrs["id"] for _, attrs in found.elements if "id" in attrs]
        assert len(ids) == len(set(ids))
        assert all(
            attrs.get("tabindex") == "0" and attrs.get("aria-label")
            for attrs in found.every("div")
            if attrs.get("role") == "region"
        )


def test_nothing_is_ranked(three: Path) -> None:
    """No percentage, no place, no score."""
    for name in FILES:
        text = (three / name).read_text(encoding="utf-8")
        shown = re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.DOTALL)
        assert not re.search(r"\d\s*%|percent|\brank|\bscore\b", re.sub("<[^>]*>", "", shown)), name


def test_a_folder_without_a_run_is_an_error_that_says_where_runs_lie(tmp_path: Path) -> None:
    with pytest.raises(NoStoredRunsError, match=r"there is no stored run\n.*--report-dir"):
        write_dashboard(tmp_path)
    (store(tmp_path, {}) / "report.jsonl").write_text("{}")
    with pytest.raises(NoStoredRunsError, match="none of its 1 stored runs can be read; the first: acme/"):
        write_dashboard(tmp_path)
    assert not (tmp_path / "index.html").exists()


def test_folders_that_cannot_be_used_are_errors(three: Path) -> None:
    """That are told before anything is written."""
    with pytest.raises(DashboardFolderError, match="cannot be listed: No such file"):
        write_dashboard(three / "nowhere")
    with pytest.raises(DashboardFolderError, match=r"cannot be written: (Not a directory|File exists)"):
        write_dashboard(three, three / "index.json")


def test_the_command_writes_the_dashboard_and_names_what_it_could_not_read(three: Path) -> None:
    """On the error stream, so that the line that scripts read stays alone."""
    (store(three, {}, provider="delta") / "report.jsonl").unlink()
    done = conformance("dashboard", three, "--out", three / "out")
    assert done.returncode == 0
    assert re.fullmatch(r"\S*out/index\.html: 3 endpoints, \d+ requirements, 7 stored runs\n", done.stdout)
    assert done.stderr.startswith(
        "could not be read: delta/acme-large/20261120T030000Z: it has no report.jsonl"
    )
    assert sorted(path.name for path in (three / "out").iterdir()) == sorted(FILES)


def test_the_command_refuses_a_folder_without_runs(tmp_path: Path) -> None:
    done = conformance("dashboard", tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    assert "there is no stored run" in done.stderr


def test_the_tool_makes_runs_that_a_dashboard_can_be_made_of(tmp_path: Path) -> None:
    """Those of `make dashboard-scale`, of which a dozen stand for thousands."""
    kept = {rule.id: PASS for rule in CATALOGUE[:40]}
    lines = (store(tmp_path / "one", kept) / "report.jsonl").read_text()
    count = write_nights(tmp_path / "many", lines.splitlines(), providers=4, nights=3)
    made = write_dashboard(tmp_path / "many")
    assert (len(made.matrix.columns), made.matrix.stored) == (4, count)
    assert made.matrix.nights[0] == date(2026, 11, 26)
    assert not made.matrix.unread


def test_a_family_shows_what_is_broken_although_it_is_known(tmp_path: Path) -> None:
    """Before what is not testable and what passes, with its level and since when: its rows are folded."""
    before, silent = DAY - timedelta(days=1), Outcome.NOT_TESTABLE
    store(tmp_path, {"usage-present": PASS, "usage-once": PASS}, before - timedelta(days=1))
    store(tmp_path, {"usage-present": FAIL, "usage-once": PASS}, before)
    known: dict[str, Outcome | RequirementResult] = {
        "usage-present": result("usage-present", FAIL, known=True),
        "usage-once": PASS,
    }
    store(tmp_path, known | {"usage-before-done": silent})
    once = result("usage-once", WARN, known=True)
    store(tmp_path, {"usage-present": PASS, "usage-once": once}, provider="bolt")
    store(tmp_path, known | {"usage-once": WARN}, provider="open")
    write_dashboard(tmp_path)
    found = page(tmp_path)
    family = next(cells for attrs, cells in found.rows if attrs.get("class") == "g" and "usage" in cells[0])
    assert [cell.strip() for cell in family[1:]] == [
        "1 known usage-present MUST since 19 Nov",
        "1 known usage-once SHOULD",
        "1 warn usage-once SHOULD",
    ]
    assert found.row("As a whole") == ["1 known MUST", "1 known SHOULD", "1 SHOULD broken"]


def test_the_list_of_what_is_broken_says_level_and_since(tmp_path: Path) -> None:
    """It is open where the rows are folded."""
    store(tmp_path, {"usage-present": PASS}, DAY - timedelta(days=2))
    store(tmp_path, {"usage-present": FAIL}, DAY - timedelta(days=1))
    store(tmp_path, {"usage-present": result("usage-present", FAIL, known=True)})
    write_dashboard(tmp_path)
    text = (tmp_path / "index.html").read_text()
    words = " ".join(re.sub(r"<[^>]+>", " ", text[text.index('id="broken"') :]).split())
    assert "usage-present MUST " in words
    assert "known at acme acme-large since 19 Nov" in words


def test_a_night_without_an_answer_says_so_with_its_reason(tmp_path: Path) -> None:
    """Above the run that is shown, in the table of the nights, and in the history with when it was back."""
    why = "there is nothing to judge: acme refuses the key in ACME_KEY (status 401: no)"
    nothing = {"role-first": Outcome.ERROR, "done-present": Outcome.NOT_TESTABLE}
    for days in (3, 1):
        store(tmp_path, {"role-first": PASS}, DAY - timedelta(days=days))
    store(tmp_path, nothing, DAY - timedelta(days=2), incomplete="nothing was answered: refused")
    store(tmp_path, nothing, incomplete=why)
    write_dashboard(tmp_path)
    text, history = ((tmp_path / name).read_text() for name in PAGES)
    assert f"! no answer (401) on {DAY}</span>" in text
    assert f'<a href="#h-0">acme acme-large</a>, no answer (401) on {DAY}: {why}.</li>' in text
    assert "judged less" not in text
    (endpoint,) = json.loads((tmp_path / "index.json").read_text())["endpoints"]
    assert [night["state"] for night in endpoint["nights"]] == [
        "silent",
        "kept",
        "silent",
        "kept",
    ]
    assert f"No answer on {DAY}: {why}.</p>" in history
    assert "No answer on 2026-11-18: nothing was answered: refused. Back on 2026-11-19.</p>" in history
    Draft202012Validator(schema("dashboard")).validate(json.loads((tmp_path / "index.json").read_text()))


def test_a_reason_fills_no_head_of_a_column(tmp_path: Path) -> None:
    """It stands above the table: a head is as wide as a word, on a phone and with many endpoints."""
    why = "nothing was answered: cannot connect to https://a-long-name.example:8443/v1: connection refused"
    store(tmp_path, {"role-first": Outcome.ERROR}, provider="far", incomplete=why)
    store(tmp_path, {"role-first": PASS}, provider="near", incomplete="interrupted by Ctrl-C")
    write_dashboard(tmp_path)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    heads = text[text.index("<thead>") : text.index("</thead>")]
    assert re.findall(r"<span class=\"badge sign error\">(.*?)</span>", heads) == ["! no answer", "! in part"]
    assert f'<a href="#h-0">far acme-large</a>, no answer: {why}.</li>' in text
    assert '<a href="#h-1">near acme-large</a>, in part: interrupted by Ctrl-C.</li>' in text


@pytest.mark.parametrize("nights", [2, 7])
def test_a_column_of_what_is_flaky_stands_where_something_is(nights: int, tmp_path: Path) -> None:
    """An empty one takes the room of nights."""
    for days in range(nights):
        store(tmp_path, {"role-first": FAIL if days % 2 else PASS}, DAY - timedelta(days=days))
    write_dashboard(tmp_path)
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert ("Flaky: turned" in text) is (nights == 7)
    assert len(page(tmp_path).row("acme acme-large")) == (nights + 1 if nights == 7 else nights)
