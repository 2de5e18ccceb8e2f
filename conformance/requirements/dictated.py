"""Requirements on what a prompt dictates: that it arrives as it was written.

The suite knows what its own prompts ask for letter by letter. Text and arguments that are this, but for a
change that a program makes, were changed by a program.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from conformance.assemble.records import Deltas
from conformance.catalogue import Family, Level, Violation, trigger
from conformance.requirements.damage import (
    Damage,
    argument_damages,
    arguments_agree,
    damages,
    lost_letter,
)
from conformance.requirements.declare import stream_rule
from conformance.requirements.tools.offered import made_calls
from conformance.sources import API_REFERENCE, FUNCTION_CALLING, RFC_8259
from conformance.subject import ChatStream, Stream
from conformance.text import shown

_READ = ("event-terminated", "event-json", "event-foreign", "utf8-valid", "chunk-schema", "event-schema")


@dataclass(frozen=True, slots=True)
class _Changed:
    """A text or arguments that differ from what is due: where, and the ways that explain it."""

    event: int | None
    place: str
    due: str
    found: str
    ways: tuple[Damage, ...]


@trigger(absent="the prompt dictates nothing, or nothing of it came")
def dictated(stream: Stream) -> bool:
    """Whether the prompt dictates a text and there is one, or the arguments of calls and there are some."""
    exchange = stream.exchange
    text = bool(exchange.expected_text) and any(deltas.texts for deltas in _answers(stream))
    return text or (bool(exchange.expected_arguments) and bool(made_calls(stream)))


def _changed(stream: Stream) -> Iterator[_Changed]:
    """What differs from what is due, in the order of its coming."""
    due = stream.exchange.expected_text
    for deltas in _answers(stream) if due else ():
        if deltas.text.strip() != due.strip():
            event = _departs(deltas, due.strip())
            yield _Changed(event, "text", due, deltas.text, damages(due, deltas.text))
    wanted = stream.exchange.expected_arguments
    for call in made_calls(stream) if wanted else ():
        text = call.arguments
        if text and not any(arguments_agree(one, text) for one in wanted):
            ways = next((found for one in wanted if (found := argument_damages(one, text))), ())
            yield _Changed(call.last, f"arguments of {shown(call.name)}", wanted[0], text, ways)


def _answers(stream: Stream) -> list[Deltas]:
    if isinstance(stream, ChatStream):
        return [choice.content for choice in stream.choices]
    return [text.deltas for _, text in stream.responses.output.texts("output_text")]


def _departs(deltas: Deltas, due: str) -> int | None:
    """The event with the first letter that is not the one that is due; the last one if it only ends early."""
    text = deltas.text.lstrip()
    pairs = enumerate(zip(text, due, strict=False))
    place = next((at for at, (one, other) in pairs if one != other), len(due))
    place += len(deltas.text) - len(text)
    ends = zip(deltas.events, accumulate(map(len, deltas.texts)), strict=True)
    return next((event for event, end in ends if end > place), deltas.events[-1] if deltas.events else None)


@stream_rule(
    family=Family.WIRE,
    level=Level.MUST,
    statement="Text and arguments arrive as written: not encoded, escaped or read as another code.",
    hurts="Readers see 'Ã©', '&amp;' or '?'; tools write it into files and databases.",
    sources=[API_REFERENCE, FUNCTION_CALLING, RFC_8259],
    when=dictated,
    reports=["openclaw/openclaw#35207", "punkpeye/mcp-proxy#92"],
    rests_on=_READ,
)
def answer_damaged(stream: Stream) -> Iterator[Violation]:
    """Judged where the prompt dictates every letter, and only what no model does by itself is reported."""
    for item in _changed(stream):
        ways = [way for way in item.ways if not way.model]
        if ways:
            yield _told(item, ways[0].name)


@stream_rule(
    family=Family.WIRE,
    level=Level.SHOULD,
    statement="Text and arguments keep their letters, whole, their line breaks and emoji, and come once.",
    hurts="Code does not run, names are not found again, and what was said is shown twice.",
    sources=[API_REFERENCE, FUNCTION_CALLING],
    when=dictated,
    model=True,
    rests_on=[
        *(*_READ, "content-cumulative", "text-cumulative", "text-repeated", "text-repeats-thoughts"),
        *("twin-text-damaged", "twin-arguments-damaged"),
    ],
)
def answer_altered(stream: Stream) -> Iterator[Violation]:
    """Judged where the prompt dictates every letter. A model may err in these ways, if rarely: a SHOULD."""
    for item in _changed(stream):
        if any(way.prompt or not way.model for way in item.ways):
            continue  # reported by `answer-composed` and `answer-damaged`
        code = stream.exchange.nonce
        letter = lost_letter(item.due, item.found, code) or lost_letter(*_flat(item.due, item.found), code)
        why = item.ways[0].name if item.ways else f"lacks every {shown(letter)}" if letter else ""
        if why:
            yield _told(item, why)


@stream_rule(
    family=Family.WIRE,
    level=Level.INFO,
    statement="Text and arguments keep letters that are written as a letter and an accent.",
    hurts="File names are not found again, and texts that look the same are not equal.",
    sources=[API_REFERENCE, FUNCTION_CALLING],
    when=dictated,
    model=True,
    rests_on=[*_READ, "answer-damaged", "twin-text-damaged", "twin-arguments-damaged"],
)
def answer_composed(stream: Stream) -> Iterator[Violation]:
    """Tokenizers such as Qwen's compose letters, so that their models never see the others: an INFO.

    Where the answer without streaming keeps them, `twin-text-damaged` and `twin-arguments-damaged` report it.
    """
    for item in _changed(stream):
        ways = [way for way in item.ways if way.prompt]
        if ways and all(way.model for way in item.ways):
            yield _told(item, ways[0].name)


def _told(item: _Changed, why: str) -> Violation:
    return Violation(
        event=item.event,
        place=item.place,
        expected=shown(item.due, 100),
        observed=f"{shown(item.found, 100)}, which {why}",
    )


def _flat(due: str, found: str) -> tuple[str, str]:
    # Arguments without the white space of JSON, which every program writes in its own way.
    return "".join(due.split()), "".join(found.split())
