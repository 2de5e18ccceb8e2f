"""The tables in the README agree with the current verdicts, if the recordings are beside the project."""

import pytest

from tools.recorded import ROOT, SAMPLE_NOTE, SAMPLES, sample, sample_verdicts, with_tables
from tools.shared import PAGES, RECORDINGS, absent


@pytest.mark.skipif(bool(absent(RECORDINGS)), reason=absent(RECORDINGS))
def test_the_tables_are_up_to_date() -> None:
    """`make tables` writes them anew."""
    readme = (ROOT / "README.md").read_text()

    assert with_tables(readme) == readme


@pytest.mark.skipif(bool(absent(PAGES)), reason=absent(PAGES))
@pytest.mark.parametrize(
    ("page", "broken"),
    [
        ("yuhuan-studio", {"chunk-schema", "finish-reason-present", "finish-reason-key"}),
        (
            "onysoft",
            {"chunk-schema", "choice-index", "role-first", "finish-reason-present", "finish-reason-key"},
        ),
    ],
)
def test_documented_samples_are_judged_as_samples(page: str, broken: set[str]) -> None:
    """They are abbreviated: keys and the end of the choice are left out, which a client would miss."""
    assert page in SAMPLES
    assert sample(page).note == SAMPLE_NOTE
    assert {verdict.requirement for verdict in sample_verdicts(page)} == broken
