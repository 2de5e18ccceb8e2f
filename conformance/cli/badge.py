"""`conformance badge`: what a run or a certificate says of a profile, as a badge."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import click

from conformance.certify.badge import Badge, badge_of_bundle, badges_of_report, shield, svg
from conformance.certify.bundle import read_bundle
from conformance.certify.errors import (
    BadgeFolderError,
    BadgeProfileError,
    BundleForgedError,
    BundleUnreadableError,
)
from conformance.certify.verify import verified
from conformance.evidence.whole import put_whole
from conformance.gate import ExitCode
from conformance.paths import near
from conformance.report.stored import stored_report
from conformance.report.visible import one_line
from conformance.report.write import folder_name
from conformance.standing import undated

__all__ = ["badge_command"]

_TOLD = {"expired", "not-certified"}  # problems that a badge tells itself
_WIDTH = 400


@click.command("badge")
@click.argument("source", metavar="RUN|BUNDLE", type=click.Path(path_type=Path))
@click.option("--profile", "named", multiple=True, help="This profile alone; may be repeated.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path(), help="The folder to write to; here by default."
)
@click.option(
    "--at", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="The day of the badge; today by default."
)
def badge_command(source: Path, *, named: tuple[str, ...], out: Path, at: datetime | None) -> ExitCode:
    """Write the badges of a run or of a bundle: NAME.json for shields.io, and NAME.svg.

    Of a run there is one for each profile. A bundle is checked first, as `conformance verify` does. A badge
    does not know when it expires: write it anew now and then.
    """
    today = (at or datetime.now(UTC)).date()
    bundle = source.suffix.lower() == ".zip"
    found = [_of_bundle(source, today)] if bundle else list(badges_of_report(stored_report(source), today))
    for badge in _chosen(found, named):
        name = folder_name(badge.name)
        try:
            _write(out / f"{name}.json", json.dumps(shield(badge), indent=2) + "\n")
            _write(out / f"{name}.svg", svg(badge))
        except OSError as error:
            raise BadgeFolderError(out, error.strerror or str(error)) from None
        click.echo(f"{badge.label}: {badge.message}  {near(out / name)}.json, .svg")
    return ExitCode.CONFORMS


def _of_bundle(path: Path, today: date) -> Badge:
    result = verified(read_bundle(path), today)
    wrong = [item for item in result.problems if item.code not in _TOLD]
    if wrong:
        raise BundleForgedError(path, one_line(str(wrong[0]), _WIDTH))
    if result.content is None:
        raise BundleUnreadableError(path, "it has no certificate")
    return badge_of_bundle(result.content, today)


def _chosen(found: Sequence[Badge], named: Sequence[str]) -> list[Badge]:
    """The badges of the named profiles, or all. Raises BadgeProfileError."""
    chosen = []
    for name in named:
        mine = [badge for badge in found if name in (badge.profile, undated(badge.profile))]
        if not mine:
            raise BadgeProfileError(name, tuple(badge.profile for badge in found))
        chosen += mine
    if not named and not found:
        raise BadgeProfileError("", ())
    return chosen if named else list(found)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with put_whole(path) as neighbour:
        neighbour.write_text(text, encoding="utf-8", newline="\n")
