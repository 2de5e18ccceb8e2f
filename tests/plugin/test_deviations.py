"""Known deviations of a provider, as a session shows them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugin.conftest import Ran
from tests.plugin.streams import CLEAN, NO_DONE

Run = Callable[..., Ran]
Recording = Callable[..., Path]


@pytest.fixture
def listed(tmp_path: Path) -> Callable[..., None]:
    """List a deviation of acme in ./providers.toml."""

    def write(requirement: str = "done-present", **keys: str) -> None:
        lines = [
            "[acme]",
            'base_url = "https://acme.example/v1"',
            "[[acme.deviations]]",
            f'requirement = "{requirement}"',
            'reason = "the proxy drops it"',
            *(f"{key} = {value}" for key, value in keys.items()),
        ]
        (tmp_path / "providers.toml").write_text("\n".join(lines))

    return write


def test_a_known_deviation_does_not_gate(run: Run, recording: Recording, listed: Callable[..., None]) -> None:
    """It is shown as known, with a status of its own, and the run is green."""
    listed()
    ran = run("--replay", recording(NO_DONE), "-v")
    assert ran.code == 0, ran.text
    assert "[acme/stream/done-present] KNOWN" in ran.text
    assert "test_deviation[acme/done-present] PASSED" in ran.text
    assert "1 known" in ran.text
    assert "Nothing broken in 1 recorded exchange except for 1 known deviation: " in ran.text
    assert "\n  known  done-present: The last event is " in ran.text
    (page,) = ran.folder.glob("reports/acme/*/*/index.html")
    assert (
        "<h1>acme: nothing broken in 1 recorded exchange except for 1 known deviation</h1>"
        in page.read_text()
    )


@pytest.mark.parametrize(
    ("requirement", "keys", "body", "why"),
    [
        ("done-present", {}, CLEAN, "is fixed: it was kept everywhere"),
        ("done-present", {"until": "2020-01-31"}, NO_DONE, "expired on 2020-01-31"),
    ],
    ids=["fixed", "expired"],
)
def test_a_stale_deviation_is_red(
    run: Run,
    recording: Recording,
    listed: Callable[..., None],
    requirement: str,
    keys: dict[str, str],
    body: str,
    why: str,
) -> None:
    """One that is fixed or expired is an item of its own that fails."""
    listed(requirement, **keys)
    ran = run("--replay", recording(body), "-v")
    assert ran.code == 1
    assert f"test_deviation[acme/{requirement}] FAILED" in ran.text
    assert why in ran.text
    assert "the proxy drops it" in ran.text


def test_a_partial_run_does_not_call_a_deviation_fixed(
    run: Run, recording: Recording, listed: Callable[..., None]
) -> None:
    """It did not look everywhere."""
    listed()
    assert run("--replay", recording(CLEAN), "-k", "done-present").code == 0


def test_a_replay_does_not_speak_of_what_is_not_stored(
    run: Run, recording: Recording, listed: Callable[..., None]
) -> None:
    """A deviation of the Responses API is no item in a replay of a chat stream."""
    listed("response-created-first")
    ran = run("--replay", recording(CLEAN), "-v")
    assert "test_deviation" not in ran.text
    assert ran.code == 0


def test_a_misspelt_deviation_is_refused_before_anything_is_judged(
    run: Run, recording: Recording, listed: Callable[..., None]
) -> None:
    """Exit code 4 and the nearest name, with no report."""
    listed("done-presnt")
    ran = run("--replay", recording(CLEAN))
    assert ran.code == 4
    assert "deviation 1: there is no requirement 'done-presnt'\nhint: did you mean done-present?" in ran.text
    assert not (ran.folder / "reports").exists()
