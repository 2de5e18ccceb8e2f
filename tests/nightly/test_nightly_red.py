"""Which runs turn red, where some of what they break is known not to settle."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.gate import Deviation, ExitCode
from conformance.nightly.ask import NightPlan, ask
from conformance.nightly.records import stored_records
from conformance.nightly.red import settled
from conformance.nightly.tell import page
from conformance.nightly.words import code_of, paragraph
from conformance.providers import find_providers
from tests import home
from tests.nightly.conftest import past, stored, told, tonight

EXPIRED = {"deviations": [Deviation(requirement="must-c", reason="r")]}  # fixed, so out of date


@pytest.mark.parametrize(
    ("marks", "given", "flaky", "code", "causes"),
    [
        ({"must_a": "-", "must_b": "+"}, {}, {"must-a"}, 0, ("must-a",)),
        ({"must_a": "-", "must_b": "-"}, {}, {"must-a"}, 1, ()),
        ({"must_a": "-", "must_b": "-"}, {"because": {"must-b": "must-a"}}, {"must-a"}, 0, ("must-a",)),
        ({"must_a": "-", "must_b": "+"}, {}, {"must-b"}, 1, ()),
        ({"must_a": "-", "must_b": "e"}, {}, {"must-a"}, 6, ("must-a",)),
        ({"must_a": "-", "must_c": "+"}, {"header": EXPIRED}, {"must-a"}, 1, ()),
        ({"must_a": "+"}, {}, {"must-a"}, 0, ()),
        ({"must_a": "e"}, {}, {"must-a"}, 6, ()),
    ],
    ids=["alone", "beside", "follows", "other", "error", "stale", "kept", "lost"],
)
def test_only_what_is_flaky_turns_no_run_red(
    marks: dict[str, Any], given: dict[str, Any], flaky: set[str], code: int, causes: tuple[str, ...]
) -> None:
    """With it goes what follows from it. An error stays one, and so does a list that is out of date."""
    run = tonight(**marks, **given)
    assert run.report is not None
    assert settled(run.report, flaky) == (ExitCode(code), causes)


PROVIDERS = '[acme]\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n'
LEAVES = (
    "import shutil; shutil.copytree('tonight/acme', 'reports/acme', dirs_exist_ok=True); raise SystemExit(1)"
)


@pytest.mark.parametrize(("before", "code"), [("+-+", 0), ("+++", 1), ("-+-+", 0), ("+-+e", 0)])
def test_a_run_that_breaks_what_is_flaky_is_not_red_beside_a_baseline(
    before: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its report says what it broke, its record that it is flaky; without a baseline it is red."""
    monkeypatch.chdir(tmp_path)
    Path("providers.toml").write_text(PROVIDERS)
    Path("pytest.py").write_text(LEAVES)
    for number, mark in enumerate(before, 1):
        header = {"started": f"2026-09-0{number}T03:00:00Z"}
        run = tonight(must_a=mark, must_b="e" if mark == "e" else "+", header=header)
        stored(Path("reports"), run, f"2026090{number}T030000Z")
    stored(Path("tonight"), tonight(must_a="-", must_b="+", header={"started": "2026-10-02T03:00:00Z"}))
    given: dict[str, Any] = {"root": Path("reports"), "providers": find_providers(environment={})}
    (record,), _ = ask(
        [given["providers"]["acme"]], NightPlan(**given, baselines=Path("reports")), home.environment()
    )
    assert record.exit_code == code
    assert record.flaky == (() if code else ("must-a",))
    assert stored_records(Path("reports")) == (record,)


def test_the_paragraph_says_what_turned_no_run_red() -> None:
    """In its own sentence; and the table, that nothing new is broken."""
    run = tonight(must_a="-", must_b="+", code=ExitCode.CONFORMS)
    run = replace(run, record=replace(run.record, flaky=("must-a",)))
    news = told(run, before=past(*({"must_a": mark, "must_b": "+"} for mark in "+-+")))
    assert "Flaky at acme: `must-a` (MUST, broken tonight, turned 3 times of late)." in paragraph(news)
    assert "Not red for what is flaky: acme `must-a`." in paragraph(news)
    assert "| 0 nothing new broken | Does not conform:" in page(news)
    assert "(flaky, and so not red: must-a)" in page(news)


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ({"must_a": "+", "should_a": "+"}, "nothing broken"),
        ({"must_a": "+", "should_a": "~"}, "no MUST broken"),
        ({"must_a": "-", "should_a": "+"}, "nothing new broken"),
        ({"must_a": "-", "should_a": "~"}, "no new MUST broken"),
    ],
)
def test_an_exit_code_of_0_says_no_more_than_is_true(marks: dict[str, Any], words: str) -> None:
    """A broken SHOULD turns no run red, and a broken MUST that is known does not."""
    listed = [Deviation(requirement="must-a", reason="known")]
    run = tonight(code=ExitCode.CONFORMS, header={"deviations": listed}, **marks)
    assert code_of(run) == f"0 {words}"
