"""The files of the profiles: frozen, drawn up by the table, and refused where they are wrong."""

import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.catalogue import Level, Requirement
from conformance.dialects import DIALECTS
from conformance.errors import ConformanceError, UnknownProfileError
from conformance.paths import schema
from conformance.profiles import profiles, read_profile
from conformance.requirements import CATALOGUE, by_id
from conformance.standing import Profile
from tools import profiles as drawing
from tools.profiles import (
    ADMITTED,
    FROZEN,
    LATER,
    OUTSIDE,
    PROFILES,
    ROWS,
    digest,
    drawn_up,
    main,
    outside,
    text,
)

FILES = sorted(PROFILES.glob("*.toml"))
HELD = {name for profile in profiles().newest for name in profile.requirements}
NAMES = (
    *("chat-core", "chat-tools", "chat-reasoning", "chat-structured"),
    *("responses-core", "responses-tools", "responses-reasoning"),
)

every_profile = pytest.mark.parametrize("profile", profiles().values(), ids=lambda one: one.id)
every_rule = pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)


def test_every_file_is_held_by_its_digest() -> None:
    """A profile that was released is never changed; `python -m tools.profiles` draws up new ones."""
    assert {path.stem: digest(path.read_text()) for path in FILES} == tomllib.loads(FROZEN.read_text())


def test_the_profiles_of_the_table_are_there() -> None:
    """Each name once in the table, each with a file."""
    assert tuple(row.name for row in ROWS) == NAMES
    assert {profile.name for profile in profiles().newest} == set(NAMES)
    assert len(FILES) == len(profiles())


@every_rule
def test_a_requirement_is_in_a_profile_or_a_reason_says_why_it_is_in_none(rule: Requirement) -> None:
    """Draw up the next profiles by `python -m tools.profiles`, or let it wait in `LATER` of that module."""
    assert rule.id in HELD or outside(rule, tuple(HELD))


def test_no_reason_is_given_for_what_is_in_a_profile() -> None:
    """A row that is out of date would keep a requirement out of the next profiles."""
    assert not {*OUTSIDE, *LATER} & HELD
    assert {*OUTSIDE, *LATER} <= {rule.id for rule in CATALOGUE}
    assert [name for name in OUTSIDE if by_id(name).level is not Level.MUST] == []


@every_profile
def test_what_depends_on_the_model_is_a_promise_of_the_profile(profile: Profile) -> None:
    """So is a SHOULD: each is named in the row of the table."""
    (row,) = [row for row in ROWS if row.name == profile.name]
    rules = [by_id(name) for name in profile.requirements]
    special = {rule.id for rule in rules if rule.model or rule.level is not Level.MUST}
    assert special <= set(row.also) <= set(profile.requirements)


@every_profile
def test_a_profile_says_what_it_needs_of_its_own_api(profile: Profile) -> None:
    """Its requirements apply there, and each of its dialects explains one of them."""
    assert all(by_id(name).api.hold(profile.api) for name in profile.requirements)
    assert all(DIALECTS[name].explains.keys() & set(profile.requirements) for name in profile.dialects)
    assert set(profile.dialects) <= set(ADMITTED)
    assert not set(profile.scenarios) & set(profile.optional)


@every_profile
def test_a_file_is_the_text_of_what_is_read_from_it(profile: Profile, tmp_path: Path) -> None:
    """Written and read, a profile is the same."""
    path = tmp_path / f"{profile.id}.toml"
    path.write_text(text(profile))
    assert read_profile(path) == profile


@pytest.mark.parametrize("profile", profiles().newest, ids=lambda one: one.name)
def test_the_page_about_profiles_has_it(profile: Profile) -> None:
    """With the capabilities that it needs."""
    page = (PROFILES.parent / "docs" / "profiles.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{profile.name}` |")]
    assert row.endswith(f"| {', '.join(f'`{name}`' for name in profile.claims)} |")


def test_the_schema_is_valid() -> None:
    Draft202012Validator.check_schema(schema("profile"))


def test_a_name_is_that_of_the_newest_and_an_id_that_of_one() -> None:
    """And what is neither gets a hint."""
    newest = profiles().named("chat-core")
    assert profiles().named(newest.id) is newest
    with pytest.raises(UnknownProfileError, match="did you mean chat-tools"):
        profiles().named("chat-tool")


def test_a_new_date_does_not_touch_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest is found by its date, whatever the order of the files."""
    old = profiles().named("chat-core")
    for day in (date(2030, 1, 1), date(2027, 1, 1)):
        one = drawn_up(ROWS[0], day)
        (tmp_path / f"{one.id}.toml").write_text(text(one))
    (tmp_path / f"{old.id}.toml").write_text(text(old))
    monkeypatch.setattr("conformance.profiles.data", lambda _name: tmp_path)
    found = profiles.__wrapped__()
    assert found.named("chat-core").date == date(2030, 1, 1)
    assert found.named(old.id) == old


GOOD = text(profiles().named("chat-core"))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda text: text + 'clams = ["chat"]\n', "there is no key `clams`\nhint: did you mean claims?"),
        (lambda text: text.replace('  "usage",\n', '  "usege",\n', 1), "no capability 'usege'"),
        (lambda text: text.replace('"chat-length"', '"chat-lenght"'), "did you mean chat-length?"),
        (lambda text: text.replace('"role-first"', '"role-fist"'), "did you mean role-first?"),
        (
            lambda text: text.replace('"usage-unasked",\n', '"usage-unaskd",\n', 1),
            "did you mean usage-unasked?",
        ),
        (lambda text: text.replace('"role-first"', '"usage-true"'), "no requirement 'usage-true'"),
        (
            lambda text: text.replace('"chat-text"', '"responses-text"'),
            "it asks the responses API, and the profile is of the chat API",
        ),
        (lambda text: text.replace('api = "chat"', 'api = "chats"'), "key `api`"),
        (lambda text: text.replace('api = "chat"\n', ""), "the key `api` is missing"),
        (lambda text: text.replace("date = 2026-11-26", 'date = "2026-11-26"'), "is no date of the calendar"),
        (lambda text: text.replace("date = 2026-11-26", "date = 2026-11-27"), "chat-core-2026-11-27.toml"),
        (lambda text: text.replace("date = ", "date == "), "is not TOML"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_a_hint(
    spoil: Callable[[str], str], told: str, tmp_path: Path
) -> None:
    """Unknown keys and ids, a missing key, and a name that is not the file's."""
    assert spoil(GOOD) != GOOD
    path = tmp_path / "chat-core-2026-11-26.toml"
    path.write_text(spoil(GOOD))
    with pytest.raises(ConformanceError) as raised:
        read_profile(path)
    assert told in str(raised.value)


def test_the_tool_draws_up_the_next_ones_and_never_changes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With digests; `--check` says what a next date would bring."""
    frozen = tmp_path / "frozen.toml"
    monkeypatch.setattr(drawing, "PROFILES", tmp_path)
    monkeypatch.setattr(drawing, "FROZEN", frozen)
    assert main(["--check"]) == 1
    assert "chat-core: there is no such profile yet" in capsys.readouterr().out
    assert main(["--date", "2027-01-01"]) == 0
    path = tmp_path / "chat-core-2027-01-01.toml"
    assert tomllib.loads(frozen.read_text())[path.stem] == digest(path.read_text())
    assert main(["--check"]) == 0

    assert main(["--date", "2027-01-01"]) == 1
    assert "a profile is never changed" in capsys.readouterr().err
    path.write_text(path.read_text().replace('  "role-first",\n', ""))
    assert main(["--check"]) == 1
    assert capsys.readouterr().out == "chat-core-2027-01-01: + requirements role-first\n"
    assert main(["--date", "2027-01-01", "--replace"]) == 0
    assert main(["--check"]) == 0
