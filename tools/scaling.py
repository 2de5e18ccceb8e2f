"""How long a run takes that finds out how many requests a server bears, beside one that opens 24 at once.

`python -m tools.scaling` asks the reference provider, which scales, both ways in turn, so that what else the
machine does meanwhile slows both. It fails where the middle of the ratios is above 1.2. An argument is the
number of pairs.
"""

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.capture.run import Job, capture
from conformance.plan import plan
from conformance.providers import Limits
from conformance.reference.server import Reference
from conformance.reference.wire import Pace
from tests.played import REFERENCE

__all__ = ["main"]

LIMIT = 1.2
CROWD = 24
PAIRS = 7
# As a model at 50 tokens a second: most of a run is waiting, not the work of this process.
PACE = Pace(first_pause=0.3, token_pause=0.02)


def _seconds(limits: Limits) -> tuple[float, int]:
    """The wall time of a whole run, and how many requests were open at most."""
    with Reference(pace=PACE) as server, TemporaryDirectory() as folder:
        provider = replace(REFERENCE, base_url=server.base_url, limits=limits)
        job = Job(plan=plan(provider), key="sk-nobody-knows", evidence=Path(folder))
        began = time.monotonic()
        done = capture([job]).exchanges[provider.name]
        seconds = time.monotonic() - began
    return seconds, 1 + max(item.beside or 0 for item in done)


def main(arguments: Sequence[str]) -> int:
    """Measure, print and say whether the ratio is within the limit."""
    ratios = []
    sys.stdout.write(f"{'auto, s':>9}{'open':>6}{f'{CROWD}, s':>9}{'open':>6}{'ratio':>8}\n")
    for number in range(int(arguments[0]) if arguments else PAIRS):
        # Each comes first every other time.
        kinds = [Limits(), Limits(concurrency=CROWD)]
        found = [_seconds(limits) for limits in (kinds if number % 2 else kinds[::-1])]
        auto, fixed = found if number % 2 else found[::-1]
        ratios.append(auto[0] / fixed[0])
        sys.stdout.write(f"{auto[0]:9.2f}{auto[1]:6}{fixed[0]:9.2f}{fixed[1]:6}{ratios[-1]:8.2f}\n")
        sys.stdout.flush()
    middle = statistics.median(ratios)
    sys.stdout.write(f"auto takes {middle:.2f} times as long as {CROWD} at once\n")
    return 0 if middle <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
