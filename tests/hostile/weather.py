"""A server whose answers fail at random, by a seed, in every known way, and are good in between."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from conformance.gate import ExitCode
from conformance.reference import Pace, answer
from conformance.reference.wire import Ask
from tests.capture.hostile import END, FOREVER, Asked, Script, chunk, says, whole
from tests.hostile.behaviours import BEHAVIOURS

__all__ = ["WAYS", "Weather"]

_WAITS = ("0", "0.05", "1e3", "-5", "tomorrow", "99999999", "Wed, 21 Oct 2015 07:28:00 GMT", "0, 1", "")
_GARBAGE = b"\x00\xff\xfe{]\n\ndata: {\n\n"


@dataclass
class Weather:
    """A script for `tests.capture.hostile.Hostile`: this share of the answers is spoilt.

    `good` counts the good answers; `ways` are the names of the failures.
    """

    seed: int
    share: float
    good: int = 0
    ways: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - not cryptography
        self._serial = self.seed * 1_000

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        """Answers one request."""
        self._serial += 1
        if self._chance.random() >= self.share:
            self.good += 1
            head, body = _reply(asked, self._serial)
            await says(head, chunk(body), END)(asked, writer)
            return
        way = self._chance.choice(list(WAYS))
        self.ways.append(way)
        await WAYS[way](self._chance.random(), self._serial)(asked, writer)


def _reply(asked: Asked, serial: int) -> tuple[bytes, bytes]:
    """The head and the body of the answer that the reference would give."""
    method, path, _ = asked.line.split(" ")
    ask = Ask(method=method, path=path, headers=asked.headers, body=asked.body, serial=serial)
    reply = answer(ask, Pace(first_pause=0.0, token_pause=0.0))
    lines = [f"HTTP/1.1 {reply.status} X", *(f"{name}: {value}" for name, value in reply.headers)]
    head = "\r\n".join([*lines, "transfer-encoding: chunked", "", ""])
    return head.encode(), b"".join(frame.data for frame in reply.frames)


def _spoilt(kind: str, where: float, serial: int) -> Script:
    """The good answer until somewhere in its first nine tenths, and then what `kind` says."""

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        head, body = _reply(asked, serial)
        part = body[: int(len(body) * 0.9 * where)]
        drops = [piece for at in range(len(part)) for piece in (chunk(part[at : at + 1]), 0.05)]
        parts: dict[str, tuple[bytes | float, ...]] = {
            "reset within the head": (head[: int(len(head) * where)],),
            "dripped": (head, *drops, FOREVER),
        }
        begun = (head, chunk(part)) if part else (head,)
        await says(*parts.get(kind, (*begun, *_TAILS.get(kind, ()))), reset="reset" in kind)(asked, writer)
        if kind == "half-closed":
            writer.write_eof()
            await asyncio.sleep(FOREVER)

    return script


_TAILS: dict[str, tuple[bytes | float, ...]] = {
    "silent": (FOREVER,),
    "cut short": (END,),
    "garbage": (chunk(_GARBAGE), END),
    "a bad chunk": (b"zz\r\n",),
}
_KINDS = (*_TAILS, "reset", "reset within the head", "half-closed", "closed", "dripped")


def _limited(wait: str, where: float, serial: int) -> Script:  # noqa: ARG001
    return whole("429 Too Many Requests", b"{}", f"retry-after: {wait}")


def _behaved(script: Script, where: float, serial: int) -> Script:  # noqa: ARG001
    return script


WAYS: dict[str, Callable[[float, int], Script]] = {
    **{f"429, {wait!r}": partial(_limited, wait) for wait in _WAITS},
    **{kind: partial(_spoilt, kind) for kind in _KINDS},
    **{
        name: partial(_behaved, behaviour.script)
        for name, behaviour in BEHAVIOURS.items()
        if behaviour.code is not ExitCode.CONFORMS
    },
}
"""Makes, by its name, the script of a failure from a number below 1 that says where, and a serial."""
