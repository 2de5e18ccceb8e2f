"""The file `plan.json` in the folder of a run: what it set out to send, written before its first request.

With it, a run that was killed can be told from a whole one, and goes on. Schema: `schemas/plan.json`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from conformance.evidence.format import parsed
from conformance.evidence.plan_errors import PlanUnreadableError
from conformance.evidence.whole import put_whole
from conformance.paths import schema
from conformance.shapes import Shape

__all__ = ["PLAN", "PlannedRun", "missing_evidence", "read_plan", "write_plan"]

PLAN = "plan.json"
_FORMAT = "stream-conformance/plan"
_VERSION = 1
_LARGEST = 4_000_000  # bytes; each request takes about a hundred


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
    if path.stat().st_size > _LARGEST:
        raise PlanUnreadableError(f"it is larger than {_LARGEST} bytes")
    try:
        content = parsed(path.read_bytes())
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
    requests = read_plan(folder).requests
    missing = tuple(name for name in requests if not (folder / "evidence" / f"{name}.jsonl").is_file())
    return missing, len(requests)


@cache
def _shape() -> Shape:
    return Shape(schema("plan"))
