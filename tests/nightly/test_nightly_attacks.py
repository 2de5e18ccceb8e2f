"""Names and texts that attack whoever reads them, in every file and message of a night and of the matrix.

What is harmless has the same structure, whatever it says: the same elements, entries, tokens and lines.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from conformance.catalogue import Outcome, Violation
from conformance.dashboard.write import write_dashboard
from conformance.gate import Deviation, ExitCode
from conformance.nightly.news import News
from conformance.nightly.notify import WebhookForm
from conformance.nightly.past import history_in
from conformance.nightly.records import Record
from conformance.nightly.tell import annotations, lines, message, news_of, page, write
from conformance.paths import schema
from conformance.report.jsonl import report_lines
from conformance.report.records import Report
from tests.dashboard.making import DAY, standing
from tests.report.conftest import report, stream, verdict

ATTACKS = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "<!-- ",
    "]]><x/>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "&lt;b&gt; &#60;b&#62; &amp;",
    "{{ 7 * 7 }}{% for x in y %}",
    "${{ secrets.KEY }} $(id) `id`",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example")',
    "](http://evil.example)[x",
    "![x](http://evil.example/x.png)",
    "[x]: http://evil.example",
    "<http://evil.example>",
    "| a | b |\n|---|---|\n| c | d |",
    "# heading\n\n* list\n> quote",
    "```\ncode\n```",
    "`code` *bold* _italic_ ~~struck~~",
    "a\n::error title=x::y",
    "::set-output name=x::y",
    "%0A::error::x %25 %0D",
    "\x1b[31mred\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "\x00\x07\x08\x7f\x9b31m",
    "\u202eevil\u202c \u2066a\u2069 \u200b\u200d\ufeff",
    "\u2028\u2029\x85\x0b\x0c\r",
    "\ud800 lone",
    "../../../etc/passwd",
    "..\\..\\windows",
    "javascript:alert(1)",
    "<!channel> <!here> <@U1> <#C1> @everyone",
    "<http://evil.example|https://good.example>",
    "CON",
    ".hidden",
    " ",
    "n" * 200,
    "\N{COMBINING LONG STROKE OVERLAY}" * 200,
    "\U000e0041\ufff9x\ufffa\uffff",
)
HARMLESS = tuple(f"Harmless {number}" for number in range(len(ATTACKS)))
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
STAMPS = (f"{DAY - timedelta(days=1):%Y%m%d}T030000Z", f"{DAY:%Y%m%d}T030000Z")


def told_by(text: str, night: int) -> Report:
    """The report of a run that says this wherever a report has room; in the second night it breaks much."""
    verdicts = [verdict("role-first", Outcome.PASS), verdict(text, Outcome.PASS)]
    if night:
        seen = Violation(expected=text, observed=text, event=2, place=text)
        verdicts = [
            replace(verdict(text), violations=(seen,)),
            replace(verdict("role-first", because=text), violations=(seen,)),
            replace(verdict("done-present"), violations=(seen,)),
        ]
    whole = report(
        verdicts,
        [stream()],
        [Deviation(requirement=text, scenario="responses-text", reason=text, link=text, until=DAY)],
        provider=text,
        model=text,
        suite=text,
        incomplete=text,
        profile=text,
        notes=(text,),
        started=f"{DAY - timedelta(days=1 - night)}T03:00:00Z",
    )
    return replace(whole, footer=replace(whole.footer, profiles=(standing(text),)))


@dataclass(frozen=True)
class Told:
    """Everything that a night and the matrix say: the folder, the night, and the document of it."""

    root: Path
    news: News
    whole: dict[str, Any]

    def text(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")


def made(root: Path, texts: Sequence[str]) -> Told:
    """Two nights of providers that are called and say so, others that left no report, and all files."""
    records = []
    for number, text in enumerate(texts):
        for night, stamp in enumerate(STAMPS):
            place = root / f"p{number}" / "m" / stamp
            place.mkdir(parents=True)
            body = "".join(f"{line}\n" for line in report_lines(told_by(text, night)))
            (place / "report.jsonl").write_text(body, encoding="utf-8", errors="surrogatepass")
            (place / "index.html").write_text("<!doctype html>")
        path = f"p{number}/m/{STAMPS[1]}/report.jsonl"
        records.append(
            Record(provider=text, exit_code=ExitCode.VIOLATION, report=path, why=text, flaky=(text,))
        )
        records.append(Record(provider=f"{text}!", exit_code=ExitCode.USAGE, why=text))
    past = history_in(root, records)
    news = news_of(records, root, replace(past, notes=tuple(texts)), now=datetime(2026, 11, 20, tzinfo=UTC))
    assert not any(run.problem for run in news.runs)
    assert len(news.new) == 3 * len(texts)
    whole = write(news, past, root, site="https://example.com/")
    write_dashboard(root)
    return Told(root, news, whole)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, Told]:
    """The nights of those that attack, and of those that do not."""
    return (
        made(tmp_path_factory.mktemp("attacks") / "site", ATTACKS),
        made(tmp_path_factory.mktemp("harmless") / "site", HARMLESS),
    )


class Elements(HTMLParser):
    """The elements of a page in their order, each with the names of its attributes; and where links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, ...]] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, *(name for name, _ in attrs)))
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", data))


@pytest.mark.parametrize("name", ["index.html", "history.html"])
def test_a_page_has_the_elements_that_it_has_for_others(name: str, told: tuple[Told, Told]) -> None:
    """Each as often, for rows of other names lie in another order. Its links lead into the folder alone."""
    attacked, plain = (Elements(one.text(name)) for one in told)
    assert sorted(attacked.found) == sorted(plain.found)
    for link in attacked.links:
        assert re.fullmatch(r"(p\d+/m/\w+/)?(index|history)\.(html|json)(#.*)?|#.*", link, re.DOTALL), link
    assert not HIDDEN.search(told[0].text(name))


def elements(text: str) -> list[str]:
    """The elements of a feed in their order."""
    return [element.tag for element in ET.fromstring(text).iter()]  # noqa: S314 - ours


def test_the_feed_has_the_elements_that_it_has_for_others(told: tuple[Told, Told]) -> None:
    attacked, plain = (elements(one.text("feed.atom")) for one in told)
    assert attacked == plain
    assert not HIDDEN.search(told[0].text("feed.atom"))


def tokens(text: str) -> list[str]:
    """What Markdown makes of a text: the elements in their order, and where they lead."""

    def every(found: Sequence[Any]) -> Iterator[str]:
        for token in found:
            if token.type not in ("text", "inline", "text_special", "softbreak"):
                yield f"{token.type} {token.attrGet('href') or ''}"
            yield from every(token.children or ())

    return list(every(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)))


def test_the_page_of_a_job_has_the_tokens_that_it_has_for_others(told: tuple[Told, Told]) -> None:
    """Links, code, tables and headings; and an address of nobody's becomes none by itself."""
    for base in ("", None):
        attacked, plain = (page(one.news, base) for one in told)
        assert tokens(attacked) == tokens(plain)
        assert attacked.count("\n") == plain.count("\n")
        assert not re.search(r"(?<!\\):(?=//)", attacked.replace("](https://example.com/", ""))
        assert not HIDDEN.search(attacked)
        assert "@" not in attacked  # which GitHub reads behind every escape


def test_a_message_calls_nobody_and_has_the_lines_that_it_has_for_others(told: tuple[Told, Told]) -> None:
    attacked, plain = (message(one.news, one.whole, WebhookForm.SLACK, "")["text"] for one in told)
    marks = re.compile(r"[<>@*~`\n]|&(?!amp;|lt;|gt;)")
    assert marks.findall(attacked) == marks.findall(plain)
    assert not HIDDEN.search(attacked)


def test_commands_and_lines_are_as_many_as_for_others(told: tuple[Told, Told]) -> None:
    """None is another's, and a terminal obeys none of them."""
    attacked, plain = told
    assert len(annotations(attacked.news)) == len(annotations(plain.news)) == 10
    for line in annotations(attacked.news):
        assert re.fullmatch(r"::error title=[^:,\n\r]*::[^\n\r]*", line)
        assert not HIDDEN.search(line)
    assert len(lines(attacked.news)) == len(lines(plain.news))
    assert not any(HIDDEN.search(line) or "\n" in line for line in lines(attacked.news))


def test_the_documents_say_what_was_said_and_keep_their_schemas(told: tuple[Told, Told]) -> None:
    """As data, in plain ASCII: whoever shows it has to escape it."""
    attacked, _ = told
    for name in ("night", "index"):
        text = attacked.text(f"{name}.json")
        assert text.isascii()
        value = json.loads(text)
        Draft202012Validator(schema("dashboard" if name == "index" else name)).validate(value)
    assert [run["provider"] for run in json.loads(attacked.text("night.json"))["runs"][::2]] == list(ATTACKS)


def test_nothing_was_written_beside_the_folder(told: tuple[Told, Told]) -> None:
    """However a provider is called."""
    assert [path.name for path in told[0].root.parent.iterdir()] == ["site"]
    assert all(re.fullmatch(r"p\d+|[a-z]+\.\w+", path.name) for path in told[0].root.iterdir())
