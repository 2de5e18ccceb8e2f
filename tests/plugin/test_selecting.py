"""What a session says whose -m and -k select nothing."""

from collections.abc import Sequence

import pytest

from conformance.plugin.selecting import nothing_selected
from conformance.requirements import by_id
from conformance.run.items import PlannedVerdict
from tests.plugin.conftest import Run

ITEMS = [
    PlannedVerdict(provider="acme", subject=subject, requirement=by_id(name))
    for subject in ("chat-text", "chat-tool")
    for name in ("role-first", "usage-once", "done-present")
]


@pytest.mark.parametrize(
    ("marks", "names", "said"),
    [
        ("", "role-frist", ["-k 'role-frist' selects none of 6 items", ": did you mean role-first?"]),
        ("", "rolefirst and chat-text", ["rolefirst: did you mean role-first?"]),
        ("", "chat-txt", ["chat-txt: did you mean chat-text?"]),
        ("", "zzzz", ["zzzz: no requirement or request is named so", "`conformance list`", "chat-text, "]),
        ("", "tool-id-first", ["tool-id-first does not apply to what is judged"]),
        ("", "role-first and done-present", ["each word fits some items, but no item fits them all"]),
        ("usages", "", ["-m 'usages' selects none", "usages: did you mean usage?", "families (wire, chat, "]),
        ("chat-core", "", ["chat-core is a profile: --profile chat-core", "levels (must, should, info)"]),
        ("role-first", "", ["role-first is a requirement: -k role-first"]),
        ("must and zzzz", "", ["zzzz: no family or level is named so"]),
        ("must and info", "", ["each word fits some items, but no item fits them all"]),
        ("usages", "role-frist", ["-m 'usages' with -k 'role-frist' selects none", "usage?", "role-first?"]),
        ("not must", "not role", ["each word fits some items"]),
    ],
)
def test_the_words_that_fit_nothing_are_told(marks: str, names: str, said: Sequence[str]) -> None:
    """Each with the nearest that there is, and the rest of what can be named."""
    lines = nothing_selected(ITEMS, marks, names)
    for part in said:
        assert part in "\n".join(lines)


def test_a_session_tells_it_last(run: Run) -> None:
    """With exit code 5, whether it would have asked or only shown its items."""
    for more in ([], ["--collect-only", "-q"]):
        done = run("--provider", "reference", "-k", "role-frist", *more)
        assert done.code == 5
        assert "hint: role-frist: did you mean role-first?" in done.text.splitlines()[-2]


def test_what_was_selected_needs_no_words(run: Run) -> None:
    """Also where none of it applies, which the report says."""
    done = run("--provider", "reference", "-k", "role-first", "--collect-only", "-q")
    assert "selects none" not in done.text
