"""The provider's page as readers have it: wide and narrow, dark, on paper, by keyboard, without scripts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.exchange import Piece
from conformance.reference.faults import FAULTS, Fault
from conformance.report.page import render
from conformance.requirements import by_id
from conformance.run.judgement import judge_provider
from conformance.run.origin import ProviderRun, Settings
from conformance.run.result import Result
from tests.browser.chromium import NARROW, WIDE, Chromium, Tab, eventually
from tests.played import REFERENCE, played

MANY = (
    *(
        "role-late",
        "usage-total-wrong",
        "finish-reason-left-out",
        "sequence-number-missing",
        "item-id-missing",
    ),
    *("created-milliseconds", "text-item-differs", "done-missing", "tool-arguments-encoded-twice"),
)
ATTACKS = (
    b"</td></table></main><script>document.title='hacked'</script>",
    b"<img src=x onerror=\\\"document.title='hacked'\\\">",
    b"</style><style>body{display:none}</style>",
    b"<base href='https://example.org/'><form action=/><input autofocus onfocus=alert(1)>",
    b"<a id=fix href=javascript:alert(1)>",
    b"\\u202e\\u0000<svg onload=alert(1)>",
)


def spoilt(names: tuple[str, ...]) -> Fault | None:
    """A fault that is all of these."""
    if not names:
        return None
    first, *others = (FAULTS[name] for name in names)

    def edit(ask: object, reply: object) -> object:
        for fault in (first, *others):
            reply = fault.edit(ask, reply)  # type: ignore[arg-type]
        return reply

    return replace(first, edit=edit)  # type: ignore[arg-type]


def page_of(folder: Path, name: str, *faults: str, attacked: bool = False) -> Path:
    """The page of a run against the reference provider with some faults, or one that attacks its readers."""
    exchanges = played(spoilt(faults))
    if attacked:
        said = b"".join(b'data: {"%s":["%s"],"choices":"%s"}\n\n: %s\n\n' % ((text,) * 4) for text in ATTACKS)
        exchanges = [
            replace(
                item,
                pieces=(Piece(data=said, at=0.1),),
                headers=(
                    *item.headers,
                    ("server", ATTACKS[0].decode()),
                    ("x-request-id", ATTACKS[1].decode()),
                ),
            )
            for item in exchanges
        ]
    settings = Settings(
        report_dir=None,
        started=datetime(2026, 10, 1, 4, 12, 9, tzinfo=UTC),
        command=f"pytest --provider {ATTACKS[0].decode() if attacked else name}",
    )
    run = ProviderRun(
        judgement=judge_provider(name, exchanges),
        folder=None,
        entry=replace(REFERENCE, name=name),
        deviations=(),
        replayed=False,
    )
    result = Result.of(run, settings)
    path = folder / f"{name}.html"
    path.write_text(render(result.report, result.run.judgement.streams, by_id), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages that all tests here read."""
    folder = tmp_path_factory.mktemp("pages")
    return {
        "clean": page_of(folder, "clean"),
        "cumulative": page_of(folder, "cumulative", "text-so-far"),
        "many": page_of(folder, "many", *MANY),
        "refusing": page_of(folder, "refusing", "nothing-but-refusals"),
        "attacking": page_of(folder, "attacking", attacked=True),
    }


@pytest.fixture(scope="module")
def many(chrome: Chromium, pages: dict[str, Path]) -> Iterator[Tab]:
    """The page of many findings, wide, in a browser that runs no script of it."""
    with chrome.tab(pages["many"], scripts=False) as tab:
        yield tab


NAMES = ("clean", "cumulative", "many", "refusing", "attacking")


@pytest.mark.parametrize(
    ("name", "size"), [*((name, NARROW) for name in NAMES), ("many", WIDE), ("many", (320, 640))]
)
def test_nothing_is_cut_off_and_nothing_else_is_asked_for(
    name: str, size: tuple[int, int], chrome: Chromium, pages: dict[str, Path]
) -> None:
    """Folded and unfolded; the policy of the page refuses nothing of its own."""
    with chrome.tab(pages[name], size) as tab:
        for _ in range(2):
            assert (tab.sideways, tab.clipped()) == (0, [])
            tab.unfold()
        assert tab.complaints == []
        assert tab.requested == [pages[name].as_uri()]
        assert tab.run("document.title").startswith(name)


@pytest.mark.parametrize("name", ["clean", "many"])
def test_tables_need_no_scrolling_on_a_phone(name: str, chrome: Chromium, pages: dict[str, Path]) -> None:
    with chrome.tab(pages[name], NARROW) as tab:
        tab.unfold()
        wide = tab.run(
            "[...document.querySelectorAll('.wirebox, .box')]"
            ".filter(it => it.scrollWidth > it.clientWidth + 1).map(it => it.ariaLabel)"
        )
        assert wide == []


def test_what_an_endpoint_says_runs_nothing_and_breaks_nothing(
    chrome: Chromium, pages: dict[str, Path]
) -> None:
    """All of it is there to be read, and the page is as whole as any other."""
    with chrome.tab(pages["attacking"]) as tab:
        tab.unfold()
        assert tab.run("document.querySelectorAll('script, img, form, base, svg:not(.course)').length") == 0
        assert tab.run("document.querySelectorAll('[onerror], [onload], [onfocus]').length") == 0
        assert tab.run("document.querySelectorAll('main').length") == 1
        assert tab.run("document.querySelectorAll('main #legend').length") == 1
        assert "</table></main><script>" in tab.text("#exchanges")
        assert tab.run("[...document.links].filter(it => !/^(https?|file):/.test(it.protocol)).length") == 0


@pytest.mark.parametrize("name", ["clean", "many"])
def test_every_link_leads_to_what_it_opens(name: str, chrome: Chromium, pages: dict[str, Path]) -> None:
    """Also into what is folded, and without a script of the page."""
    with chrome.tab(pages[name], scripts=False) as tab:
        targets = tab.run("[...new Set([...document.links].map(it => it.getAttribute('href')))]")
        inside = [target for target in targets if target.startswith("#")]
        assert len(inside) > 5
        lost = tab.run(
            f"{inside}.filter(it => {{ location.hash = it;"
            "const found = document.getElementById(decodeURIComponent(it.slice(1)));"
            "return !found || !found.checkVisibility() })"
        )
        assert lost == []


def test_the_first_three_cards_are_open_and_the_others_folded(many: Tab) -> None:
    cards = many.run("[...document.querySelectorAll('#fix > .finding > details')].map(it => it.open)")
    assert cards[:3] == [True] * 3
    assert set(cards[3:]) == {False}


def test_one_cause_is_one_card(chrome: Chromium, pages: dict[str, Path]) -> None:
    """Nine requirements that only follow from it are folded under it."""
    with chrome.tab(pages["cumulative"]) as tab:
        assert tab.run("document.querySelectorAll('#fix > .finding').length") == 1
        assert tab.run("document.querySelectorAll('#fix .because li').length") == 9
        assert tab.shown("#fix .because li") == 0
        tab.click("#fix .because > summary")
        eventually(lambda: tab.shown("#fix .because li"), 9)


def test_filters_show_the_findings_that_they_name(chrome: Chromium, pages: dict[str, Path]) -> None:
    """Without a script, by mouse and by keyboard, in the list, the cards and the contents."""
    with chrome.tab(pages["many"], scripts=False) as tab:
        counts = [tab.shown(f"{where} .told") for where in ("#fix > ", ".first", ".contents")]
        everything = tab.shown(".first .told")
        assert everything >= 8
        assert tab.shown(".shown") == 0
        tab.click(".filters > summary")
        tab.click("#only-l-SHOULD")
        eventually(lambda: tab.shown(".shown"), 1)
        told = tab.shown(".first .told")
        assert 0 < told < everything
        assert tab.shown(".contents .told") == told
        assert tab.run("document.querySelectorAll('.first .told.l-SHOULD').length") == told
        assert tab.run("document.activeElement.id") == "only-l-SHOULD"
        tab.press("ArrowDown")  # round to the first of the group, which is `all`
        eventually(lambda: tab.run("document.activeElement.id"), "")
        eventually(lambda: tab.shown(".first .told"), everything)
        assert counts[1] == counts[2] == everything


def test_a_keyboard_reaches_and_opens_everything(chrome: Chromium, pages: dict[str, Path]) -> None:
    """The first key leads past the head; what has the focus is seen to have it; a card is opened by a key."""
    with chrome.tab(pages["many"]) as tab:
        tab.press("Tab")
        eventually(lambda: tab.run("document.activeElement.className"), "skip")
        eventually(lambda: tab.run("document.activeElement.getBoundingClientRect().top >= 0"), wanted=True)
        tab.press("Enter")
        eventually(lambda: tab.run("document.querySelector(':target')?.id"), "fix")
        tab.press("Tab")
        eventually(
            lambda: tab.run("document.querySelector('#fix').contains(document.activeElement)"), wanted=True
        )
        folded = "#fix > .finding > details:not([open]) > summary"
        tab.run(f"document.querySelector({folded!r}).focus()")
        before = tab.run(f"document.querySelectorAll({folded!r}).length")
        tab.press("Enter")
        eventually(lambda: tab.run(f"document.querySelectorAll({folded!r}).length"), before - 1)
        tab.press("Tab")
        eventually(lambda: tab.run("getComputedStyle(document.activeElement).outlineStyle"), "solid")


def test_the_contents_stay_in_view(chrome: Chromium, pages: dict[str, Path]) -> None:
    for size in (WIDE, NARROW):
        with chrome.tab(pages["many"], size) as tab:
            tab.run("window.scrollTo({top: 3000, behavior: 'instant'})")
            top, bottom = tab.run(
                "(it => [it.top, it.bottom])(document.querySelector('.contents').getBoundingClientRect())"
            )
            assert 0 <= top < bottom <= size[1]


def test_the_guilty_key_is_marked_and_the_absent_one_shown(many: Tab) -> None:
    """Within their lines, in the card and in the log of the exchange."""
    assert many.run("document.querySelector('#r-sequence-number-present .marked .ghost').textContent") == (
        '"sequence_number" is missing'
    )
    assert "total_tokens" in many.run(
        "document.querySelector('#r-usage-arithmetic .marked mark').textContent"
    )
    assert many.run("document.querySelectorAll('#exchanges .marked mark').length") > 10


def test_every_stream_has_its_course_with_words(many: Tab) -> None:
    told = many.run("[...document.querySelectorAll('svg.course')].map(it => it.getAttribute('aria-label'))")
    assert len(told) > 15
    assert all("the first after" in words and " after " in words.rpartition(", ")[2] for words in told)


def test_the_page_is_dark_where_the_reader_is(chrome: Chromium, pages: dict[str, Path]) -> None:
    def ground(*, dark: bool) -> int:
        with chrome.tab(pages["many"], dark=dark) as tab:
            found: str = tab.run("getComputedStyle(document.documentElement).backgroundColor")
            return sum(int(part) for part in found.strip("rgb()").split(","))

    assert ground(dark=True) < 120
    assert ground(dark=False) > 700


def test_paper_has_what_is_folded_and_no_controls(chrome: Chromium, pages: dict[str, Path]) -> None:
    with chrome.tab(pages["many"], media="print") as tab:
        assert tab.shown(".contents, .filters, .skip") == 0
        folded = tab.run("document.querySelectorAll('#fix > .finding > details:not([open])').length")
        assert folded > 0
        assert tab.shown("#fix > .finding .pair") == tab.run("document.querySelectorAll('#fix .pair').length")


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize(
    ("name", "size", "dark"),
    [("many", WIDE, False), ("cumulative", NARROW, True), ("clean", NARROW, False), ("refusing", WIDE, True)],
)
def test_axe_finds_nothing(
    name: str, size: tuple[int, int], chrome: Chromium, pages: dict[str, Path], *, dark: bool
) -> None:
    """Of the page as it is opened, with the first exchange and all findings unfolded."""
    with chrome.tab(pages[name], size, dark=dark) as tab:
        for opened in (
            "#fix details",
            "#kept details",
            "#all details",
            "#exchanges > details:nth-of-type(-n+3)",
        ):
            tab.run(f"document.querySelectorAll({opened!r}).forEach(it => {{ it.open = true }})")
        assert tab.barriers() == []
