"""Mends: what a stream would be if one requirement were kept, as far as its bytes tell.

A violation follows from another if it is gone once that one is mended. A mend changes what its requirement
speaks of and nothing else: two JSON documents in one event become two events. What the bytes do not tell is
left as it is. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from conformance.causes import chat, framing, items, texts
from conformance.causes.edits import Mend, edited
from conformance.light import lightened
from conformance.subject import Answer, read

__all__ = ["MENDS", "READ", "Mending"]

_EVENT = 100  # bytes that cost as much as an event or a piece does
_MOST = 2_000_000  # the cost, in bytes, of the longest answer that is mended
_ALL = 16_000_000  # the cost of all that is read and judged again
_JUDGED = 20  # rules are judged at the cost of reading once


class Mending:
    """Mends answers, as long as what is read and judged again for it costs little."""

    def __init__(self, answers: Mapping[str, Answer], *, light: bool = False) -> None:
        """`answers` are those that may be mended, by id. If they are `light`, so are the mended ones."""
        self._answers = answers
        self._light = light
        self._left = _ALL
        self._known: dict[tuple[str, tuple[str, ...]], list[Answer]] = {}

    def of(self, subject: str, names: tuple[str, ...]) -> list[Answer]:
        """An answer with these requirements mended one after the other, in each way in which it can be done.

        Empty if the answer is too long, or if too much was mended before.
        """
        if (subject, names) not in self._known:
            found = self._mended(self._answers[subject], names)
            self._known[subject, names] = [lightened(one) for one in found] if self._light else found
        return self._known[subject, names]

    def judges(self, answers: Iterable[Answer]) -> bool:
        """Whether answers may be judged again by one more rule."""
        return self._spend(sum(map(_cost, answers)) // _JUDGED)

    def _mended(self, answer: Answer, names: Iterable[str]) -> list[Answer]:
        if _cost(answer) > _MOST or (self._light and not self._spend(_cost(answer))):
            return []
        found = [read(answer.exchange) if self._light else answer]
        for name in names:
            ways = (self._after(one, steps) for one in found for steps in MENDS[name])
            found = [way for way in ways if way is not None]
        return found

    def _after(self, answer: Answer, steps: Iterable[Mend]) -> Answer | None:
        for step in steps:
            if edits := list(step(answer)):
                pieces = edited(answer.exchange.pieces, edits)
                if not self._spend(_cost(answer)):
                    return None
                answer = read(replace(answer.exchange, pieces=pieces))
        return answer

    def _spend(self, cost: int) -> bool:
        self._left -= cost
        return self._left >= 0


def _cost(answer: Answer) -> int:
    return answer.wire.size + _EVENT * max(len(answer.wire.events), len(answer.exchange.pieces))


MENDS: Mapping[str, tuple[tuple[Mend, ...], ...]] = MappingProxyType(
    {
        "event-terminated": (
            (framing.event_terminated, texts.filled_cut),
            (framing.cut_off, texts.filled_cut),
        ),
        "event-json": ((framing.event_json, texts.filled_cut), (framing.event_json_once, texts.filled_cut)),
        "event-foreign": ((framing.event_foreign,),),
        "event-schema": ((texts.filled,),),
        "sequence-number-increasing": ((framing.sequence_number_increasing,),),
        "output-index-present": ((items.output_index_present,),),
        "item-added-first": ((items.item_added_first,),),
        "part-added-first": ((items.part_added_first,),),
        "output-index-unique": ((items.output_index_unique,),),
        "choice-index": ((chat.choice_index,),),
        "content-string": ((chat.content_string,),),
        "content-cumulative": ((chat.content_cumulative,),),
        "text-cumulative": ((texts.text_cumulative,),),
        "text-done-agrees": ((texts.text_done_agrees,),),
        "arguments-done-agrees": ((texts.arguments_done_agrees,),),
        "usage-integers": ((chat.usage_integers,),),
        "finish-reason-value": ((chat.finish_reason_value,),),
        "finish-reason-tools": ((chat.finish_reason_tools,),),
    }
)
"""The mends of each requirement that has any, each step by step, in the order in which several are applied.

Where bytes can be read in more than one way, each way is a mend.
"""

READ = frozenset({"event-terminated", "event-json", "event-foreign"})
"""The requirements whose mends make events readable, and change nothing else."""
