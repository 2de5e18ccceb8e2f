"""pytest's own log of a session: what has a row, what it says, and its counts."""

import json
import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.conftest import Ran, ran, recorded
from tests.plugin.streams import CLEAN, NO_DONE, USAGE_LATE

Run = Callable[..., Ran]
Recording = Callable[..., Path]
JOINED = CLEAN.replace("}\n\ndata: {", "}{", 1)  # breaks one rule, and others because of it


class Log:
    """The page of pytest-html: its rows by their cells, and the numbers beside its filters."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_text(encoding="utf-8")
        (blob,) = re.findall(r'data-jsonblob="([^"]*)"', self.text)
        self.data: dict[str, Any] = json.loads(unescape(blob))
        self.tests = [test for tests in self.data["tests"].values() for test in tests]
        self.rows = [[self.cell(cell) for cell in test["resultsTableRow"]] for test in self.tests]
        filters = self.text.partition('<div class="filters">')[2].partition("</div>")[0]
        shown = re.findall(r"<input ([^>]*)>\s*<span[^>]*>([^<]*)</span>", filters)
        self.counts = {
            word: int(number)
            for attributes, text in shown
            if "disabled" not in attributes
            for number, word in re.findall(r"(\d+) (\w+)", text)
        }

    @staticmethod
    def cell(html: str) -> str:
        """The text of a cell; of one with a link, the address."""
        links = re.findall(r'href="([^"]*)"', html)
        return unescape(links[0] if links else re.sub(r"<[^>]*>", "", html))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A session with all that a replay comes to: kept, broken, alike, following, warned, noted, skipped."""
    folder = tmp_path_factory.mktemp("mixed")
    for name, body in (("one", JOINED), ("two", JOINED), ("three", USAGE_LATE)):
        path = recorded(folder, body, name, request={"stream_options": {"include_usage": True}})
    return ran(folder, "--replay", path.parent)


@pytest.fixture(scope="module")
def log(mixed: Ran) -> Log:
    """Its log."""
    (path,) = mixed.folder.glob("reports/_sessions/*/pytest.html")
    return Log(path)


def test_the_counts_are_those_of_the_terminal(mixed: Ran, log: Log) -> None:
    """Word for word; what warned has not passed."""
    (line,) = re.findall(r"^=+ (\d+ failed, .*) in [\d.]+s =+$", mixed.text, re.MULTILINE)
    told = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", line)}
    assert {"failed", "passed", "skipped", "warned", "noted", "alike", "following"} <= told.keys()
    assert log.counts == told


def test_what_was_kept_has_one_line_an_exchange(log: Log) -> None:
    """With its number; together as many as have passed."""
    kept = [row for row in log.rows if row[0] == "Passed"]
    assert sorted(row[1] for row in kept) == ["one", "three", "two"]
    numbers = [int(row[3].removesuffix(" requirements kept")) for row in kept]
    assert sum(numbers) == log.counts["passed"]


def test_whatever_was_not_kept_has_a_row_of_its_own(mixed: Ran, log: Log) -> None:
    """With its outcome, requirement, level, and a link to what the compliance report says of it."""
    outcomes = Counter(row[0].lower() for row in log.rows)
    assert {word: outcomes[word] for word in log.counts if word != "passed"} == {
        word: number for word, number in log.counts.items() if word != "passed"
    }
    assert next(row[:3] for row in log.rows if row[0] == "Failed") == ["Failed", "one/event-json", "MUST"]
    (session,) = mixed.folder.glob("reports/_sessions/*")
    for _, name, _, _, link in log.rows:
        path, _, anchor = link.partition("#")
        page = (session / path).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in page, name
    assert "#r-usage-empty-choices" in {row[4][-len("#r-usage-empty-choices") :] for row in log.rows}


def test_pytest_html_shows_every_row(log: Log) -> None:
    """Its filters are a fixed list: a result that is not among them is never seen."""
    assert {test["result"].lower() for test in log.tests} <= {
        "passed",
        "skipped",
        "failed",
        "error",
        "xfailed",
    }


def test_a_row_says_in_a_line_what_was_observed(log: Log) -> None:
    """The bug report is in the terminal and in the compliance report, and the wire is there as well."""
    said = {row[0]: row[3] for row in log.rows}
    assert said["Failed"].startswith("expected ")
    assert said["Following"].startswith("because of event-json: expected ")
    assert said["Skipped"] == "the source holds no timing"
    assert {test["log"] for test in log.tests} == {""}


def test_the_log_of_a_clean_run_is_small(run: Run) -> None:
    """It had 1.5 MB for 2,100 items; most of it is now the program of pytest-html itself."""
    done = run("--provider", "reference", "--scenarios", "chat-text,chat-tool,chat-n")
    assert done.code == 0, done.text
    (path,) = done.folder.glob("reports/_sessions/*/pytest.html")
    log = Log(path)
    assert log.counts["passed"] > 200
    assert len(log.rows) < 20
    assert path.stat().st_size < 60_000


def test_names_of_several_providers_are_told_apart(run: Run, recording: Recording) -> None:
    """Both have an exchange of one name."""
    recording(CLEAN, "one", "acme")
    path = recording(NO_DONE, "two", "bolt")
    done = run("--replay", path.parent)
    (log,) = done.folder.glob("reports/_sessions/*/pytest.html")
    names = {row[1] for row in Log(log).rows}
    assert "bolt/two/done-present" in names
    assert "acme/one" in names


def test_tests_of_somebody_else_keep_their_rows(run: Run, recording: Recording, tmp_path: Path) -> None:
    """Each with its name; they count as pytest counts them."""
    from conformance.suite import FOLDER  # noqa: PLC0415

    own = tmp_path / "test_own.py"
    own.write_text("def test_good():\n    pass\n\n\ndef test_bad():\n    assert 1 == 2\n")
    done = run("--replay", recording(), str(FOLDER), own)
    assert done.code == 1
    (path,) = done.folder.glob("reports/_sessions/*/pytest.html")
    log = Log(path)
    rows = {row[1]: row[0] for row in log.rows}
    assert rows["test_own.py::test_good"] == "Passed"
    assert rows["test_own.py::test_bad"] == "Failed"
    assert log.counts["failed"] == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--provider", "openai"), 4),
        (("--provider", "nobody"), 4),
        (("--provider", "reference", "-k", "no-such-thing"), 5),
        (("--provider", "reference", "--resume", "latest", "--scenarios", "smoke"), 4),
    ],
)
def test_a_session_that_never_began_leaves_nothing(arguments: tuple[str, ...], code: int, run: Run) -> None:
    """No log, no folder, and no line that names one: its key is missing, or nothing is to be done."""
    done = run(*arguments)
    assert done.code == code, done.text
    assert not (done.folder / "reports").exists()
    assert "report:" not in done.text
    assert "xml file:" not in done.text


def test_a_log_that_somebody_named_is_written_all_the_same(run: Run) -> None:
    """Theirs is pytest's own affair, as without the suite."""
    done = run("--provider", "openai", "--html", "mine.html", "--junitxml", "mine.xml")
    assert done.code == 4
    assert (done.folder / "mine.html").is_file()
    assert (done.folder / "mine.xml").is_file()
