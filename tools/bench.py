"""How many chunks a second are judged, beside `json.loads` alone. Measured, never gated.

`python -m tools.bench` prints both figures and their ratio, the median of rounds that take turns, so
that a busy machine slows both alike.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable

from conformance.exchange import Api, Exchange, Need, Piece
from conformance.judge import judge_exchange
from conformance.reference import Ask, answer

ROUNDS = 15
NUMBERS = 700  # makes a stream of about 1,500 chunks


def stream() -> bytes:
    """A long answer of the reference provider."""
    body = {
        "model": "reference",
        "messages": [{"role": "user", "content": f"Write the numbers 1 to {NUMBERS} with the code x7"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    ask = Ask(
        method="POST", path="/v1/chat/completions", headers={}, body=json.dumps(body).encode(), serial=1
    )
    return b"".join(frame.data for frame in answer(ask).frames)


def timed(work: Callable[[], object]) -> float:
    """Seconds that a piece of work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> int:
    """Measure and print."""
    body = stream()
    documents = [line[6:] for line in body.decode().splitlines() if line.startswith("data: {")]
    pieces = tuple(Piece(data=body[at : at + 4096], at=at / 1e6) for at in range(0, len(body), 4096))
    exchange = Exchange(id="bench", api=Api.CHAT, pieces=pieces, lacks=frozenset({Need.REQUEST, Need.STATUS}))
    rounds = [
        (timed(lambda: [json.loads(text) for text in documents]), timed(lambda: judge_exchange(exchange)))
        for _ in range(ROUNDS)
    ]
    loads, judged = (statistics.median(times) for times in zip(*rounds, strict=True))
    ratio = statistics.median(one / other for one, other in rounds)
    count = len(documents)
    sys.stdout.write(
        f"{count} chunks of {len(body) // count} bytes: json.loads {count / loads:,.0f} a second, "
        f"judged {count / judged:,.0f} a second, ratio {ratio:.2f}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
