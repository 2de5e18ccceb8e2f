"""Stored runs of endpoints, as small as they can be."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from conformance.catalogue import Level, Outcome
from conformance.gate import ExitCode
from conformance.report.jsonl import report_lines
from conformance.report.records import ExchangeLine, Footer, Header, Report, RequirementResult
from conformance.report.write import folder_name
from conformance.requirements import by_id
from conformance.standing import Stand, Standing

__all__ = ["DAY", "result", "run_of", "standing", "store"]

DAY = date(2026, 11, 20)
FAIL = Outcome.FAIL


def result(name: str, outcome: Outcome, **fields: Any) -> RequirementResult:
    """What became of a requirement of the catalogue, or of one that it does not have."""
    try:
        level = by_id(name).level
    except KeyError:
        level = Level.MUST
    observed = "" if outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE) else f"what {name} saw"
    return RequirementResult(**{"outcome": outcome, "level": level, "observed": observed} | fields)


def standing(name: str, stand: Stand = Stand.KEPT, **fields: Any) -> Standing:
    """How a run stands to a profile."""
    return Standing(profile=f"{name}-2026-11-26", stand=stand, **fields)


def run_of(
    results: Mapping[str, Outcome | RequirementResult],
    night: date = DAY,
    *,
    provider: str = "acme",
    model: str = "acme-large",
    hour: int = 3,
    incomplete: str = "",
    standings: tuple[Standing, ...] = (),
    **header: Any,
) -> Report:
    """The report of a run; its verdicts are in its footer alone, which is all that a dashboard reads."""
    told = {
        name: item if isinstance(item, RequirementResult) else result(name, item)
        for name, item in results.items()
    }
    return Report(
        header=Header(
            suite="1.0.0",
            provider=provider,
            model=model,
            started=f"{night}T{hour:02}:00:00Z",
            python="3.11.9",
            command="pytest --provider acme",
            **header,
        ),
        exchanges=(ExchangeLine(id="chat-text", api="chat"),),
        rulings=(),
        stale=(),
        footer=Footer(
            outcomes={},
            levels={},
            following=0,
            requirements=len(told),
            exit_code=ExitCode.CONFORMS,
            incomplete=incomplete,
            ended=f"{night}T{hour:02}:01:00Z",
            results=told,
            profiles=standings,
        ),
    )


def store(
    root: Path, results: Mapping[str, Outcome | RequirementResult], night: date = DAY, **fields: Any
) -> Path:
    """Writes a run where a run of the suite would lie, with a page; returns its folder."""
    report = run_of(results, night, **fields)
    header = report.header
    stamp = header.started.replace("-", "").replace(":", "")
    folder = root / folder_name(header.provider) / folder_name(header.model) / stamp
    folder.mkdir(parents=True)
    text = "".join(f"{line}\n" for line in report_lines(report))
    (folder / "report.jsonl").write_text(text, encoding="utf-8")
    (folder / "index.html").write_text("<!doctype html><title>a run</title>", encoding="utf-8")
    return folder
