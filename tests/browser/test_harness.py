"""What the tests of pages in a browser rest on: that it tells what is wrong with a page."""

from pathlib import Path

import pytest

from tests.browser import chromium
from tests.browser.chromium import NARROW, Chromium, eventually

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>a page</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><style>.cut { width: 3em; overflow: hidden }</style>
<main><h1>A page</h1><p>Plain text.</p>
<details><summary>More</summary><p id="more">Folded.</p></details>BODY</main>
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The path of a page to be written."""
    return tmp_path / "page.html"


def test_a_page_without_a_fault_has_none(page: Path, chrome: Chromium) -> None:
    page.write_text(PAGE.replace("BODY", ""))
    with chrome.tab(page, NARROW) as tab:
        assert (tab.sideways, tab.clipped(), tab.complaints) == (0, [], [])
        assert tab.requested == [page.as_uri()]
        assert tab.shown("#more") == 0
        tab.press("Tab")
        tab.press("Enter")
        eventually(lambda: tab.shown("#more"), 1)
        assert "Folded." in tab.text()


@pytest.mark.parametrize(
    ("body", "of"),
    [
        ("<p style='width: 900px'>wide</p>", "sideways"),
        ("<p class=cut>aWordThatIsFarTooLong</p>", "clipped"),
        ("<script>alert(1)</script>", "complaints"),
        ("<img alt='' src='https://127.0.0.1:9/x.png'>", "complaints"),
    ],
)
def test_each_fault_of_a_page_is_seen(page: Path, chrome: Chromium, body: str, of: str) -> None:
    page.write_text(PAGE.replace("BODY", body))
    with chrome.tab(page, NARROW) as tab:
        eventually(lambda: bool(getattr(tab, of)), wanted=True)


def test_what_comes_later_is_waited_for_and_what_does_not_come_is_told(
    page: Path, chrome: Chromium, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.write_text(PAGE.replace("BODY", ""))
    with chrome.tab(page) as tab:
        later = "setTimeout(() => { document.title = 'later' }, 100), document.title"
        assert tab.run(later) == "a page"
        eventually(lambda: tab.run("document.title"), "later")
        monkeypatch.setattr(chromium, "_PATIENCE_OF_A_READER", 0)
        with pytest.raises(AssertionError, match="it is 'later', and stays so; wanted was 'never'"):
            eventually(lambda: tab.run("document.title"), "never")


def test_dark_mode_and_paper_can_be_asked_for(page: Path, chrome: Chromium) -> None:
    page.write_text(PAGE.replace("BODY", ""))
    for dark, media in ((True, ""), (False, "print")):
        with chrome.tab(page, dark=dark, media=media) as tab:
            assert tab.run("matchMedia('(prefers-color-scheme: dark)').matches") is dark
            assert tab.run("matchMedia('print').matches") is (media == "print")


@pytest.mark.usefixtures("axe")
def test_axe_finds_what_it_is_to_find(page: Path, chrome: Chromium) -> None:
    page.write_text(PAGE.replace("BODY", "<input type=checkbox>"))
    with chrome.tab(page) as tab:
        assert [item.partition(":")[0] for item in tab.barriers()] == ["label"]
