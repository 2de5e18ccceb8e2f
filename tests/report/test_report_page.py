"""The page: complete in one file, safe whatever an endpoint sent, and accessible."""

import base64
import json
import re
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.api import judge_exchanges
from conformance.catalogue import Level, Outcome, Verdict, Violation
from conformance.exchange import Attempt, Ended, Request
from conformance.gate import Deviation, ExitCode
from conformance.report import page as page_module
from conformance.report.look import HEADINGS, OUTCOMES
from conformance.report.page import render
from conformance.report.since import RequirementChange, Since
from conformance.report.summary import Conclusion
from conformance.requirements import by_id
from conformance.standing import Stand, Standing
from tests.played import played

VOID = {"meta", "br", "link", "img", "input", "hr"}
TEMPLATES = Path(page_module.__file__).parent / "templates"
CSS = "".join((TEMPLATES / name).read_text() for name in ("style.css", "wire.css", "print.css"))
CANARIES = [
    "<img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    "\"><a href='javascript:alert(1)'>",
    "{{ 7 * 7 }}{% raw %}",
    "]]><!--",
]


class Page(HTMLParser):
    """What a page holds, and what is wrong with its nesting."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All that can be read."""
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each tag of a name."""
        return [attributes for name, attributes in self.tags if name == tag]


def check(html: str) -> Page:
    """A page that holds to what every page must hold to."""
    page = Page(html)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    assert {name for name, _ in page.tags} & {"script", "img", "link", "iframe", "object", "form"} == set()
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert not [name for name, attributes in page.tags if {"src", "style"} & attributes.keys()]
    policies = [tag["content"] for tag in page.all("meta") if tag.get("http-equiv")]
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    allowed = f"style-src 'sha256-{digest}'"
    assert policies == [f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"]
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert sorted(set(ids)) == sorted(ids)
    for attributes in page.all("a"):
        address = attributes["href"]
        if address.startswith("#"):
            assert address[1:] in ids
        else:
            assert re.match(r"https?://|evidence/", address), address
    labels = [attributes.get("aria-labelledby", "") for _, attributes in page.tags]
    assert {label for label in labels if label} <= set(ids)
    assert all(attributes.get("scope") in ("col", "row") for attributes in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all({"role", "aria-label"} <= tag.keys() for tag in page.all("div") if "tabindex" in tag)
    return page


@pytest.fixture
def rich(make: SimpleNamespace) -> Page:
    """The page of a run in which everything occurs."""
    streams = [
        make.stream("chat-text"),
        make.stream("chat-tools", attempts=(Attempt(started=0.0, status=429, retry_after=1.0),) * 2),
        make.stream("bad-key", b'{"error":{"message":"no"}}', status=401, note="seen from far"),
        make.stream("chat-gone", b"", status=None, ended=Ended.NO_CONNECTION, detail="refused", pieces=()),
    ]
    verdicts = [
        make.verdict("must-a"),
        make.verdict("must-a", subject="chat-tools"),
        make.verdict("must-b", subject="bad-key", violations=(Violation(expected="e", observed="o"),)),
        make.verdict("must-c", Outcome.WARN, dialects=("usage-on-finish",)),
        make.verdict("should-a", subject="chat-twins", exchanges=("chat-text", "chat-tools")),
        make.verdict("info-a"),
        make.verdict("must-b", Outcome.ERROR, subject="chat-gone", reason="chat-gone: no connection"),
        make.verdict("must-c", Outcome.NOT_TESTABLE, subject="chat-tools", reason="no usage came"),
        make.verdict("must-b", Outcome.NOT_APPLICABLE, reason="nothing was refused"),
        make.verdict("info-a", Outcome.PASS, subject="chat-tools"),
        make.verdict("must-first", Outcome.PASS),
    ]
    deviations = [
        Deviation(
            requirement="must-a", reason="a known fault", link="https://e.org/1", scenario="chat-tools"
        ),
        Deviation(requirement="must-z", reason="left over", link="javascript:alert(1)"),
    ]
    report = make.report(
        verdicts, streams, deviations, dialects=("usage-on-finish",), notes=("prompts were overridden",)
    )
    return check(render(report, streams, make.lookup))


def test_a_page_with_everything_holds_to_every_rule_of_pages(rich: Page) -> None:
    assert rich.text.startswith("acme does not conform · streaming compliance report Skip to what to fix")
    assert "2 MUST requirements broken on 2 exchanges; 1 listed deviation is out of date;" in rich.text
    assert "%" not in rich.text  # counts, never a rank


@pytest.mark.parametrize(
    "words",
    [
        "What clients suffer: clients suffer from must-a.",
        "one that obeys badly breaks it although the endpoint is right",
        "Expected a thing Observed another",
        "turns the run red",
        "pytest --replay evidence/chat-text.jsonl -k must-a",
        "Authorization: Bearer $ACME_API_KEY",
        "Known deviation: a known fault , without an end, for chat-tools only.",
        "the known deviation must-z matches nothing that was judged",
        "left over (javascript:alert(1))",
        "no usage came (1 requirement, 1 exchange)",
        "no connection (1 requirement, 1 exchange)",
        "usage-on-finish yes must-c",
        "dialect usage-on-finish (declared)",
        "The answer status 401 content-type: text/event-stream",
        "The head of the answer status 200",
        "prompts were overridden",
        "asked to wait 1.0 s",
        "seen from far",
        "Recorder says refused",
        "The body is empty.",
        "chat-twins 2 exchanges",
    ],
)
def test_the_page_says_what_a_reader_needs(rich: Page, words: str) -> None:
    assert words in rich.text


def test_every_outcome_is_a_sign_and_a_word_and_has_a_sentence(rich: Page) -> None:
    assert set(OUTCOMES) == set(Outcome)
    assert len({look.sign for look in OUTCOMES.values()}) == len(OUTCOMES)
    for look in OUTCOMES.values():
        assert f"{look.sign} {look.word} {look.sentence}" in rich.text


def test_every_state_has_a_heading_and_a_tone_that_the_style_knows() -> None:
    assert set(HEADINGS) == set(Conclusion)
    assert all(f".{tone} {{ --tone" in CSS for _, tone in HEADINGS.values())
    assert all(f".{outcome.value} {{ --tone" in CSS for outcome in Outcome)


def test_fixes_come_first_and_passes_are_folded(rich: Page) -> None:
    html = rich.html
    order = [
        html.index(f'id="{name}"')
        for name in ("fix", "r-must-b", "known-title", "kept-title", "untried-title")
    ]
    assert order == sorted(order)
    kept = html.index("<summary>Kept")
    assert html.rindex("<details", 0, kept) > html.rindex("</details>", 0, kept)


def test_a_marked_row_is_anchored_and_links_to_its_requirement(rich: Page) -> None:
    row = re.search(r'<tr id="x-chat-text-e2" class="marked">.*?</tr>', rich.html, re.DOTALL)
    assert row
    assert '<a href="#r-must-a">must-a</a>' in row[0]
    assert 'href="#x-chat-text-e2"' in rich.html


def test_a_clean_run_says_so(make: SimpleNamespace) -> None:
    page = check(render(make.report([make.verdict("must-a", Outcome.PASS)]), [make.stream()], make.lookup))
    assert "acme conforms" in page.text
    assert "What was promised and kept Nothing is to be fixed: no MUST and no SHOULD was broken" in page.text
    assert "What to fix" not in page.text
    assert "Everything that the requests ask for came" in page.text


def test_a_list_that_is_out_of_date_is_told_before_what_was_kept(make: SimpleNamespace) -> None:
    """It turns the run red."""
    listed = [Deviation(requirement="must-a", reason="was fixed")]
    report = make.report([make.verdict("must-a", Outcome.PASS)], deviations=listed)
    page = check(render(report, [make.stream()], make.lookup))
    assert "Nothing in the answers, but the list of deviations: what has to leave it ." in page.text
    assert page.html.index('id="stale"') < page.html.index('id="kept"')
    assert "promised and kept" not in page.text


def test_what_is_known_alone_is_nothing_new(make: SimpleNamespace) -> None:
    listed = [Deviation(requirement="must-a", reason="known")]
    report = make.report([make.verdict("must-a"), make.verdict("must-b", Outcome.PASS)], deviations=listed)
    page = check(render(report, [make.stream()], make.lookup))
    assert "What was promised and kept Nothing new: what is broken is what the provider lists" in page.text
    assert page.html.index('id="kept"') < page.html.index('id="known"')


def test_what_the_baseline_breaks_too_is_not_said_to_be_listed(make: SimpleNamespace) -> None:
    """The provider may list nothing at all."""
    before = Deviation(requirement="must-a", reason="before", baseline="2026-09-01T00:00:00Z")
    kept = make.verdict("must-c", Outcome.PASS)
    report = make.report([make.verdict("must-a"), kept], deviations=[before])
    page = check(render(report, [make.stream()], make.lookup))
    assert "Nothing new: what is broken is what the baseline breaks too." in page.text

    both = [before, Deviation(requirement="must-b", reason="listed")]
    report = make.report([make.verdict("must-a"), make.verdict("must-b"), kept], deviations=both)
    page = check(render(report, [make.stream()], make.lookup))
    assert "is what the provider lists as known, or the baseline breaks too." in page.text


def stopped(make: SimpleNamespace, code: ExitCode, status: int | None, why: str) -> Page:
    """The page of a run whose first request ended all: the second was not sent."""
    ends = {"chat-text": Ended.CLOSED if status else Ended.NO_CONNECTION, "chat-n": Ended.NOT_SENT}
    streams = [make.stream(name, b"", status=status, ended=ended) for name, ended in ends.items()]
    verdicts = [make.verdict("must-a", Outcome.ERROR, name, reason=why, violations=()) for name in ends]
    report = make.report(verdicts, streams)
    report = replace(report, footer=replace(report.footer, exit_code=code))
    return check(render(report, streams, make.lookup))


def test_a_mistake_of_the_person_is_no_failure_of_the_suite_or_the_network(make: SimpleNamespace) -> None:
    """A key that is refused, a web page: the sentence stands once before anything is opened."""
    why = "http://127.0.0.1:9/v1 answers with a web page; `/v1` is probably missing"
    page = stopped(make, ExitCode.USAGE, 200, why)
    assert "The address, the key or the model is wrong, so nothing else was sent" in page.text
    assert "The suite or the network failed here" not in page.text
    assert "http://127.0.0.1:9/v1 answers with a web page; <code>/v1</code> is" in page.html
    seen = page.html.partition("<body>")[2].partition('<details class="folded">')[0]
    assert seen.count("answers with a web page") == 1


def test_the_contents_of_a_run_that_was_stopped_count_what_was_sent(make: SimpleNamespace) -> None:
    """No number stands where there is nothing to fix."""
    page = stopped(make, ExitCode.ERROR, None, "cannot connect")
    assert "No request was answered, and nothing is said of the endpoint." in page.text
    nav = re.search(r"<nav.*?</nav>", page.html, re.DOTALL)
    assert nav is not None
    assert '<a href="#fix">Fix</a>' in nav[0]
    assert '<a href="#errors">Not judged</a>' in nav[0]
    assert 'Exchanges <span class="count">1</span>' in nav[0]


@pytest.mark.parametrize(
    ("outcome", "incomplete", "words"),
    [
        (Outcome.ERROR, "", "First what kept the endpoint from being judged"),
        (Outcome.PASS, "a part", "Nothing in what was judged, but the run is incomplete: a part"),
        (Outcome.NOT_APPLICABLE, "", "Nothing could be judged, so there is nothing to say"),
    ],
)
def test_a_run_that_cannot_be_judged_says_what_is_to_do(
    make: SimpleNamespace, outcome: Outcome, incomplete: str, words: str
) -> None:
    report = make.report([make.verdict("must-a", outcome, reason="why")], incomplete=incomplete)
    assert f"What to fix first {words}" in check(render(report, [make.stream()], make.lookup)).text


def test_a_cell_of_the_matrix_tells_the_gravest_and_how_many(make: SimpleNamespace) -> None:
    """Of how many that were applicable; in which order they came does not matter."""
    names = ("must-a", "should-a", "must-zz")
    chat = {"must-a": make.rule("must-a", Level.MUST), "should-a": make.rule("should-a", Level.SHOULD)}
    chat["must-zz"] = make.rule("must-zz", Level.MUST)
    rows = {
        "x": (Outcome.PASS, Outcome.FAIL, Outcome.FAIL),
        "y": (Outcome.PASS, Outcome.NOT_TESTABLE, Outcome.NOT_APPLICABLE),
        "z": (Outcome.NOT_APPLICABLE, Outcome.NOT_APPLICABLE, Outcome.NOT_APPLICABLE),
        "w": (Outcome.FAIL, Outcome.ERROR, Outcome.PASS),
        "v": (Outcome.PASS, Outcome.PASS, Outcome.PASS),
    }
    verdicts = [
        make.verdict(name, outcome, subject=subject)
        for subject, outcomes in rows.items()
        for name, outcome in zip(names, outcomes, strict=True)
    ]
    html = render(make.report(verdicts), [make.stream(name) for name in rows], chat.__getitem__)
    table = re.search(r'<table class="matrix stack">.*?</table>', html, re.DOTALL)
    assert table
    cells = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in table[0].split("<tr>")[2:]]
    assert [cell.replace(" none", "").replace("none", "") for cell in cells] == [
        "x ✕ fail 2 of 3",
        "y ? not testable 1 of 2",
        "z \N{EN DASH} n/a",
        "w ! error 1 of 3",
        "v ✓ pass 3",
    ]


def test_an_empty_run_has_a_page(make: SimpleNamespace) -> None:
    assert "acme cannot be judged" in check(render(make.report([]), [], make.lookup)).text


def test_the_same_report_always_makes_the_same_page(make: SimpleNamespace) -> None:
    report = make.report([make.verdict("must-a")])
    assert render(report, [make.stream()], make.lookup) == render(report, [make.stream()], make.lookup)


@pytest.mark.parametrize("canary", CANARIES)
def test_text_from_an_endpoint_is_never_markup(make: SimpleNamespace, canary: str) -> None:
    name = f"chat {canary}"
    stream = make.stream(
        name,
        f"data: {canary}\n\n: {canary}\n\n{canary}".encode(),
        headers=(("content-type", "text/event-stream"), ("server", canary), (canary, canary)),
        detail=canary,
        note=canary,
        source=canary,
        attempts=(Attempt(started=0.0, error=canary),) * 2,
        request=Request(url=f"https://e.example/{canary}", headers=((canary, canary),), body=canary),
    )
    body = json.dumps({canary: [{"deep": {canary: canary}}], "k": canary, "usage": {"cost": canary}})
    hostile = make.stream("hostile", f"event: {canary}\ndata: {body}\n\ndata: {body[:-1]}\n\n".encode())
    plain = make.stream("plain", f"<html>{canary}".encode(), status=500)
    document = make.stream("document", body.encode(), status=400, headers=())
    violation = Violation(expected=f"`{canary}`", observed=canary, place=canary, event=1)
    missing = Violation(expected=canary, observed="no such key", place="m", event=1)
    verdicts = [
        make.verdict("must-a", subject=name, violations=(violation, violation), dialects=(canary,)),
        make.verdict("must-b", subject="plain"),
        make.verdict("must-b", subject="hostile", violations=(replace(violation, place="k.missing"),)),
        make.verdict("must-b", subject="document", violations=(replace(violation, place="k", event=None),)),
        make.verdict("must-c", subject="hostile", violations=(missing, replace(missing, place="k.m"))),
        make.verdict("must-b", Outcome.NOT_TESTABLE, subject=name, reason=f"`{canary}`"),
        make.verdict("must-c", Outcome.ERROR, subject=name, reason=canary),
        make.verdict("should-a", subject=name),
    ]
    deviations = [Deviation(requirement="should-a", reason=canary, link=canary, scenario=name)]
    streams = [stream, hostile, plain, document]
    report = make.report(
        verdicts, streams, deviations, model=canary, provider=canary, command=canary, notes=(canary,)
    )
    profile = Standing(profile=f"{canary}-2026-11-26", stand=Stand.BROKEN, reason=canary, broken=(canary,))
    change = RequirementChange(
        what="regressed", requirement=canary, level=Level.MUST, scenarios=(canary,), observed=canary
    )
    report = replace(
        report,
        footer=replace(report.footer, profiles=(profile,)),
        since=Since(
            started=canary, suite=canary, same=1, changes=(change,), profiles=((canary, None, None),)
        ),
    )
    page = check(render(report, streams, make.lookup))
    assert "<" not in canary or canary not in page.html
    assert page.text.count(" ".join(canary.split())) > 15


def test_the_page_of_a_clean_run_is_small() -> None:
    """The whole of it: everything claimed, and everything kept."""
    (result,) = judge_exchanges(played())
    page = render(result.report, result.run.judgement.streams, by_id)
    assert "conforms" in result.summary.words
    assert len(check(page).html.encode()) < 300_000


def test_text_that_hides_or_reorders_is_shown_by_signs(make: SimpleNamespace) -> None:
    unseen = "a\x00b\u202ec\u200bd\ud800e\u2028f\x1bg"
    stream = make.stream(detail=unseen)
    verdict = make.verdict("must-a", violations=(Violation(expected=unseen, observed=unseen, event=1),))
    html = render(make.report([verdict], [stream], model=unseen), [stream], make.lookup)
    assert html.count("a⟨NUL⟩b⟨U+202E⟩c⟨U+200B⟩d\\ud800e⟨U+2028⟩f⟨ESC⟩g") >= 4
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", html)


def test_very_long_text_keeps_the_page_small(make: SimpleNamespace) -> None:
    body = b"data: " + b"x" * 3_000_000 + b"\n\n"
    long = "y" * 3_000_000
    stream = make.stream(
        body=body,
        headers=(("server", long),),
        detail=long,
        request=Request(url="https://e.example", body=long),
    )
    html = render(make.report([make.verdict("must-a")], [stream]), [stream], make.lookup)
    assert len(html) < 150_000


def chunks(number: int) -> bytes:
    """A stream of so many chunks of a usual length."""
    return b"".join(
        b'data: {"id":"chatcmpl-%d","choices":[{"x":"%s"}]}\n\n' % (n, b"y" * 250) for n in range(number)
    )


def test_a_run_of_24_long_broken_exchanges_makes_at_most_a_megabyte(make: SimpleNamespace) -> None:
    streams = [make.stream(f"s-{number}", chunks(400)) for number in range(24)]
    verdicts = [
        make.verdict(name, subject=item.id) for item in streams for name in ("must-a", "must-b", "should-a")
    ]
    page = check(render(make.report(verdicts, streams), streams, make.lookup))
    assert len(page.html.encode()) < 1_000_000
    assert len(page.all("table")) > 24


def test_logs_beyond_the_budget_of_a_page_are_left_out_and_said_to_be(
    make: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.report.drawing._LOGS", 40_000)
    streams = [make.stream(f"s-{number}", chunks(40)) for number in range(24)]
    verdicts = [make.verdict("must-a", subject="s-23"), make.verdict("must-a", Outcome.PASS, subject="s-0")]
    page = check(render(make.report(verdicts, streams), streams, make.lookup))
    assert 'id="x-s-23-e2"' in page.html  # the broken one comes first
    assert 0 < page.text.count("Its wire log is left out") < 23
    assert len(page.html.encode()) < 120_000


def test_a_page_of_many_exchanges_shows_only_the_logs_of_broken_ones(make: SimpleNamespace) -> None:
    streams = [make.stream(f"s-{number}", chunks(60)) for number in range(202)]
    verdicts = [
        make.verdict("must-a", Outcome.PASS if number % 2 else None, subject=item.id)
        for number, item in enumerate(streams)
    ]
    page = check(render(make.report(verdicts, streams), streams, make.lookup))
    assert len(page.html.encode()) < 5_000_000
    assert 'id="x-s-0-e2"' in page.html
    assert 'id="x-s-1-e2"' not in page.html
    assert 'id="x-s-201"' in page.html
    assert "and 1 more, in report.jsonl" in page.text
    assert "Its wire log is left out" in page.text


def test_names_that_look_alike_have_anchors_of_their_own(make: SimpleNamespace) -> None:
    streams = [make.stream(name) for name in ("a.b", "a-b", "a b", "...", "é")]
    verdicts = [make.verdict("must-a", subject=item.id) for item in streams]
    page = check(render(make.report(verdicts, streams), streams, make.lookup))
    assert {"x-a-b", "x-a-b--2", "x-a-b--3", "x-exchange", "x-exchange--2"} <= {
        tag["id"] for _, tag in page.tags if "id" in tag
    }


def test_paths_of_evidence_are_quoted(make: SimpleNamespace) -> None:
    page = check(render(make.report([make.verdict("must-a", subject="a #1?.2")]), [], make.lookup))
    assert 'href="evidence/a%20%231%3F.2.jsonl"' in page.html


def variables(block: str) -> dict[str, str]:
    """The colours that a block of the style defines."""
    return dict(re.findall(r"--([a-z_-]+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, WCAG 2.2."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


LIGHT = variables(CSS[: CSS.index("@media (prefers-color-scheme: dark)")])
DARK = LIGHT | variables(CSS[CSS.index("@media (prefers-color-scheme: dark)") : CSS.index("* { box-sizing")])


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(colours: dict[str, str]) -> None:
    grounds = ("paper", "raised", "sunken")
    pairs = [(ink, ground) for ink in ("ink", "soft", "link") for ground in (*grounds, "mark")]
    for outcome in Outcome:
        pairs += [(outcome.value, ground) for ground in (*grounds, f"{outcome.value}-tint")]
    assert len(colours) > 20
    low = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}


def test_the_style_serves_dark_print_narrow_and_keyboard_readers() -> None:
    for rule in (
        "prefers-color-scheme: dark",
        "@media print",
        "max-width: 46rem",
        ":focus-visible",
        "overflow-x",
    ):
        assert rule in CSS
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_a_card_counts_the_exchanges_of_all_that_is_told_on_it(make: SimpleNamespace) -> None:
    """And links to each of them."""

    def lacking(name: str, subject: str) -> Verdict:
        violation = Violation(expected="the key", observed="no such key", event=1, place=name[-1])
        found: Verdict = make.verdict(name, subject=subject, violations=(violation,))
        return found

    where = {"must-a": ("chat-text", "chat-stop"), "must-b": ("chat-text", "chat-n")}
    verdicts = [lacking(name, subject) for name, subjects in where.items() for subject in subjects]
    streams = [make.stream(name) for name in ("chat-text", "chat-stop", "chat-n")]
    page = render(make.report(verdicts, streams), streams, make.lookup)
    assert "<span>on 3 of 3 exchanges</span>" in page
    assert "<code>must-a</code> and 1 more, 3 of 3 exchanges" in page
    assert 'href="#x-chat-n' in page.partition("Affected exchanges")[2].partition("</ul>")[0]
