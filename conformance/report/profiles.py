"""How an endpoint stands to each profile, as people read it."""

from collections.abc import Mapping, Sequence

from conformance.catalogue import Outcome
from conformance.report.look import OUTCOMES
from conformance.report.visible import one_line
from conformance.standing import Stand, Standing

__all__ = ["look_of", "profile_line", "signs"]

_WHY = 80  # characters of a reason on the line
# The outcome whose sign and colour a verdict on a profile has.
_LIKE: Mapping[Stand, Outcome] = {
    Stand.KEPT: Outcome.PASS,
    Stand.BROKEN: Outcome.FAIL,
    Stand.NOT_APPLICABLE: Outcome.NOT_APPLICABLE,
    Stand.NOT_TESTABLE: Outcome.NOT_TESTABLE,
}


def profile_line(standings: Sequence[Standing], *, why: bool = True) -> str:
    """All profiles on one line, by their verdicts; "" for none.

    With `why`, what breaks those that are broken stands behind them.
    """
    told = []
    for stand in Stand:
        names = [_named(item) if why else item.name for item in standings if item.stand is stand]
        told += [f"{stand.words}: {', '.join(names)}"] if names else []
    return "; ".join(told)


def signs(standings: Sequence[Standing]) -> list[tuple[Standing, str, str]]:
    """Each standing with its sign and the class of its colour."""
    return [(item, OUTCOMES[_LIKE[item.stand]].sign, _LIKE[item.stand].value) for item in standings]


def look_of(stand: Stand | None) -> tuple[str, str, str]:
    """The sign, the class of the colour and the words of a verdict on a profile; of none, where None."""
    if stand is None:
        return "?", "not_applicable", "without a verdict"
    return OUTCOMES[_LIKE[stand]].sign, _LIKE[stand].value, stand.words


def _named(standing: Standing) -> str:
    broken = standing.stand is Stand.BROKEN
    return f"{standing.name} ({one_line(standing.why, _WHY)})" if broken else standing.name
