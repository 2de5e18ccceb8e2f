"""The matrix for programs, as `index.json` holds it. Pure. Schema: `schemas/dashboard.json`."""

import json
from typing import Any

from conformance.dashboard.history import Changes, Turn
from conformance.dashboard.matrix import Column, Matrix, Night, Row, state_of
from conformance.dashboard.stored import Stored
from conformance.report.records import RequirementResult
from conformance.standing import Standing
from conformance.version import suite_version

__all__ = ["FORMAT", "VERSION", "document"]

FORMAT = "stream-conformance/dashboard"
VERSION = 1


def document(matrix: Matrix, root: str = "") -> str:
    """The file's text, plain ASCII on one line. `root` is the path from it to the folder of the runs."""
    return json.dumps(_document(matrix, f"{root}/" if root else ""), separators=(",", ":")) + "\n"


def _document(matrix: Matrix, root: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "suite": suite_version(),
        "nights": [night.isoformat() for night in matrix.nights],
        "stored": matrix.stored,
        "requirements": [
            _row(matrix, row, group.family.value if group.family else None)
            for group in matrix.groups
            for row in group.rows
        ],
        "endpoints": [_column(column, root) for column in matrix.columns],
        "unread": [{"folder": root + item.folder, "why": item.why} for item in matrix.unread],
    }


def _row(matrix: Matrix, row: Row, family: str | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "family": family,
        "level": row.rule.level.value if row.rule else None,
        "statement": row.rule.statement if row.rule else "",
        "profiles": [matrix.profiles[index] for index in row.profiles],
        "clients": [matrix.clients[index] for index in row.clients],
        "differs": row.differs,
    }


def _column(column: Column, root: str) -> dict[str, Any]:
    state, count = state_of(column.shown)
    return {
        "provider": column.provider,
        "model": column.model,
        "recorded": column.recorded,
        "old": column.old,
        "days": column.days,
        "state": state.value,
        "count": count,
        "run": _run(column.shown, root),
        "newer": _run(column.newer, root) if column.newer else None,
        "profiles": [_standing(standing) for standing in column.shown.footer.profiles],
        "results": {name: _result(column, name, result) for name, result in column.results.items()},
        "flaky": dict(column.flaky),
        "nights": [_night(night, root) for night in column.nights],
    }


def _run(run: Stored, root: str) -> dict[str, Any]:
    return {
        "folder": root + run.folder,
        "started": run.header.started,
        "suite": run.header.suite,
        "complete": run.footer.complete,
        "incomplete": run.footer.incomplete,
        "profile": run.header.profile,
        "exit_code": int(run.footer.exit_code),
    }


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "profile": standing.profile,
        "verdict": standing.stand.value,
        "reason": standing.reason,
        "broken": list(standing.broken),
        "known": list(standing.known),
    }


def _result(column: Column, name: str, result: RequirementResult) -> dict[str, Any]:
    """Outcome and level; the rest only where there is something to say."""
    since = column.since.get(name)
    more = {
        "observed": result.observed,
        "because": result.because,
        "known": result.known,
        "since": since.night.isoformat() if since else "",
        "at_least": since is not None and since.least,
    }
    told = {key: value for key, value in more.items() if value}
    return {"outcome": result.outcome.value, "level": result.level.value, **told}


def _night(night: Night, root: str) -> dict[str, Any]:
    return {
        "night": night.night.isoformat(),
        "state": night.state.value,
        "count": night.count,
        "folder": root + night.run.folder if night.run else None,
        "changes": _changes(night.changes) if night.changes is not None else None,
    }


def _changes(changes: Changes) -> dict[str, Any]:
    return {
        "regressed": [_turn(turn) for turn in changes.regressed],
        "improved": [_turn(turn) for turn in changes.improved],
        "added": [_turn(turn) for turn in changes.added],
        "removed": [_turn(turn) for turn in changes.removed],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "requirement": turn.requirement,
        "level": turn.level.value,
        "old": turn.old.value if turn.old else None,
        "new": turn.new.value if turn.new else None,
        "because": turn.because,
        "observed": turn.observed,
        "known": turn.known,
    }
