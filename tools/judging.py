"""The peak memory and the CPU seconds of `conformance judge --json` over very many files.

`python -m tools.judging 500 1000 2000` writes so many files of the reference provider's streams, judges them
in a process of its own, and prints what that took, and when the first line came.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.evidence import write_evidence
from tests.played import played

__all__ = ["fill", "main"]

# Runs the command, and tells what it took, as only the process itself can know.
_MEASURED = """
import resource, sys
from conformance.cli import main
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, file=sys.stderr)
"""


def fill(folder: Path, number: int) -> None:
    """Writes so many files, of one provider and of no scenario."""
    streams = [exchange for exchange in played() if exchange.expects == "stream"]
    for at, exchange in enumerate(islice(cycle(streams), number)):
        one = replace(exchange, id=f"x{at:06}", scenario="", again="", nonce="", promises=())
        write_evidence(folder / f"{at:06}.jsonl", one)


def main(arguments: Sequence[str]) -> int:
    """Measure each number of files."""
    for number in [int(text) for text in arguments] or [500, 1_000, 2_000]:
        with TemporaryDirectory() as name:
            fill(Path(name), number)
            own = [sys.executable, "-c", _MEASURED, "judge", "--json", name]
            began = time.monotonic()
            with subprocess.Popen(  # noqa: S603 - ourselves
                own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            ) as child:
                first = 0.0
                count = 0
                for _ in child.stdout or ():
                    first = first or time.monotonic() - began
                    count += 1
                seconds, peak = (child.stderr.read() if child.stderr else "").split()[-2:]
        sys.stdout.write(
            f"{number:6} files{count:7} lines{float(seconds):9.1f} s of CPU{float(peak):8.0f} MB"
            f"   the first line after {first:.1f} s of {time.monotonic() - began:.1f}\n"
        )
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
