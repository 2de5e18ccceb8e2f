"""Badges of runs and of bundles: words, days and colours, and no percentage."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conformance.certify.badge import Badge, badge_of_bundle, badges_of_report, shield, svg
from conformance.certify.bundle import packed
from conformance.certify.certificate import DAYS
from conformance.cli import command
from conformance.errors import ConformanceError
from conformance.gate import ExitCode
from tests.certify.made import FLAKY, bundle, certified, content, files, ran, repaged


def badge(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, ["badge", *map(str, arguments)], standalone_mode=False)


def message(folder: Path, name: str = "reference-chat-structured") -> str:
    told: dict[str, str] = json.loads((folder / f"{name}.json").read_text())
    return told["message"]


def test_a_bundle_that_holds_is_certified(tmp_path: Path) -> None:
    """In the form that shields.io reads, and as a picture of our own."""
    path = tmp_path / "x.zip"
    path.write_bytes(certified())
    done = badge(path, "--out", tmp_path)
    assert done.return_value is ExitCode.CONFORMS
    told = json.loads((tmp_path / "reference-chat-structured.json").read_text())
    assert told == {
        "schemaVersion": 1,
        "label": "reference chat-structured-2026-11-26",
        "message": f"certified {content(certified())['issued']}",
        "color": "1b6338",
        "labelColor": "33373f",
        "isError": False,
    }
    picture = ET.fromstring((tmp_path / "reference-chat-structured.svg").read_text())  # noqa: S314
    title = picture.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == picture.get("aria-label")
    assert str(title.text).startswith(f"{told['label']}: {told['message']}, by stream-conformance ")


def test_one_that_expired_says_since_when(tmp_path: Path) -> None:
    """On the day of the badge, which may be named."""
    path = tmp_path / "x.zip"
    path.write_bytes(certified())
    badge(path, "--out", tmp_path, "--at", "2099-01-01")
    assert message(tmp_path) == f"expired {content(certified())['expires']}"


def test_a_broken_bundle_is_broken(tmp_path: Path) -> None:
    """It is consistent, so it has a badge."""
    path = tmp_path / "x.zip"
    path.write_bytes(bundle(fault=FLAKY))
    assert badge(path, "--out", tmp_path).return_value is ExitCode.CONFORMS
    assert message(tmp_path).startswith("broken ")


def test_no_badge_is_made_of_a_forged_bundle(tmp_path: Path) -> None:
    """The error names what is wrong, and what lists the rest."""
    path = tmp_path / "x.zip"
    path.write_bytes(packed(repaged(files(certified()), lambda told: told.update(expires="2099-01-01"))))
    done = badge(path, "--out", tmp_path)
    assert isinstance(done.exception, ConformanceError)
    assert done.exception.code == "bundle-forged"
    assert 'expires is "2099-01-01"' in done.exception.message
    assert not list(tmp_path.glob("*.svg"))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file stands in its place."""
    path = tmp_path / "x.zip"
    path.write_bytes(bundle())
    error = badge(path, "--out", path).exception
    assert isinstance(error, ConformanceError)
    assert (error.code, error.message) == (
        "badge-folder",
        f"the folder {path} cannot be written (File exists)",
    )


def test_a_run_has_a_badge_for_each_profile(tmp_path: Path) -> None:
    """It says what was found and not that anything is certified; one profile may be chosen."""
    result = ran(tmp_path / "reports")
    folder = result.run.folder
    assert folder is not None
    badge(folder, "--out", tmp_path)
    assert message(tmp_path) == f"kept {result.report.header.started[:10]}"
    for name in ("chat-structured", "chat-structured-2026-11-26"):
        assert badge(folder, "--out", tmp_path / name, "--profile", name).return_value is ExitCode.CONFORMS
        assert len(list((tmp_path / name).iterdir())) == 2
    none = badge(folder, "--out", tmp_path, "--profile", "chat-core").exception
    assert isinstance(none, ConformanceError)
    assert none.hint == "there are chat-structured-2026-11-26"


WORDS = {
    "certified": "certified 2026-11-26",
    "kept": "kept 2026-11-26",
    "broken": "broken 2026-11-26",
    "not_testable": "not testable 2026-11-26",
    "not_applicable": "not applicable 2026-11-26",
    "incomplete": "incomplete 2026-11-26",
    "expired": "expired 2027-05-25",
}


def made(kind: str, provider: str = "acme") -> Badge:
    day = date(2026, 11, 26)
    return Badge(provider=provider, profile="chat-core-2026-11-26", kind=kind, day=day, suite="1.0")


def test_what_was_kept_in_a_run_that_was_cut_off_is_incomplete(tmp_path: Path) -> None:
    """Of a bundle and of a run alike: nobody can say that it is kept."""
    told = content(certified()) | {"verdict": "not certified"}
    assert badge_of_bundle(told, date.fromisoformat(told["issued"])).kind == "incomplete"
    report = ran(tmp_path).report
    cut = replace(report, footer=replace(report.footer, incomplete="its time was over"))
    day = date.fromisoformat(report.header.started[:10])
    assert [one.kind for one in badges_of_report(cut, day)] == ["incomplete"]
    assert [one.kind for one in badges_of_report(cut, day + timedelta(days=DAYS + 1))] == ["expired"]


HOSTILE = (
    '</text></svg><script src="x">',
    "::add-mask::a\n##vso[x]",
    "a\u202eb\u200b",
    "x" * 500,
    "\ud800 &amp; ]]>",
    "%s{{7*7}}",
)


@pytest.mark.parametrize("kind", WORDS)
def test_hostile_names_stay_in_their_place(kind: str) -> None:
    """In the picture and in the JSON, on one line, whatever the verdict."""
    for name in HOSTILE:
        told = made(kind, name)
        picture = ET.fromstring(svg(told))  # noqa: S314
        assert {one.tag.rpartition("}")[2] for one in picture.iter()} == {
            "svg",
            "title",
            "rect",
            "path",
            "g",
            "text",
        }
        assert json.loads(json.dumps(shield(told)))["label"] == told.label
        assert told.label.isprintable()
        assert len(told.label) < 100
        svg(told).encode()


def light(colour: str) -> float:
    """The relative luminance of a colour, by WCAG."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("kind", WORDS)
def test_each_kind_has_its_own_words_and_a_colour_that_can_be_read(kind: str) -> None:
    """White on it has a contrast of 4.5 at least."""
    told = made(kind)
    assert told.message == WORDS[kind]
    assert 1.05 / (light(told.colour) + 0.05) >= 4.5
    assert [other for other in WORDS if made(other).colour == told.colour] == [kind]
    assert "%" not in svg(told) + json.dumps(shield(told))
    assert svg(told) == svg(made(kind))
    assert " id=" not in svg(told)  # several may stand in one page


def test_nothing_gets_out_of_the_picture() -> None:
    """A report may be anybody's."""
    picture = svg(made("kept", '"><script>alert(1)</script>\u202e'))
    ET.fromstring(picture)  # noqa: S314
    assert "<script" not in picture
    assert "\u202e" not in picture
    assert not re.search(r"\son\w+=", picture)
