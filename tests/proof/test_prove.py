"""`make prove ID=role-first`: its output, and when it fails."""

from dataclasses import replace

import pytest

from conformance.reference.faults import FAULTS
from tests.proof import __main__ as prove
from tests.proof import proving
from tests.proof.chat import choices
from tests.proof.streams import chat

ROLE_ABSENT = next(wire for wire in choices.BROKEN if wire.id == "role-absent")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the streams that chat wires are made of, one fault and one wire, so that it does not take long."""
    monkeypatch.setattr(prove, "LEGAL", chat.LEGAL)
    monkeypatch.setattr(proving, "BREAKERS", (FAULTS["role-missing"], ROLE_ABSENT))


@pytest.mark.usefixtures("few")
def test_a_requirement_that_is_broken_and_kept_is_proven(capsys: pytest.CaptureFixture[str]) -> None:
    """It is shown with its level, and with all that proves it."""
    assert prove.main(["role-first"]) == 0
    said = capsys.readouterr().out
    assert "role-first  MUST, chat\nThe role of a choice comes before anything that it says.\n" in said
    assert "broken by\n  fault role-missing\n  wire role-absent\n" in said
    assert "verdicts\n  13 of 13 legal wires\n" in said
    assert "proven both ways" in said


@pytest.mark.usefixtures("few")
def test_a_requirement_that_nothing_breaks_is_not_proven(capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing is told, and where it goes; one that is proven does not make up for it."""
    assert prove.main(["role-value", "role-first"]) == 1
    said = capsys.readouterr().out
    assert "Nothing breaks it: add a fault, or a wire to the table BROKEN.\nNOT PROVEN" in said
    assert "tests/proof/chat/choices" in said


@pytest.mark.usefixtures("few")
def test_what_is_not_as_declared_is_no_proof(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A good stream that is called broken, and a broken one that is called legal."""
    monkeypatch.setattr(proving, "BREAKERS", (replace(chat.TEXT, breaks=("role-first",)),))
    monkeypatch.setattr(prove, "LEGAL", (*chat.LEGAL, replace(ROLE_ABSENT, breaks=())))
    assert prove.main(["role-first"]) == 1
    said = capsys.readouterr().out
    assert "wire chat-text, and not as declared" in said
    assert "wire chat-text: role-first: it is not broken" in said
    assert "legal wire role-absent: it is broken: role-absent, event 2: expected a role for choice 0" in said


@pytest.mark.usefixtures("few")
def test_a_requirement_that_nothing_keeps_is_not_proven(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the reference provider nor a legal wire."""
    monkeypatch.setattr(prove, "judged", list)
    monkeypatch.setattr(prove, "LEGAL", ())
    assert prove.main(["role-first"]) == 1
    assert "Nothing keeps it: add a wire to the table LEGAL." in capsys.readouterr().out


def test_a_rule_for_the_record_needs_no_proof(capsys: pytest.CaptureFixture[str]) -> None:
    """Its reason is told."""
    assert prove.main(["model-true"]) == 0
    assert "It cannot be tested from outside, and needs no proof: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("names", "hint"), [(["role-frist"], "did you mean role-first?"), ([], "make prove ID=role-first")]
)
def test_an_unknown_name_is_bad_usage(
    names: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was probably meant is told."""
    assert prove.main(names) == 4
    assert hint in capsys.readouterr().err


def test_an_id_that_is_mistyped_where_it_should_be_broken_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would be left out of the proof of the one that was meant."""
    assert proving.mistyped() == []
    wrong = replace(ROLE_ABSENT, breaks=("role-frist",))
    (told,) = proving.mistyped([FAULTS["role-missing"], wrong])
    assert told == "wire role-absent breaks 'role-frist', which is no requirement; did you mean role-first?"

    monkeypatch.setattr(prove, "mistyped", lambda: [told])
    assert prove.main(["role-first"]) == 1
    assert told in capsys.readouterr().err
