"""The file `plan.json` in the folder of a run: what it set out to send, written before its first request.

With it, a run that was killed can be told from a whole one, and goes on. Schema: `schemas/plan.json`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from conformance.evidence.format import parsed
from conformance.evidence.plan_errors import PlanUnreadableError
from conformance.evidence.whole import put_whole
from conformance.exchange import Exchange
from conformance.paths import schema
from conformance.shapes import Shape

__all__ = [
    "LARGEST",
    "PLAN",
    "PlannedRun",
    "marked_whole",
    "missing_evidence",
    "missing_in",
    "plan_in",
    "read_plan",
    "write_plan",
]

PLAN = "plan.json"
_FORMAT = "stream-conformance/plan"
_VERSION = 1
LARGEST = 4_000_000
"""Bytes of the file; each request takes about a hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """What a run set out to send to one provider, without secrets.

    `started` is in UTC, RFC 3339. `requests` maps the id of each exchange to a digest of its request and of
    what the suite expects of the answer.
    """

    suite: str
    provider: str
    model: str
    base_url: str
    started: str
    command: str
    requests: Mapping[str, str]


def write_plan(folder: Path, planned: PlannedRun) -> None:
    """Writes the file into the folder of a run. Raises OSError."""
    content = {"format": _FORMAT, "version": _VERSION, **asdict(planned)}
    with put_whole(folder / PLAN) as path:
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8", newline="\n")


def read_plan(folder: Path) -> PlannedRun:
    """What the run in a folder set out to send. Raises PlanUnreadableError, and OSError."""
    path = folder / PLAN
    if path.stat().st_size > LARGEST:
        raise PlanUnreadableError(f"it is larger than {LARGEST} bytes")
    return plan_in(path.read_bytes())


def plan_in(data: bytes) -> PlannedRun:
    """What a run set out to send, from the bytes of its file. Raises PlanUnreadableError."""
    try:
        content = parsed(data)
    except ValueError as error:
        raise PlanUnreadableError(f"it is not JSON ({error})") from None
    if errors := _shape().errors(content):
        place = errors[0].path or "at its top"
        raise PlanUnreadableError(f"{place}: expected {errors[0].expected}, found {errors[0].observed}")
    return PlannedRun(**{name: content[name] for name in PlannedRun.__dataclass_fields__})


def missing_evidence(folder: Path) -> tuple[tuple[str, ...], int]:
    """The planned exchanges of which the folder of a run holds no evidence, and how many were planned.

    Raises PlanUnreadableError, and OSError.
    """
    return missing_in(read_plan(folder), lambda name: (folder / name).is_file())


def marked_whole(exchanges: Iterable[Exchange], planned: PlannedRun) -> list[Exchange]:
    """The exchanges that were read of a run, marked if they are all that it had planned."""
    found = list(exchanges)
    whole = {exchange.id for exchange in found} >= planned.requests.keys()
    return [replace(exchange, whole=True) for exchange in found] if whole else found


def missing_in(planned: PlannedRun, there: Callable[[str], bool]) -> tuple[tuple[str, ...], int]:
    """The same of a plan; `there` says whether the run has a file, by its path from the run's folder."""
    missing = tuple(name for name in planned.requests if not there(f"evidence/{name}.jsonl"))
    return missing, len(planned.requests)


@cache
def _shape() -> Shape:
    return Shape(schema("plan"))
