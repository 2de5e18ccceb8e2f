"""The page of a certificate on paper."""

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from conformance.certify.page import render
from conformance.requirements import by_id
from tests import home
from tests.browser.chromium import Chromium

A4, LETTER = (8.27, 11.69), (8.5, 11.0)
"""Width and height of a sheet in inches."""
LONG = "a-text-of-some-length-as-vendors-give-one"


def example() -> dict[str, Any]:
    """What the certificate among the examples says."""
    (bundle,) = (home.ROOT / "examples" / "certificate").glob("*.zip")
    with ZipFile(bundle) as there:
        (name,) = (name for name in there.namelist() if name.endswith("certificate.json"))
        found: dict[str, Any] = json.loads(there.read(name))
    return found


def burst() -> dict[str, Any]:
    """The certificate among the examples, of an endpoint that sends each answer in one burst."""
    found = example()
    found["result"]["beside"] = [
        {
            "requirement": name,
            "level": by_id(name).level.value,
            "statement": by_id(name).statement,
            "hurts": by_id(name).hurts,
            "exchanges": 15,
        }
        for name in ("stream-incremental", "answer-altered")
    ]
    return found


def full() -> dict[str, Any]:
    """A certificate of which every row says something, and that was not given for what is broken."""
    found = example()
    found["vendor"] = {"name": LONG, "product": LONG, "contact": LONG, "url": f"https://{LONG}.example"}
    found["suite"]["commit"] = "0123abc" * 6
    found["service"] = {name: [LONG] for name in ("server", "via", "openai-version", "x-model")}
    found["models"] = [f"organisation/{LONG}", f"organisation/{LONG}-again"]
    found["configuration"] |= {"extra_body": {LONG: LONG}, "headers": [LONG], "unsupported_params": [LONG]}
    broken = {"requirement": "id-constant", "level": "MUST", "known": False, "statement": f"{LONG} {LONG}."}
    found["result"] |= {"verdict": "broken", "broken": [broken | {"on": [LONG] * 4}] * 6}
    found["result"]["beside"] = burst()["result"]["beside"] * 2
    return found | {"verdict": "not certified"}


@pytest.mark.parametrize("paper", [A4, LETTER], ids=["a4", "letter"])
@pytest.mark.parametrize(
    ("made", "most"), [(example, 1), (burst, 1), (full, 2)], ids=["example", "burst", "full"]
)
def test_a_certificate_is_one_sheet_of_paper_and_a_full_one_two(
    made: Callable[[], dict[str, Any]],
    most: int,
    paper: tuple[float, float],
    tmp_path: Path,
    chrome: Chromium,
) -> None:
    """Nothing of it is left out."""
    page = tmp_path / "certificate.html"
    page.write_text(render(made()), encoding="utf-8")
    with chrome.tab(page) as tab:
        width, height = paper
        printed = tab.call("Page.printToPDF", paperWidth=width, paperHeight=height, preferCSSPageSize=True)
        assert b64decode(printed["data"]).count(b"/Type /Page\n") == most
    with chrome.tab(page, media="print") as tab:
        assert tab.shown("body *") == tab.run("document.querySelectorAll('body *').length")
