"""Badges: how an endpoint stands to a profile in a few words, for shields and as a picture. Pure.

A badge has a date and no percentage. One that says `certified` is made of a bundle that holds; one of a plain
run says only what the run found.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Any

from conformance.certify.certificate import CERTIFIED, DAYS, Json
from conformance.report.records import Report
from conformance.report.visible import one_line
from conformance.standing import Stand, undated

__all__ = ["Badge", "badge_of_bundle", "badges_of_report", "shield", "svg"]

_LONGEST = 60  # characters of a label
# The word of each kind, and its colour: dark enough for white text by WCAG 2.2 AA.
_KINDS = {
    "certified": ("certified", "#1b6338"),
    Stand.KEPT.value: ("kept", "#1f5fa8"),
    Stand.BROKEN.value: ("broken", "#a8201a"),
    Stand.NOT_TESTABLE.value: ("not testable", "#61408c"),
    Stand.NOT_APPLICABLE.value: ("not applicable", "#565c64"),
    "incomplete": ("incomplete", "#0f5f6b"),
    "expired": ("expired", "#8a4b00"),
}
_LABEL = "#33373f"
_HEIGHT = 20
_PAD = 6
# Widths of Verdana at 11 pixels, for the characters that differ much from the others.
_NARROW = dict.fromkeys("ijlI.,:;'|!() -", 4.4) | dict.fromkeys("mwMW", 10.4)
_WIDE = 7.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What a badge says. `day` is that of the run.

    `kind` is the verdict, or `certified`, or `incomplete` for a run that found nothing broken and did not
    look everywhere, or `expired`.
    """

    provider: str
    profile: str
    kind: str
    day: date
    suite: str

    @property
    def label(self) -> str:
        """What it is about."""
        return one_line(f"{self.provider} {self.profile}", _LONGEST)

    @property
    def message(self) -> str:
        """The verdict and its day; of one that expired, since when."""
        day = self.day + timedelta(days=DAYS) if self.kind == "expired" else self.day
        return f"{_KINDS[self.kind][0]} {day.isoformat()}"

    @property
    def colour(self) -> str:
        """The colour of the message, as `#rrggbb`."""
        return _KINDS[self.kind][1]

    @property
    def name(self) -> str:
        """The name of its files, without their ends."""
        return f"{self.provider}-{undated(self.profile)}"


def badge_of_bundle(content: Json, today: date) -> Badge:
    """The badge of a bundle that holds, or holds but for its age."""
    stand = content["result"]["verdict"]
    if content["verdict"] == CERTIFIED:
        stand = "certified"
    elif stand == Stand.KEPT.value:
        stand = "incomplete"
    return _dated(
        content["provider"],
        content["profile"]["id"],
        stand,
        content["run"],
        content["suite"]["version"],
        today,
    )


def badges_of_report(report: Report, today: date) -> Iterator[Badge]:
    """The badges of a run, one for each profile that it speaks of."""
    header = report.header
    for standing in report.footer.profiles:
        cut = standing.stand is Stand.KEPT and not report.footer.complete
        kind = "incomplete" if cut else standing.stand.value
        run = {"started": header.started}
        yield _dated(header.provider, standing.profile, kind, run, header.suite, today)


def _dated(provider: str, profile: str, kind: str, run: Json, suite: str, today: date) -> Badge:
    day = date.fromisoformat(run["started"][:10])
    old = today > day + timedelta(days=DAYS)
    return Badge(provider=provider, profile=profile, kind="expired" if old else kind, day=day, suite=suite)


def shield(badge: Badge) -> dict[str, Any]:
    """The JSON of an endpoint of shields.io, version 1 of its schema."""
    return {
        "schemaVersion": 1,
        "label": badge.label,
        "message": badge.message,
        "color": badge.colour.removeprefix("#"),
        "labelColor": _LABEL.removeprefix("#"),
        "isError": badge.kind == Stand.BROKEN.value,
    }


def svg(badge: Badge) -> str:
    """The picture. The same badge always gives the same bytes."""
    left, right = (_width(text) + 2 * _PAD for text in (badge.label, badge.message))
    total = left + right
    said = escape(f"{badge.label}: {badge.message}, by stream-conformance {badge.suite}")
    texts = "".join(
        f'<text x="{start + width / 2:g}" y="14" textLength="{width - 2 * _PAD}">{escape(text)}</text>'
        for start, width, text in ((0, left, badge.label), (left, right, badge.message))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{_HEIGHT}" role="img" '
        f'aria-label="{said}">'
        f"<title>{said}</title>"
        # No ids, so that several of them may stand in one page.
        f'<rect width="{total}" height="{_HEIGHT}" rx="3" fill="{badge.colour}"/>'
        f'<path d="M3 0h{left - 3}v{_HEIGHT}H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="{_LABEL}"/>'
        f'<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" '
        f'font-size="11" lengthAdjust="spacingAndGlyphs">{texts}</g></svg>\n'
    )


def _width(text: str) -> int:
    return round(sum(_NARROW.get(character, _WIDE) for character in text))
