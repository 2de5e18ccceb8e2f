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
from conformance.subject import Answer, read

__all__ = ["MENDS", "READ", "mended"]


def mended(answer: Answer, names: Iterable[str]) -> list[Answer]:
    """The answer with these requirements mended one after the other, in each way in which it can be done."""
    found = [answer]
    for name in names:
        found = [_after(one, steps) for one in found for steps in MENDS[name]]
    return found


def _after(answer: Answer, steps: Iterable[Mend]) -> Answer:
    for step in steps:
        if edits := list(step(answer)):
            pieces = edited(answer.exchange.pieces, edits)
            answer = read(replace(answer.exchange, pieces=pieces))
    return answer


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
