"""The last screen: how much room each thing takes, and that nothing in it is cut that is to be copied."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.catalogue import Outcome, Violation
from conformance.gate import Deviation
from conformance.report.bugreport import contrast, headline
from conformance.report.records import Report
from conformance.report.summary import summarise
from conformance.report.terminal import Screen, _cells, block_lines, page_lines, verdict_lines
from conformance.standing import Stand, Standing

PROFILES = tuple(
    Standing(
        profile=f"{name}-2026-11-26", stand=Stand.BROKEN, broken=("must-a", "must-b", "must-c", "should-a")
    )
    for name in ("chat-core", "chat-tools", "chat-reasoning", "chat-structured", "responses-core")
)
WIDTHS = pytest.mark.parametrize("width", [79, 99, 139])


def worst(make: SimpleNamespace) -> Report:
    """All that a report can say at once: long texts, profiles, consequences, known and stale deviations."""
    long = Violation(expected="a thing " * 40, observed="另一個 " * 60, event=2)
    found = [
        make.verdict(name, subject=f"chat-{place}", violations=(long,), because=because)
        for name, because in (("must-a", ""), ("must-b", ""), ("must-c", ""), ("should-a", "must-a"))
        for place in range(3)
    ]
    found += [make.verdict("must-first", violations=(long,)), make.verdict("info-a")]
    listed = [
        Deviation(requirement="must-c", reason="known"),
        *(Deviation(requirement=f"gone-{number}", reason="known") for number in range(9)),
    ]
    made: Report = make.report(found, deviations=listed)
    return replace(made, footer=replace(made.footer, profiles=PROFILES))


def screen(make: SimpleNamespace, made: Report, how: Screen) -> list[str]:
    """The lines of the block of a provider, with its report's."""
    summary = summarise(made, make.lookup)
    told = [line for line, _ in verdict_lines(made, summary, [make.stream()], how)]
    return [
        *told,
        *page_lines(made, Path("/srv/reports/acme/acme-large/20261001T041209Z/index.html"), how),
    ]


@WIDTHS
def test_the_screen_of_one_provider_has_at_most_25_lines(width: int, make: SimpleNamespace) -> None:
    """With the headline that stands above it, and no line is longer than the terminal is wide."""
    lines = screen(make, worst(make), Screen(width=width))
    assert len(lines) + 1 <= 25
    assert max(map(_cells, lines)) <= width
    assert lines[-1].endswith("file:///srv/reports/acme/acme-large/20261001T041209Z/index.html")


@WIDTHS
def test_no_word_is_broken(width: int, make: SimpleNamespace) -> None:
    """Ids are copied whole; what has no room is left out whole."""
    told = " ".join(screen(make, worst(make), Screen(width=width)))
    words = {word.strip("(),:;") for word in told.split()}
    known = {"must-a", "must-b", "must-c", "must-first", "should-a", *(item.name for item in PROFILES)}
    parts = {name[:end] for name in known for end in range(5, len(name))} - known
    assert not words & parts
    assert {"must-first", "chat-core"} <= words


def test_of_several_providers_each_has_a_part_of_the_screen(make: SimpleNamespace) -> None:
    """The more there are, the less: never without the sentence, the first to fix, and the report."""
    numbers = [
        len(screen(make, worst(make), Screen(width=99, providers=providers))) for providers in (1, 2, 4)
    ]
    assert numbers == sorted(numbers, reverse=True)
    few = screen(make, worst(make), Screen(width=99, providers=8))
    assert len(few) <= 12
    assert any(line.startswith("  MUST ") for line in few)
    assert any("does not conform" in line.lower() for line in few)


def test_what_is_left_out_is_counted(make: SimpleNamespace) -> None:
    """Of what to fix, and of what is known."""
    names = ("must-a", "must-b", "must-c", "must-first", "should-a")
    listed = [Deviation(requirement="should-a", reason="known")]
    lines = screen(make, make.report([make.verdict(name) for name in names], deviations=listed), Screen())
    assert "         1 known in the report" not in lines
    assert "         and 1 more known in the report" in lines
    lines = screen(make, make.report([make.verdict(name) for name in names]), Screen())
    assert "         and 1 more in the report" in lines


def test_elsewhere_a_sentence_stays_on_one_line(make: SimpleNamespace) -> None:
    """For programs that search a log: each line begins with what it is about."""
    lines = screen(make, worst(make), Screen())
    assert not [line for line in lines if line.startswith("   ") and "more" not in line]


def test_a_long_address_gives_way_to_a_path(
    make: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a line of its own, from which it is copied whole."""
    monkeypatch.chdir(tmp_path)
    page = tmp_path / ("x" * 60) / "index.html"
    made = make.report([make.verdict("must-a")])
    assert list(page_lines(made, page, Screen(width=79))) == ["compliance report:", f"{'x' * 60}/index.html"]
    short = list(page_lines(made, tmp_path / "index.html", Screen(width=200)))
    assert short == [f"compliance report: {(tmp_path / 'index.html').as_uri()}"]
    (line,) = page_lines(made, page, Screen())
    assert line.endswith(page.as_uri())


@pytest.mark.parametrize(
    ("expected", "observed", "said"),
    [
        ("a", "b", "expected a, observed b"),
        (
            "a" * 30 + "b" * 100,
            "short",
            "expected aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
        (
            "x" * 200 + "RIGHT" + "y" * 200,
            "x" * 200 + "WRONG" + "y" * 200,
            "expected … xxxxxxxxxxxxRIGHTyyy",
        ),
        (
            "x" * 200 + "RIGHT" + "y" * 200,
            "x" * 200 + "WRONG" + "y" * 200,
            ", observed … xxxxxxxxxxxxWRONGyyy",
        ),
        ("x" * 300, "x" * 299, "(299 characters)"),
    ],
)
def test_both_texts_are_seen_where_they_differ(expected: str, observed: str, said: str) -> None:
    """Each is clipped for itself, so that a long expectation does not hide what was observed."""
    told = contrast(Violation(expected=expected, observed=observed), 140)
    assert said in told
    assert ", observed " in told
    assert len(told) <= 140 + len("expected , observed ") + 2 * len(" (300 characters)")


def test_the_headline_of_a_ruling_shows_both(make: SimpleNamespace) -> None:
    """In pytest's summary and in junit.xml."""
    violation = Violation(expected="e" * 1000, observed="observed last", event=1)
    (ruling,) = make.report([make.verdict("must-a", violations=(violation,))]).rulings
    assert headline(ruling).endswith("observed observed last")


BLOCK = """acme breaks must-a (MUST, chat) in chat-text

  where       event 1, bytes 0-10, and so much more of it that the line is longer than eighty columns are
  observed    %s
  evidence    reports/acme/acme-large/20261001T041209Z/evidence/a-name-that-is-so-long.jsonl
  again       pytest --replay reports/acme/acme-large/20261001T041209Z/evidence/a-name-that.jsonl -k must-a
  more        conformance explain must-a"""


def test_a_block_is_laid_out_on_a_terminal() -> None:
    """Paths stand on lines of their own, and a command goes on behind a backslash."""
    lines = list(block_lines(BLOCK % "x", Screen(width=79)))
    assert max(map(len, lines)) <= 80
    at = lines.index("  evidence")
    assert lines[at + 1].startswith("reports/acme/")
    assert lines[at + 2 : at + 4] == [
        "  again       pytest --replay \\",
        "reports/acme/acme-large/20261001T041209Z/evidence/a-name-that.jsonl -k must-a",
    ]
    assert "              longer than eighty columns are" in lines
    assert list(block_lines(BLOCK % "x", Screen())) == (BLOCK % "x").split("\n")


@pytest.mark.parametrize(
    "said", ["a " * 30 + "::error::x " + "y" * 90, "z" * 64 + " ::error::x", "##[x] " * 40]
)
@pytest.mark.parametrize("width", range(60, 90, 3))
def test_laying_out_makes_no_mark_of_a_ci_runner(said: str, width: int) -> None:
    """A line that begins anew may begin with what was in the middle of one."""
    lines = [
        *block_lines(BLOCK % said, Screen(width=width)),
        *Screen(width=width).laid(said, most=9),
    ]
    assert not [line for line in lines if line.strip().startswith("::")]
    assert not [line for line in lines if line.startswith(("a ", "z", "##", "y"))]


def test_what_is_to_be_done_is_not_cut(make: SimpleNamespace) -> None:
    """Where nothing could be judged, the sentence has the room of what is to be fixed, and no profile."""
    reason = "the endpoint wants a key, and none was sent " * 4 + "name the variable that holds it"
    made = make.report([make.verdict("must-a", Outcome.ERROR, reason=reason)])
    unsure = Standing(profile="chat-core-2026-11-26", stand=Stand.NOT_TESTABLE, reason="nothing came")
    made = replace(made, footer=replace(made.footer, profiles=(unsure,)))
    told = " ".join(line.strip() for line in screen(make, made, Screen(width=79)))
    assert "name the variable that holds it" in told
    assert "profiles" not in told
    assert "profiles not testable: chat-core" in " ".join(screen(make, made, Screen()))


def test_a_screen_says_nothing_of_profiles_where_there_are_none(make: SimpleNamespace) -> None:
    """And nothing of what is to fix in a run that conforms."""
    made = make.report([make.verdict("must-a", Outcome.PASS)])
    lines = screen(make, made, Screen(width=79))
    assert [line.split()[0] for line in lines[:-1]] == ["acme", "Conforms:", "1", "compliance"]
