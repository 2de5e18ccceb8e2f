"""The examples: always the same bytes, small, and those that the code of today writes."""

import html
import json
import re
from datetime import date
from pathlib import Path
from tempfile import gettempdir
from zipfile import ZipFile

import pytest

from conformance.certify.verify import verified
from conformance.gate import ExitCode
from conformance.requirements import CATALOGUE
from conformance.text import ended
from conformance.version import suite_version
from tests import home
from tools.examples import EXAMPLES, NIGHTS, PAGE, example_suite, with_night, write_examples

LARGEST = 300_000  # bytes of a file
ALL = 1_500_000  # bytes of all of them


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The examples as they are written today, and what a terminal shows of the last night."""
    root = tmp_path_factory.mktemp("examples")
    return root, write_examples(root)


@pytest.fixture(scope="module")
def written(told: tuple[Path, list[str]]) -> Path:
    """The examples as they are written today."""
    return told[0]


def contents(root: Path) -> dict[str, bytes]:
    """The files of a folder by their path; of a zip, which another zlib packs otherwise, the members."""
    found: dict[str, bytes] = {}
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.suffix == ".zip":
            with ZipFile(path) as files:
                found |= {f"{name}/{member}": files.read(member) for member in files.namelist()}
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


def test_the_same_code_writes_the_same_bytes(written: Path, tmp_path: Path) -> None:
    """Whenever, and wherever."""
    write_examples(tmp_path)
    assert contents(tmp_path) == contents(written)


def test_the_examples_are_those_of_today(written: Path) -> None:
    """`make examples` writes them anew."""
    if suite_version() == "unknown":
        pytest.skip("the package is not installed, so that the examples name no version")
    today, there = contents(written), contents(EXAMPLES)
    there.pop("README.md")
    assert sorted(there) == sorted(today), "run `make examples`"
    differing = [name for name in today if today[name] != there[name]]
    assert not differing, "run `make examples`"


def test_the_examples_are_small_and_of_nobody(written: Path) -> None:
    """No path of the machine that wrote them is in them, and no key."""
    machine = [bytes(path) for path in (written, Path.home(), Path(gettempdir()), home.ROOT) if path.name]
    sizes = [path.stat().st_size for path in written.rglob("*") if path.is_file()]
    assert max(sizes) <= LARGEST
    assert sum(sizes) <= ALL
    for name, data in contents(written).items():
        assert not [place for place in (*machine, b"sk-a-key") if place in data], name


def test_the_examples_tell_what_changed(written: Path) -> None:
    """Each night something, and a deviation that expires."""
    night = json.loads((written / "nights" / "night.json").read_text())
    told = [entry["paragraph"] for entry in night["nights"]]
    assert len(told) == len(NIGHTS)
    assert "New at east: `content-string`" in told[0]
    assert "Fixed at east: `event-json`" in told[0]
    assert "`finish-reason-key` of south expires on 2026-12-05" in told[0]
    assert "New at east: `event-json`" in told[1]
    assert told[2].startswith("This is the first night")


def test_the_documentation_shows_the_last_night(told: tuple[Path, list[str]]) -> None:
    """`make examples` writes it there too."""
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("<!-- night -->") == 1
    assert with_night(page, told[1]) == page, "run `make examples`"


# A full stop behind one, behind a bracket that holds one, or behind a space; a bracket that holds only one.
STRAY = re.compile(
    r"(?<![./])\.\.(?![./])|\.\)[.;,]|[!?…]\.(?=\s|\Z)|(?<=[^\W\d]) [.;,](?=\s|\Z)|\(\.?\)|[;:,]\.(?=\s|\Z)"
)


def prose_in(name: str, text: str) -> str:
    """The texts of a page, without its styles, scripts and what an endpoint sent."""
    if name.endswith(".html"):
        text = re.sub(r"<(style|script|pre|code)\b.*?</\1>", "x", text, flags=re.DOTALL)
        text = html.unescape(re.sub(r"<(?:/?(?:a|span|strong|i|q|var|b|mark|small)\b)[^>]*>", "", text))
        text = re.sub(r"<[^>]+>", "\n", text)
    return text


@pytest.mark.parametrize("suffix", [".html", ".md", ".atom", "night.json"])
def test_no_sentence_of_the_examples_ends_twice(suffix: str, written: Path) -> None:
    """Where texts are put together, of the suite and of endpoints."""
    names = [name for name in written.rglob("*") if name.name.endswith(suffix)]
    assert names
    found = {
        (name.name, match[0], text[max(match.start() - 40, 0) : match.end() + 10])
        for name in names
        for text in [prose_in(name.name, name.read_text(encoding="utf-8"))]
        for match in STRAY.finditer(text)
    }
    assert not found


@pytest.mark.parametrize(
    ("text", "found"),
    [("a.). b", ".)."), ("a..", ".."), ("a .", " ."), ("a…. b", "…."), ("a:. b", ":."), ("a ().", "()")],
)
def test_what_is_looked_for_is_found(text: str, found: str) -> None:
    """Whatever it stands beside; three dots, paths and numbers are none of it."""
    match = STRAY.search(text)
    assert match
    assert match[0] == found
    assert not STRAY.search("wait... see ../a/b and 1.5 (or 2), as in `a.b`. Why? See c…")


def test_no_text_of_a_requirement_ends_twice() -> None:
    """Neither its statement nor what clients suffer, by whichever page they are told."""
    for rule in CATALOGUE:
        for text in (rule.statement, rule.hurts):
            assert not STRAY.search(text), rule.id
            assert not text or ended(text) == text, rule.id


def test_the_certificate_holds(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the suite that it names, whose code is that of every commit; any other cannot say."""
    (bundle,) = (written / "certificate").glob("certificate-*.zip")
    result = verified(bundle.read_bytes(), date(2026, 11, 26))
    assert [problem.code for problem in result.problems] == ["suite-differs"]
    monkeypatch.setattr("conformance.certify.verify.this_suite", example_suite)
    result = verified(bundle.read_bytes(), date(2026, 11, 26))
    assert not result.problems
    assert result.exit_code is ExitCode.CONFORMS
