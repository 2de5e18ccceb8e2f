"""The mutants that are known to survive, as patterns, each with its reason and its count.

The run fails for a survivor that no row lists, and for a row whose count is wrong.
"""

from collections import Counter
from collections.abc import Iterable

from tests.mutation.run import Kind
from tests.mutation.survivor import Survivor
from tests.mutation.survivors_documents import DOCUMENTS
from tests.mutation.survivors_gaps import GAPS
from tests.mutation.survivors_told import TOLD

__all__ = ["SURVIVORS", "listed", "miscounted", "unlisted"]

SURVIVORS: tuple[Survivor, ...] = (*TOLD, *DOCUMENTS, *GAPS)
"""In this order: a survivor is counted in the first row that it fits."""


def listed(survivors: Counter[Kind]) -> dict[Survivor, Counter[Kind]]:
    """The survivors of each row; each is counted in the first row that it fits."""
    found: dict[Survivor, Counter[Kind]] = {row: Counter() for row in SURVIVORS}
    for kind, times in survivors.items():
        row = next((row for row in SURVIVORS if row.fits(kind)), None)
        if row is not None:
            found[row][kind] = times
    return found


def unlisted(survivors: Iterable[Kind]) -> list[Kind]:
    """Survivors that no row lists."""
    return [kind for kind in survivors if not any(row.fits(kind) for row in SURVIVORS)]


def miscounted(survivors: Counter[Kind]) -> dict[Survivor, int]:
    """Rows that more or fewer survivors fit than they say, with how many do."""
    totals = {row: kinds.total() for row, kinds in listed(survivors).items()}
    return {row: total for row, total in totals.items() if total != row.times}
