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

SIZE = 7_900_000  # bytes of a body, just below the ceiling
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
    limits = Limits()
    # Of what comes byte by byte no more is made than a recorder takes.
    whole = shape.exchange(min(size, 20 * limits.events * shape.piece), name)
    watch = Watch(shape.api, limits)
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


def make(folder: Path, names: Sequence[str]) -> int:
    """Write the evidence of the worst shapes, or of those with one of some words in their name."""
    shapes = [
        shape for shape in SHAPES if (any(part in shape.name for part in names) if names else _worst(shape))
    ]
    for number, shape in enumerate(shapes, 1):
        name = f"x{number:02}"
        write_evidence(folder / "evidence" / f"{name}.jsonl", recorded(shape, name))
    sys.stdout.write(f"{len(shapes)} bodies of up to {SIZE / 10**6:.1f} MB\n")
    return 0


def _worst(shape: Hostile) -> bool:
    return shape.name in WORST


def measure(folder: Path) -> int:
    """Judge what is stored and write the report, in this process; print seconds and megabytes on the way."""
    began = time.process_time()

    def tell(step: str) -> None:
        sys.stdout.write(f"{step:8}{time.process_time() - began:8.1f} s{_megabytes():8.0f} MB\n")
        sys.stdout.flush()

    tell("begun")
    exchanges = load(folder / "evidence")
    tell("read")
    results = judge_exchanges(exchanges)
    tell("judged")
    del exchanges
    for result in results:
        result.write(folder / "report")
    tell("written")
    return 0


def main(arguments: Sequence[str]) -> int:
    """Make the evidence, measure in another process, and say whether its peak is within the limit."""
    match arguments:
        case ["--make", folder, *names]:
            return make(Path(folder), names)
        case ["--measure", folder]:
            return measure(Path(folder))
    with TemporaryDirectory() as folder:
        # In processes of their own: what a parent once took is counted for its children.
        own = [sys.executable, "-m", "tools.memory"]
        subprocess.run([*own, "--make", folder, *arguments], check=True)  # noqa: S603 - ourselves
        last = ""
        with subprocess.Popen(  # noqa: S603 - ourselves
            [*own, "--measure", folder], stdout=subprocess.PIPE, text=True
        ) as child:
            for last in child.stdout or ():
                sys.stdout.write(last)
                sys.stdout.flush()
    if child.returncode:
        return 1
    peak = float(last.split()[-2])
    sys.stdout.write(f"{peak:.0f} MB at most\n")
    return 0 if peak <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
