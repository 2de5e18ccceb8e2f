"""The README's tables of what the suite says about recorded streams and documented samples.

`python -m tools.recorded` writes them anew from what lies where `tools/shared.py` says, which is not part of
the project. Only figures and rule ids go into the README; the recordings belong to their own repositories.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from conformance.catalogue import Outcome, Verdict
from conformance.evidence import load
from conformance.exchange import Api, Exchange, Need, Piece
from conformance.judge import judge_exchange
from tools.shared import PAGES, RECORDINGS

ROOT = Path(__file__).parents[1]
SAMPLES = {"yuhuan-studio": "Yuhuan Studio", "onysoft": "Onysoft"}
SAMPLE_NOTE = "an abbreviated sample of a documentation page, not a recording"


def recordings_table() -> str:
    """One row for each provider and API: what its recorded streams break, with the number of streams."""
    exchanges, _ = load([RECORDINGS])
    broken: dict[tuple[str, Api], dict[Outcome, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    streams: Counter[tuple[str, Api]] = Counter()
    for exchange in exchanges:
        key = (exchange.provider, exchange.api)
        streams[key] += 1
        for verdict in judge_exchange(exchange):
            broken[key][verdict.outcome][verdict.requirement] += 1
    rows = ["| provider | API | streams | MUST broken | SHOULD broken |", "|---|---|---|---|---|"]
    for key in sorted(streams):
        must, should = (_listed(broken[key][outcome]) for outcome in (Outcome.FAIL, Outcome.WARN))
        rows.append(f"| {key[0]} | {key[1]} | {streams[key]} | {must} | {should} |")
    return "\n".join(rows)


def samples_table() -> str:
    """One row for each requirement that a documented sample breaks."""
    rows = ["| sample | level | broken | expected | observed |", "|---|---|---|---|---|"]
    for page, vendor in SAMPLES.items():
        for verdict in sample_verdicts(page):
            first = verdict.violations[0]
            rows.append(
                f"| {vendor} | {verdict.level} | `{verdict.requirement}` "
                f"| {_cell(first.expected)} | {_cell(first.observed)} |"
            )
    return "\n".join(rows)


def sample(page: str) -> Exchange:
    """The sample stream on a documentation page, its blank lines put back."""
    text = (PAGES / f"{page}.txt").read_text()
    lines = re.findall(r"^data: (?:\[DONE\]|\{.*\})", text, re.MULTILINE)
    return Exchange(
        id=page,
        api=Api.CHAT,
        provider=page,
        pieces=(Piece(data="".join(f"{line}\n\n" for line in lines).encode()),),
        note=SAMPLE_NOTE,
        lacks=frozenset({Need.REQUEST, Need.STATUS, Need.HEADERS, Need.TIMING, Need.ENDING}),
    )


def sample_verdicts(page: str) -> list[Verdict]:
    """What the suite says of a page's sample: all that is broken."""
    broken = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)
    return [verdict for verdict in judge_exchange(sample(page)) if verdict.outcome in broken]


def with_tables(readme: str) -> str:
    """The README with both tables written anew between their marks."""
    for name, table in (("recordings", recordings_table()), ("samples", samples_table())):
        mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        readme = mark.sub(lambda match, table=table: f"{match[1]}\n{table}\n\n{match[2]}", readme)  # type: ignore[misc]
    return readme


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"`{name}` {number}" for name, number in sorted(counts.items())) or "none"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: Iterable[str] = ()) -> int:
    """Write the tables into the README; with `--check` only say whether they are up to date."""
    path = ROOT / "README.md"
    if not RECORDINGS.is_dir():
        sys.stderr.write(f"{RECORDINGS} is not here: the tables stay as they are\n")
        return 0
    before = path.read_text()
    after = with_tables(before)
    if "--check" in arguments:
        return int(before != after)
    path.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
