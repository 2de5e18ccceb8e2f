"""What the suite costs at 1, 4, 16 and 64 times the bytes, for every shape that could make it cost more.

`python -m tools.growth` prints, for each shape of `tools.hostile` and each stage, the CPU seconds at the
largest size and the growth exponent: 1 is linear, 2 is quadratic. It fails where an exponent is above 1.1.
Arguments are parts of names; only shapes with one of them in their name are measured.
"""

import gc
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.api import judge_exchanges
from conformance.decode import decode
from conformance.evidence import Redactor, read_evidence, write_evidence
from conformance.exchange import Exchange
from conformance.judge import judge_answers
from conformance.report.page import render
from conformance.requirements import by_id
from conformance.subject import read
from tools.hostile import SECRET, SHAPES, Hostile

__all__ = ["exponent", "main"]

STEPS = (1, 4, 16, 64)
START = 8_192  # bytes of the smallest body
LIMIT = 1.1
ROUNDS = 2
LONG = 15.0  # seconds after which a larger body is not tried any more
# Shapes that the redactor and the evidence file are measured with: they look at bytes and pieces alone.
STORED = ("1-byte", "bad UTF-8", "one huge line", "text", "secret")
# Shapes whose bodies repeat themselves: the redactor is measured with a part of the body as the secret too.
REPEATING = ("1-byte pieces, unended", "begins of a secret", "halves of a secret", "one huge line")
PARTS = {"redact": STORED, "store": STORED, "repeat": REPEATING}


def spent(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The CPU seconds of a piece of work: the least of some rounds.

    What the process held before is kept from the garbage collector meanwhile: to go through the catalogue
    takes the same time whatever the bytes, but comes only with the larger bodies.
    """
    least = math.inf
    for _ in range(rounds):
        gc.collect()
        gc.freeze()
        began = time.process_time()
        work()
        least = min(least, time.process_time() - began)
        gc.unfreeze()
        if least > 1:
            break
    return least


def exponent(points: Sequence[tuple[int, float]]) -> float:
    """The slope of time over size, both as logarithms, by least squares."""
    logs = [(math.log(size), math.log(max(seconds, 1e-6))) for size, seconds in points]
    middle = [sum(axis) / len(logs) for axis in zip(*logs, strict=True)]
    over: float = sum((x - middle[0]) * (y - middle[1]) for x, y in logs)
    spread: float = sum((x - middle[0]) ** 2 for x, _ in logs)
    return over / spread


def _decoding(exchange: Exchange) -> Callable[[], object]:
    return lambda: decode(exchange.pieces)


def _reading(exchange: Exchange) -> Callable[[], object]:
    return lambda: read(exchange)


def _judging(exchange: Exchange) -> Callable[[], object]:
    stream = read(exchange)
    return lambda: judge_answers([stream])


def _drawing(exchange: Exchange) -> Callable[[], object]:
    (result,) = judge_exchanges([exchange])
    return lambda: render(result.report, result.run.judgement.streams, by_id)


def _redacting(exchange: Exchange, secret: str = SECRET) -> Callable[[], object]:
    def redact() -> None:
        redactor = Redactor([secret])
        for piece in exchange.pieces:
            redactor.feed(piece)
        redactor.flush()

    return redact


def _repeating(exchange: Exchange) -> Callable[[], object]:
    body = b"".join(piece.data for piece in exchange.pieces)
    return _redacting(exchange, body[: len(body) // 16].decode())


def _storing(exchange: Exchange) -> Callable[[], object]:
    def store() -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder, "one.jsonl")
            write_evidence(path, exchange, secrets=[SECRET])
            read_evidence(path)

    return store


STAGES: dict[str, Callable[[Exchange], Callable[[], object]]] = {
    "decode": _decoding,
    "read": _reading,
    "judge": _judging,
    "page": _drawing,
    "redact": _redacting,
    "repeat": _repeating,
    "store": _storing,
}


def measured(shape: Hostile, stage: str) -> list[tuple[int, float]]:
    """The bytes and the CPU seconds of a stage at each size, up to where it takes too long."""
    points = []
    for step in STEPS:
        exchange = shape.exchange(START * step)
        seconds = spent(STAGES[stage](exchange))
        points.append((sum(len(piece.data) for piece in exchange.pieces), seconds))
        if seconds > LONG:
            break
    return points


def main(arguments: Sequence[str]) -> int:
    """Measure, print and say whether every exponent is within the limit."""
    stages = [name for name in STAGES if name in arguments] or list(STAGES)
    parts = [name for name in arguments if name not in STAGES]
    shapes = [shape for shape in SHAPES if not parts or any(part in shape.name for part in parts)]
    steep = []
    sys.stdout.write(f"{'shape':42}" + "".join(f"{name:>16}" for name in stages) + "\n")
    for shape in shapes:
        sys.stdout.write(f"{shape.name:42}")
        for stage in stages:
            if not any(part in shape.name for part in PARTS.get(stage, ("",))):
                sys.stdout.write(" " * 16)
                continue
            points = measured(shape, stage)
            grown = exponent(points) if len(points) > 1 else math.inf
            sign = "!" if grown > LIMIT else " "
            cut = "*" if len(points) < len(STEPS) else " "
            sys.stdout.write(f"{points[-1][1]:9.3f}{cut}{grown:5.2f}{sign}")
            sys.stdout.flush()
            if grown > LIMIT:
                steep.append((shape.name, stage, grown))
        sys.stdout.write("\n")
    for name, stage, grown in steep:
        sys.stdout.write(f"{name}: {stage} grows with the power {grown:.2f} of the bytes\n")
    return 1 if steep else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
