"""Every verdict of the suite on everything it is tried on, one line each, to compare two states of the code.

    python -m tools.verdicts before.tsv        # then change the code
    python -m tools.verdicts after.tsv
    diff before.tsv after.tsv

A change that is meant to keep every verdict leaves no difference. The lines are tab-separated: what was
judged, the subject, the requirement, its level and outcome, and the rest of the verdict as JSON. They are
sorted, so that the order of the catalogue does not matter. Recordings and cases are judged where they lie
beside the project, or where CONFORMANCE_SHARED says.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.catalogue import Verdict
from conformance.evidence import load
from conformance.exchange import Exchange
from conformance.judge import judge
from conformance.reference.faults import FAULTS
from tests.played import judged
from tests.proof.proving import BROKEN, LEGAL
from tests.proof.streams.handmade import exchange
from tools.shared import CASES, RECORDINGS, SHARED

__all__ = ["dump"]


def dump() -> Iterator[str]:
    """The lines, sorted within each section: faults, wires, recordings, cases."""
    yield from _lines("reference", judged())
    for fault in FAULTS.values():
        yield from _lines(f"fault/{fault.id}", judged(fault))
    for kind, wires in (("legal", LEGAL), ("broken", BROKEN)):
        for wire in sorted(wires, key=lambda item: item.id):
            yield from _lines(f"{kind}/{wire.id}", judge([exchange(wire)]))
    for one in _recorded(RECORDINGS):
        yield from _lines(f"recording/{one.id}", judge([one]))
    for name, one in _cases(CASES):
        yield from _lines(f"case/{name}", judge([one]))


def _lines(source: str, verdicts: Iterable[Verdict]) -> Iterator[str]:
    yield from sorted(_line(source, verdict) for verdict in verdicts)


def _line(source: str, verdict: Verdict) -> str:
    rest = {
        "exchanges": verdict.exchanges,
        "reason": verdict.reason,
        "dialect": ", ".join(verdict.dialects),
        "because": verdict.because,
        "violations": [item.as_json() for item in verdict.violations],
    }
    fields = (source, verdict.subject, verdict.requirement, verdict.level.value, verdict.outcome.value)
    return "\t".join([*fields, json.dumps({key: value for key, value in rest.items() if value})])


def _recorded(folder: Path) -> list[Exchange]:
    return load([folder])[0] if folder.is_dir() else []


def _cases(folder: Path) -> Iterator[tuple[str, Exchange]]:
    """Each case has the stream as it came and as it should be, in the form of a recording."""
    for path in sorted(folder.glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        for part in ("broken", "fixed"):
            if isinstance(case.get(part), dict):
                yield f"{path.stem}/{part}", _exchange(case[part])


def _exchange(recording: dict[str, object]) -> Exchange:
    with TemporaryDirectory() as folder:
        if "api" in recording:
            Path(folder, "case.json").write_text(json.dumps(recording), encoding="utf-8")
        else:  # nothing but the bytes is known
            Path(folder, "case.sse").write_text(str(recording["body"]), encoding="utf-8", newline="")
        (one,) = _recorded(Path(folder))
        return replace(one, source="")


def main(arguments: Sequence[str]) -> int:
    """Write the lines into the file that is named, or to standard output."""
    if not SHARED.is_dir():
        sys.stderr.write(f"{SHARED} is not here: recordings and cases are left out\n")
    lines = (f"{line}\n" for line in dump())
    if not arguments:
        sys.stdout.writelines(lines)
        return 0
    with Path(arguments[0]).open("w", encoding="utf-8") as file:
        file.writelines(lines)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
