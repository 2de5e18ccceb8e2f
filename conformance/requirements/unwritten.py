"""Requirements against text that no model wrote, where nobody knows what it should have been."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from conformance.assemble.choice import Choice
from conformance.assemble.payload import joined
from conformance.assemble.records import Deltas
from conformance.catalogue import Family, Level, Violation, trigger
from conformance.requirements.common import request_holds
from conformance.requirements.declare import stream_rule
from conformance.requirements.tools.offered import made_calls
from conformance.sources import API_REFERENCE, openapi
from conformance.subject import ChatStream, Stream
from conformance.text import shown

_READ = ("event-terminated", "event-json", "event-foreign", "utf8-valid", "chunk-schema", "event-schema")
_LEAST = 12
"""The characters from which on a text is not the same as another by chance."""


# What was encoded or escaped once more

# The letters that bytes which continue a character in UTF-8 are read as. Those that stand behind letters in
# ordinary text, as quotation marks do, tell nothing alone.
_READ_AS: Final = "".join(bytes([octet]).decode("cp1252", "ignore") for octet in range(0x80, 0xA0))
_FURTHER: Final = f"\x80-\xbf{_READ_AS}"
_ORDINARY: Final = "\xa0\xab\xbb\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u2039\u203a\u201a\u201e\u2022"
_TELLING: Final = f"(?![{_ORDINARY}])[{_FURTHER}]"
_MISREAD: Final = re.compile(
    rf"[\xc2\xc3]{_TELLING}|[\xe0-\xef](?:{_TELLING}[{_FURTHER}]|[{_FURTHER}]{_TELLING})"
    rf"|[\xf0-\xf4][{_FURTHER}]{{3}}|(?:[\xc4-\xdf]{_TELLING}){{2}}"
)
_ENTITY: Final = re.compile(r"&(?:amp|lt|gt|quot|apos|#3[49]|#x2[27]|#[1-9][0-9]{2,5});", re.IGNORECASE)
_RAW: Final = re.compile(r"[<>]")
_ASKED: Final = re.compile(
    r"&(?:[A-Za-z]{2,8}|#[0-9xX][0-9A-Fa-f]{1,6});|<[a-zA-Z!/]|html|xml|svg|entit", re.IGNORECASE
)


def _pieces(stream: Stream) -> Iterator[tuple[str, str, int | None]]:
    """Every text and all arguments: where it stands, the text, and its last event."""
    if isinstance(stream, ChatStream):
        deltas = list[Deltas](choice.content for choice in stream.choices)
    else:
        deltas = [text.deltas for _, text in stream.responses.output.texts("output_text")]
    for one in deltas:
        if one.texts:
            yield "text", one.text, one.events[-1]
    for call in made_calls(stream):
        if call.arguments:
            yield f"arguments of {shown(call.name)}", call.arguments, call.last


@trigger(absent="no text or call in the stream, or the prompt dictates it")
def of_unknown_text(stream: Stream) -> bool:
    """Whether something was said and nobody knows what it should be."""
    exchange = stream.exchange
    known = bool(exchange.expected_text or exchange.expected_arguments)
    return not known and any(True for _ in _pieces(stream))


def _around(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - 20) : match.end() + 20]


def _asked_about_misread(stream: Stream) -> bool:
    return request_holds(stream, _MISREAD)


@stream_rule(
    family=Family.WIRE,
    level=Level.INFO,
    statement="Text and arguments hold no letters that are the bytes of other letters in UTF-8.",
    hurts="Readers see 'GrÃ¼ÃŸe' for 'Grüße'.",
    sources=[API_REFERENCE],
    when=of_unknown_text.unless("the request itself holds such letters", _asked_about_misread),
    reports=["punkpeye/mcp-proxy#92"],
    model=True,
    rests_on=_READ,
)
def text_mojibake(stream: Stream) -> Iterator[Violation]:
    """Somewhere UTF-8 was read as Latin-1 or Windows-1252. A model may write such letters: an INFO."""
    for place, text, event in _pieces(stream):
        match = None if text.isascii() else _MISREAD.search(text)
        if match:
            around = shown(_around(match))
            yield Violation(event=event, place=place, expected="the letters themselves", observed=around)


def _asked_about_entities(stream: Stream) -> bool:
    return request_holds(stream, _ASKED)


@stream_rule(
    family=Family.WIRE,
    level=Level.INFO,
    statement="Text and arguments hold no HTML entities where nothing was asked about HTML.",
    hurts="Commands fail, and tools write '&amp;' into files.",
    sources=[API_REFERENCE],
    when=of_unknown_text.unless("the request is about HTML, XML or entities", _asked_about_entities),
    reports=["openclaw/openclaw#35207"],
    model=True,
    rests_on=_READ,
)
def text_entities(stream: Stream) -> Iterator[Violation]:
    """A model may write HTML by itself, so the level is INFO. Text with a bare `<` or `>` is not judged."""
    for place, text, event in _pieces(stream):
        match = _ENTITY.search(text)
        if match and not _RAW.search(text):
            around = shown(_around(match))
            yield Violation(event=event, place=place, expected="the characters themselves", observed=around)


# What is said twice


@trigger(absent="no text in three deltas or more")
def several_deltas(stream: Stream) -> list[tuple[Deltas, Sequence[str]]]:
    """Each text in three deltas or more, with the tokens of its log probabilities."""
    if isinstance(stream, ChatStream):
        found = [(choice.content, choice.logprobs.tokens) for choice in stream.choices]
        return [item for item in found if len(item[0].texts) > 2]
    texts = stream.responses.output.texts("output_text")
    return [(text.deltas, text.logprobs.tokens) for _, text in texts if len(text.deltas.texts) > 2]


@stream_rule(
    family=Family.CHAT,
    level=Level.MUST,
    statement="The last delta does not hold the whole text once more.",
    hurts="Every client shows the answer twice.",
    sources=[API_REFERENCE, openapi("ChatCompletionStreamResponseDelta"), openapi("ResponseTextDeltaEvent")],
    when=several_deltas,
    reports=["infiniflow/ragflow#15286", "mudler/LocalAI#9470"],
    rests_on=[*_READ, "content-cumulative", "text-cumulative"],
)
def text_repeated(stream: Stream) -> Iterator[Violation]:
    """From 12 characters on, which came in two deltas or more.

    A model that writes a phrase twice writes it in pieces as the first time; a server that bundles deltas
    would have to bundle exactly the second time, and nothing after it: where every delta is long, it may have
    done so. What the log probabilities tell to be generated, what the prompt dictates, and text of a single
    pattern, like a row of 'ha', are exempt as well.
    """
    for deltas, tokens in several_deltas(stream):
        event = _repeating(deltas)
        text = deltas.text
        due = stream.exchange.expected_text.strip()
        if event is not None and "".join(tokens) != text and due != text.strip():
            yield Violation(
                event=event,
                place="text",
                expected="what is new",
                observed=f"{shown(deltas.texts[-1], 100)}, all of the text again",
            )


def _repeating(deltas: Deltas) -> int | None:
    """The event of the last delta that is not blank, if it holds all before it once more; else None."""
    said = [(event, text) for event, text in zip(deltas.events, deltas.texts, strict=True) if text.strip()]
    if len(said) < 3:
        return None
    event, last = said[-1]
    again = last.strip()
    if len(again) < _LEAST or all(len(text.strip()) >= _LEAST for _, text in said):
        return None
    before = joined(text for number, text in zip(deltas.events, deltas.texts, strict=True) if number < event)
    return event if before.strip() == again and not _periodic(again) else None


def _periodic(text: str) -> bool:
    """Whether a text is one pattern over and over."""
    return text in (text + text)[1:-1]


@trigger(absent="no text beside thoughts")
def thought_and_said(stream: Stream) -> list[tuple[str, Deltas, list[Deltas]]]:
    """Each text, with the thoughts before it as one text and by field or part."""
    if isinstance(stream, ChatStream):
        pairs = [_said_and_thought(choice) for choice in stream.choices]
    else:
        output = stream.responses.output
        thoughts = [text.deltas for _, text in output.texts("reasoning_text", "summary_text")]
        pairs = [(text.deltas, thoughts) for _, text in output.texts("output_text")]
    return [
        (thought, said, thoughts)
        for said, thoughts in pairs
        for thought in [max((one.text.strip() for one in thoughts), key=len, default="")]
        if said.texts and len(thought) >= _LEAST
    ]


def _said_and_thought(choice: Choice) -> tuple[Deltas, list[Deltas]]:
    return choice.content, list(choice.reasoning.fields.values())


@stream_rule(
    family=Family.REASONING,
    level=Level.MUST,
    statement="The text does not repeat the thoughts: in one delta, or delta by delta beside them.",
    hurts="Users read the thoughts as the answer, or everything twice.",
    sources=[openapi("ChatCompletionStreamResponseDelta"), openapi("ReasoningItem")],
    when=thought_and_said,
    rests_on=_READ,
)
def text_repeats_thoughts(stream: Stream) -> Iterator[Violation]:
    """From 12 characters on.

    A model may answer with the words that it thought, but it writes them again, piece by piece and after its
    thoughts. Where the prompt dictates the text, thoughts that are whole inside another one count as well.
    """
    due = stream.exchange.expected_text.strip()
    for thought, said, thoughts in thought_and_said(stream):
        if due and said.text.strip() == due:
            continue
        event = _in_one(thought, said, thoughts) or _beside(said, thoughts)
        if not event and due and thought not in due and thought in said.text:
            ends = zip(said.events, accumulate(map(len, said.texts)), strict=True)
            place = said.text.index(thought) + len(thought)
            event = next(number for number, end in ends if end >= place)
        if event:
            yield Violation(
                event=event,
                place="text",
                expected="the answer alone",
                observed=f"{shown(thought, 100)}, which the thoughts say",
            )


@stream_rule(
    family=Family.REASONING,
    level=Level.INFO,
    statement="The text is not the thoughts, word for word.",
    hurts="Users read everything twice, if the thoughts were sent as text as well.",
    sources=[openapi("ChatCompletionStreamResponseDelta"), openapi("ReasoningItem")],
    when=thought_and_said,
    model=True,
    rests_on=(*_READ, "text-repeats-thoughts"),
)
def text_as_thoughts(stream: Stream) -> Iterator[Violation]:
    """From 12 characters on, where the prompt dictates nothing. A model may do so, so the level is INFO."""
    for thought, said, _ in thought_and_said(stream):
        if said.text.strip() == thought and not stream.exchange.expected_text:
            yield Violation(
                event=said.events[-1],
                place="text",
                expected="an answer of its own",
                observed=f"{shown(thought, 100)}, as the thoughts",
            )


def _in_one(thought: str, said: Deltas, thoughts: list[Deltas]) -> int:
    """The event of a delta that holds all thoughts, which came in several; 0 if there is none."""
    if all(len(one.texts) < 2 for one in thoughts if one.text.strip() == thought):
        return 0
    pairs = zip(said.events, said.texts, strict=True)
    return next((event for event, text in pairs if len(text) >= _LEAST and text.strip() == thought), 0)


def _beside(said: Deltas, thoughts: list[Deltas]) -> int:
    """The first event, if each of three deltas or more comes beside a thought of the same words; else 0."""
    told = list(zip(said.events, said.texts, strict=True))
    alike = any(told == list(zip(one.events, one.texts, strict=True)) for one in thoughts)
    return said.events[0] if alike and len(told) > 2 else 0
