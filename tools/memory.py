"""The peak memory of judging 24 bodies of 8 MB, each of a hostile shape, and of the report on them.

`python -m tools.memory` makes the evidence as a recorder would have left it, and measures in a process of its
own. It fails above 1 GB. Arguments are parts of the names of shapes; then those alone are measured.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.api import judge_exchanges, load
from conformance.capture.body import Watch
from conformance.evidence import write_evidence
from conformance.exchange import Ended, Exchange, Piece
from conformance.providers import Limits
from tools.hostile import SHAPES, Hostile

__all__ = ["main", "recorded"]

SIZE = 8_000_000  # bytes of a body
LIMIT = 1_000  # megabytes
WORST = (
    "lines without data",
    "blocks without data",
    "ids and comments",
    "CR LFs",
    "tiny events",
    "unknown fields",
    "1-byte pieces, ended",
    "1-byte pieces, unended",
    "one huge line",
    "bad UTF-8",
    "deep JSON, many",
    "wide JSON",
    "wide JSON, new keys",
    "schema errors",
    "no JSON",
    "text",
    "text in wide characters",
    "many choices, one chunk",
    "after [DONE]",
    "calls without index",
    "logprobs, one chunk",
    "items, and the final response",
    "deltas with new indexes",
    "unknown types",
)


def recorded(shape: Hostile, name: str, size: int = SIZE) -> Exchange:
    """An exchange of a shape as a recorder leaves it, which stops at its ceilings."""
    whole = shape.exchange(size, name)
    watch = Watch(shape.api, Limits())
    taken = list(_taken(whole, watch))
    excess = watch.excess
    return replace(
        whole,
        pieces=tuple(taken),
        ended=Ended.CEILING if excess else Ended.CLOSED,
        detail=excess,
        ended_at=9.0,
    )


def _taken(whole: Exchange, watch: Watch) -> Iterator[Piece]:
    for piece in whole.pieces:
        watch.take(piece)
        yield piece
        if watch.excess:
            return


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(folder: Path) -> None:
    """Judge what is stored and write the report, in this process; print seconds and megabytes after each step."""
    began = time.process_time()

    def tell(step: str) -> None:
        sys.stdout.write(f"{step:8}{time.process_time() - began:8.1f} s{_megabytes():8.0f} MB\n")
        sys.stdout.flush()

    tell("begun")
    exchanges = load(folder / "evidence")
    tell("read")
    results = judge_exchanges(exchanges)
    tell("judged")
    for result in results:
        result.write(folder / "report")
    tell("written")


def main(arguments: Sequence[str]) -> int:
    """Make the evidence, measure in another process, and say whether its peak is within the limit."""
    if arguments[:1] == ["--measure"]:
        measure(Path(arguments[1]))
        return 0
    shapes = [shape for shape in SHAPES if shape.name in WORST]
    if arguments:
        shapes = [shape for shape in SHAPES if any(part in shape.name for part in arguments)]
    with TemporaryDirectory() as folder:
        for number, shape in enumerate(shapes, 1):
            name = f"x{number:02}"
            write_evidence(Path(folder, "evidence", f"{name}.jsonl"), recorded(shape, name))
        command = [sys.executable, "-m", "tools.memory", "--measure", folder]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - ourselves
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    if done.returncode:
        return 1
    peak = float(done.stdout.split()[-2])
    sys.stdout.write(f"{len(shapes)} bodies of up to {SIZE // 10**6} MB: {peak:.0f} MB at most\n")
    return 0 if peak <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
