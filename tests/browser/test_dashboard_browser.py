"""The matrix in a browser: filters, keyboard, narrow and dark windows, no scripts, and attacks."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import Outcome
from conformance.dashboard.write import write_dashboard
from conformance.requirements import CATALOGUE
from conformance.standing import Stand
from tests.browser.chromium import NARROW, WIDE, Chromium, Tab, eventually
from tests.dashboard.making import DAY, result, standing, store

FAIL, WARN, PASS = Outcome.FAIL, Outcome.WARN, Outcome.PASS
PAGES = ("index.html", "history.html")
BEFORE = DAY - timedelta(days=1)
HOSTILE = "</script><script>document.title='run'</script>\"'><img src=x onerror=\"document.title='run'\">"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four endpoints over two nights, with the whole catalogue, and one run that cannot be read."""
    folder = tmp_path_factory.mktemp("matrix")
    kept = {rule.id: PASS for rule in CATALOGUE if not rule.untestable}
    bad: dict[str, Any] = {
        "role-first": FAIL,
        "id-nonempty": WARN,
        "done-present": result("done-present", FAIL, known=True),
    }
    chat = standing("chat-core")
    broken = standing("chat-core", Stand.BROKEN, broken=("role-first",))
    for night in (BEFORE, DAY):
        store(folder, kept, night, provider="alpha", standings=(chat,))
        store(folder, kept | (bad if night == DAY else {}), night, provider="beta", standings=(broken,))
    long = (
        "an-endpoint-of-a-vendor-with-a-long-name",
        "organisation/a-model-with-a-very-long-name-instruct-0905",
    )
    store(folder, kept | {"error-envelope": FAIL, "role-first": FAIL}, provider=long[0], model=long[1])
    store(folder, kept, DAY - timedelta(days=9), provider="old", replayed=True)
    (store(folder, {}, provider="lost") / "report.jsonl").write_text("<html>")
    write_dashboard(folder)
    return folder


def rows(tab: Tab) -> list[str]:
    """The ids of the requirements whose rows are to be seen."""
    found: list[str] = tab.run(
        "[...document.querySelectorAll('#matrix .r')].filter(it => it.checkVisibility())"
        ".map(it => it.id.slice(2))"
    )
    return found


def choose(tab: Tab, name: str, text: str) -> None:
    """Chooses what is called so in a list, or types it, as a reader would."""
    tab.run(
        f"(() => {{ const it = document.querySelector('[name={name}]'), text = {json.dumps(text)};"
        "it.value = [...it.options ?? []].find(one => one.text === text)?.value ?? text;"
        "it.dispatchEvent(new Event('input', {bubbles: true})) })()"
    )


def test_families_are_folded_and_say_the_worst_of_each(root: Path, chrome: Chromium) -> None:
    """Until they are unfolded, with the mouse or with the keyboard."""
    with chrome.tab(root / "index.html") as tab:
        assert rows(tab) == []
        assert "1 fail" in tab.text("[data-f=chat] .g")
        tab.click("[data-f=chat] button")
        eventually(
            lambda: set(rows(tab)),
            {rule.id for rule in CATALOGUE if rule.family == "chat" and not rule.untestable},
        )
        tab.run("document.querySelector('[data-f=chat] button').focus()")
        tab.press("Enter")
        eventually(lambda: rows(tab), [])
        assert tab.run("document.querySelector('[data-f=chat] button').ariaExpanded") == "false"
        tab.click("#unfold")
        eventually(lambda: len(rows(tab)), tab.run("document.querySelectorAll('#matrix .r').length"))
        tab.click("#unfold")
        eventually(lambda: rows(tab), [])
        assert tab.complaints == []


def test_rows_out_of_sight_are_laid_out_when_nobody_waits(root: Path, chrome: Chromium) -> None:
    """First those in sight, so that a filter is quick; then all, or a screen reader would not know them."""
    settled = "getComputedStyle(it).contentVisibility"
    every = "[...document.querySelectorAll('#matrix .r')].filter(it => it.checkVisibility())"
    with chrome.tab(root / "index.html") as tab:
        first = f"unfold.click(), [...new Set({every}.map(it => {settled}))]"
        assert tab.run(first) == ["auto"]
        tab.run(
            f"new Promise(done => {{ const look = () => {every}.every(it => {settled} == 'visible')"
            " ? done() : requestAnimationFrame(look); look() })"
        )
        assert tab.run(f"filters.must.click(), [...new Set({every}.map(it => {settled}))]") == ["auto"]
        assert tab.run("document.querySelectorAll('#matrix .now').length") == 0
        assert tab.complaints == []
    with chrome.tab(root / "index.html", scripts=False) as tab:
        assert (
            tab.run("getComputedStyle(document.querySelector('#matrix .r')).contentVisibility") == "visible"
        )


Asked = tuple[str, ...]
"""What is clicked, and behind a colon what is chosen or typed."""


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (("differ",), {"role-first", "id-nonempty", "done-present", "error-envelope"}),
        (("broken",), {"role-first", "id-nonempty", "done-present", "error-envelope"}),
        (("broken", "must"), {"role-first", "done-present", "error-envelope"}),
        (("broken", "family:errors"), {"error-envelope"}),
        (("broken", "client:LangChain.js"), {"role-first"}),
        (("broken", "profile:responses-core"), {"error-envelope"}),
        (("find:ROLE-fir",), {"role-first"}),
    ],
    ids=["differ", "broken", "must", "family", "client", "profile", "find"],
)
def test_a_filter_shows_the_rows_that_it_names_and_no_other(
    asked: Asked, kept: set[str], root: Path, chrome: Chromium
) -> None:
    """Unfolded, counted, and written into the address; all is back when it is taken away."""
    with chrome.tab(root / "index.html") as tab:
        for part in asked:
            name, _, value = part.partition(":")
            if value:
                choose(tab, name, value)
            else:
                tab.click(f"[name={name}]")
        eventually(lambda: set(rows(tab)), kept)
        assert tab.text("#shown").startswith(f"{len(kept)} of ")
        address = tab.run("location.href")
        assert "#show:" in address
        tab.click("[type=reset]")
        eventually(lambda: rows(tab), [])
        assert "unfold" in tab.text("#shown")
        assert tab.shown("#matrix thead th") == 5
        tab.go("about:blank")
        tab.go(address)
        assert set(rows(tab)) == kept
        assert tab.complaints == []


def test_endpoints_are_chosen_and_only_those_differ(root: Path, chrome: Chromium) -> None:
    """A row in which one that is hidden differs from the others is not shown."""
    with chrome.tab(root / "index.html") as tab:
        tab.click("[name=differ]")
        eventually(lambda: len(rows(tab)), 4)
        tab.click(".pick > summary")
        tab.click("#columns label:nth-child(2)")
        eventually(lambda: set(rows(tab)), {"role-first", "id-nonempty", "done-present"})
        assert tab.shown("#matrix thead th") == 4
        assert "3 of 4 columns" in tab.text("#shown")
        tab.click("#no")
        eventually(lambda: tab.shown("#matrix thead th"), 1)
        # A link to a column that was not chosen brings it back.
        tab.click("#marked [href='#h-2']")
        eventually(lambda: tab.shown("#matrix thead th"), 2)
        assert tab.shown("#h-2") == 1
        tab.click("#all")
        eventually(lambda: tab.shown("#matrix thead th"), 5)


def test_what_the_filter_takes_for_different_is_what_index_json_says(root: Path, chrome: Chromium) -> None:
    told = json.loads((root / "index.json").read_text())
    with chrome.tab(root / "index.html") as tab:
        tab.click("[name=differ]")
        eventually(lambda: rows(tab), [row["id"] for row in told["requirements"] if row["differs"]])


def test_the_style_of_the_report_spoils_no_control(root: Path, chrome: Chromium) -> None:
    """The pages share it, and a class of the one may mean something else in the other."""
    with chrome.tab(root / "index.html") as tab:
        assert tab.shown("#shown") == 1
        assert tab.shown("#filters [name]") == 7
        fields = "[...document.querySelectorAll('#filters select, [type=search]')]"
        assert tab.run(f"{fields}.filter(it => it.offsetWidth < 60).map(it => it.name)") == []


def test_an_address_of_a_row_unfolds_its_family(root: Path, chrome: Chromium) -> None:
    with chrome.tab(root / "index.html") as tab:
        tab.go("about:blank")  # else nothing would be loaded again
        tab.go(f"{(root / 'index.html').as_uri()}#q-role-first")
        assert "role-first" in rows(tab)
        assert "sse-bom" not in rows(tab)


def test_the_table_is_scrolled_with_the_keyboard_and_keeps_its_heads_in_view(
    root: Path, chrome: Chromium
) -> None:
    """First column and head stay where they are."""
    with chrome.tab(root / "index.html", NARROW) as tab:
        tab.click("#unfold")
        eventually(lambda: rows(tab) != [], wanted=True)
        tab.run("document.querySelector('.scroll').focus()")
        tab.press("ArrowRight", 8)
        tab.press("ArrowDown", 8)
        moved = (
            "new Promise(done => { const box = document.querySelector('.scroll'); const look = () =>"
            " box.scrollLeft > 60 && box.scrollTop > 60 ? done(true) : requestAnimationFrame(look); look() })"
        )
        assert tab.run(moved)
        inside = tab.run(
            "(() => { const box = document.querySelector('.scroll').getBoundingClientRect();"
            "const head = document.querySelector('#matrix thead th').getBoundingClientRect();"
            "return [head.left - box.left, head.top - box.top] })()"
        )
        assert all(0 <= distance < 3 for distance in inside)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_column_that_a_narrow_window_hides_is_named_above_and_led_to(
    scripts: bool,  # noqa: FBT001
    root: Path,
    chrome: Chromium,
) -> None:
    """It comes to stand in the box, and not under the first column."""
    with chrome.tab(root / "index.html", NARROW, scripts=scripts) as tab:
        seen = (
            "(() => { const [box, first, column] = ['.scroll', '#matrix th', '#h-2'].map(it =>"
            "document.querySelector(it).getBoundingClientRect());"
            "return first.right <= column.left && column.right <= box.right"
            " && 0 <= column.top && column.bottom <= innerHeight })()"
        )
        assert not tab.run(seen)
        tab.click("#marked [href='#h-2']")
        eventually(lambda: tab.run(seen), wanted=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_off_and_the_page_needs_no_scrolling_sideways(
    name: str,
    size: tuple[int, int],
    scripts: bool,  # noqa: FBT001
    root: Path,
    chrome: Chromium,
) -> None:
    """Only the table does, in a box of its own."""
    with chrome.tab(root / name, size, scripts=scripts) as tab:
        assert (tab.sideways, tab.clipped(), tab.complaints) == (0, [], [])
        assert tab.requested == [(root / name).as_uri()]


def test_without_scripts_every_row_is_there_and_no_control_that_does_nothing(
    root: Path, chrome: Chromium
) -> None:
    with chrome.tab(root / "index.html", scripts=False) as tab:
        assert tab.shown("#matrix .r") == len([rule for rule in CATALOGUE if not rule.untestable])
        assert tab.shown("#filters, button, input, select") == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.usefixtures("axe")
def test_axe_finds_no_barrier(name: str, dark: bool, root: Path, chrome: Chromium) -> None:  # noqa: FBT001
    """In rows of each outcome and in the controls, in light and in dark."""
    with chrome.tab(root / name, dark=dark) as tab:
        if name == "index.html":
            tab.click("[name=broken]")
            eventually(lambda: rows(tab) != [], wanted=True)
            tab.unfold()
        assert tab.barriers() == []


def test_on_paper_the_table_is_whole(root: Path, chrome: Chromium) -> None:
    """No box cuts it off, and no control is printed."""
    with chrome.tab(root / "index.html", media="print") as tab:
        assert tab.shown("#filters") == 0
        assert tab.run("getComputedStyle(document.querySelector('.scroll')).overflow") == "visible"


def test_no_text_of_an_endpoint_runs(tmp_path: Path, chrome: Chromium) -> None:
    """In the pages and in what the script makes of them."""
    bad: dict[str, Any] = {
        "role-first": result("role-first", FAIL, observed=HOSTILE, because=HOSTILE),
        HOSTILE: FAIL,
    }
    told = (standing(HOSTILE, Stand.BROKEN, broken=(HOSTILE,)),)
    store(tmp_path, {"role-first": PASS}, BEFORE, provider=HOSTILE, model=HOSTILE)
    store(tmp_path, bad, provider=HOSTILE, model=HOSTILE, standings=told)
    write_dashboard(tmp_path)
    for name in PAGES:
        with chrome.tab(tmp_path / name) as tab:
            if name == "index.html":
                tab.click("[name=broken]")
                tab.unfold()
                eventually(lambda: rows(tab), ["role-first", HOSTILE])
            assert tab.run("document.title") != "run"
            assert HOSTILE in tab.text()
            assert tab.run("document.querySelectorAll('img').length") == 0
            assert (tab.sideways, tab.complaints) == (0, [])
            assert tab.requested == [(tmp_path / name).as_uri()]
