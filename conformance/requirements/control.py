"""Requirements on control text: the marks of a chat template that reach the client with the answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from conformance.assemble.choice import Choice
from conformance.catalogue import Family, Level, Violation, trigger
from conformance.requirements.common import unescaped
from conformance.requirements.declare import stream_rule
from conformance.requirements.marks import ASKED_ABOUT, Mark, begun_mark, marks
from conformance.requirements.responses.common import ANSWER, has_completed
from conformance.requirements.templates import Kind
from conformance.sources import API_REFERENCE, HARMONY
from conformance.subject import ChatStream, ResponsesStream, Stream
from conformance.text import shown

__all__ = ["Leak", "WrittenText", "leaks", "writes"]

_ENDED = ("stop", "tool_calls", "function_call")
# The texts of a Responses stream that the model writes for the client, besides its answer.
_CALLED = ("arguments", "input")
_THOUGHT = ("reasoning_text", "summary_text")
_MOST = 200  # marks of a stream that are looked for in its request


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A text that the model wrote, its place in the events, and the deltas that it came in.

    `answer` is whether the user reads it as the answer, `ended` whether the model itself ended it.
    """

    place: str
    texts: Sequence[str]
    events: Sequence[int]
    answer: bool = False
    ended: bool = True

    @property
    def text(self) -> str:
        """The text whole, with the escapes of its JSON undone where it holds any."""
        whole = "".join(self.texts)
        return whole if self.answer or "\\u" not in whole else unescaped(whole)

    def event(self, end: int) -> int:
        """The event that brings the character before `end`; the last one if escapes were undone."""
        ends = zip(self.events, accumulate(map(len, self.texts)), strict=True)
        return next((event for event, reached in ends if reached >= end), self.events[-1])


@trigger(absent="no text, reasoning or call in the stream")
def writes(stream: Stream) -> list[WrittenText]:
    """Every text of the model in either API: answers, thoughts, and the names and arguments of calls."""
    found = _of_chat(stream) if isinstance(stream, ChatStream) else _of_responses(stream)
    return [one for one in found if one.texts]


def _of_chat(stream: ChatStream) -> Iterator[WrittenText]:
    for choice in stream.choices:
        ended = choice.finish.reason in _ENDED
        for name, deltas in (("content", choice.content), ("refusal", choice.refusal)):
            yield WrittenText(
                f"choices.*.delta.{name}", deltas.texts, deltas.events, answer=True, ended=ended
            )
        for name, deltas in choice.reasoning.fields.items():
            yield WrittenText(f"choices.*.delta.{name}", deltas.texts, deltas.events, ended=ended)
        yield from _of_calls(choice)


def _of_calls(choice: Choice) -> Iterator[WrittenText]:
    function = "choices.*.delta.tool_calls.*.function"
    for call in choice.calls.made:
        yield _named(f"{function}.name", call.name, call.event)
        parts = [(part.event, part.arguments) for part in call.fragments if isinstance(part.arguments, str)]
        yield WrittenText(f"{function}.arguments", [text for _, text in parts], [event for event, _ in parts])
    called = choice.function_call
    yield _named("choices.*.delta.function_call.name", called.name, called.event)
    yield WrittenText(
        "choices.*.delta.function_call.arguments", called.arguments.texts, called.arguments.events
    )


def _of_responses(stream: ResponsesStream) -> Iterator[WrittenText]:
    ended = has_completed(stream)
    for item in stream.items:
        name = item.added.value.get("name") or item.done.value.get("name")
        if item.type in ("function_call", "custom_tool_call") and isinstance(name, str):
            yield _named("item.name", name, item.added.event)
        for text in item.texts.values():
            if text.slot not in (*ANSWER, *_CALLED, *_THOUGHT):
                continue
            answer = text.slot in ANSWER
            if text.deltas.texts:
                yield WrittenText(
                    "delta", text.deltas.texts, text.deltas.events, answer=answer, ended=bool(ended)
                )
            elif isinstance(text.done.value, str):
                yield WrittenText(
                    text.slot, [text.done.value], [text.done.event], answer=answer, ended=bool(ended)
                )


def _named(place: str, name: str, event: int) -> WrittenText:
    return WrittenText(place, [name] if name else [], [event] if name else [])


@lru_cache(maxsize=4)
def _held(body: str) -> frozenset[Kind]:
    """The kinds of marks that an answer to this request may quote."""
    asked = unescaped(body)
    kinds = {mark.kind for mark in marks(asked, quotable=False)}
    # Whoever asks about the marks of turns asks about a template, of which the form of calls is a part.
    about = Kind.CONTROL in kinds or ASKED_ABOUT.search(asked)
    return frozenset({*kinds, Kind.CALL} if about and kinds else Kind if about else kinds)


@dataclass(frozen=True, slots=True)
class Leak:
    """A text of the model, and the marks in it that the request does not hold."""

    written: WrittenText
    text: str
    marks: list[Mark]

    def violation(self, mark: Mark, expected: str) -> Violation:
        """That this mark is there."""
        around = self.text[max(0, mark.start - 20) : mark.end + 40]
        return Violation(
            event=self.written.event(mark.end),
            place=self.written.place,
            expected=expected,
            observed=f"{shown(around, 90)}, where {shown(self.text[mark.start : mark.end], 40)} is a mark of "
            f"{mark.template.models}",
        )

    def first(self, *kinds: Kind) -> Mark | None:
        """The first mark of these kinds; None if there is none."""
        return next((mark for mark in self.marks if mark.kind in kinds), None)


def leaks(stream: Stream) -> Iterator[Leak]:
    """Every text of the model, with the marks in it: the first 200 of a stream."""
    request = stream.exchange.request
    body = request.body if request is not None else ""
    excused, asked, left = _held(body), unescaped(body), _MOST
    for written in writes(stream):
        text = written.text
        found = [mark for mark in marks(text) if mark.kind not in excused][:left]
        left -= len(found)
        yield Leak(written, text, [mark for mark in found if text[mark.start : mark.end] not in asked])


@stream_rule(
    family=Family.CHAT,
    level=Level.SHOULD,
    statement=(
        "The marks of a chat template, such as `<|im_end|>`, show in no text, reasoning, arguments or name."
    ),
    hurts="Users read them, tools are given them as data, and the next request breaks its own template.",
    sources=[API_REFERENCE, HARMONY],
    when=writes,
    reports=["vllm-project/vllm#40801", "vllm-project/vllm#53227", "cubist38/mlx-openai-server#280"],
    model=True,
)
def control_text(stream: Stream) -> Iterator[Violation]:
    """Looks for ends of turns, roles, channels and thoughts in the forms that many models have.

    Not for those that the request itself holds, nor where it asks about templates; not in backquotes or a
    block of code. Marks of tool calls are reported by `tool-markup`, `<think>` in the text by `think-leak`.
    """
    for leak in leaks(stream):
        kinds = (Kind.CONTROL,) if leak.written.answer else (Kind.CONTROL, Kind.THOUGHT)
        mark = None if leak.first(Kind.CALL) else leak.first(*kinds)
        if mark is not None:
            yield leak.violation(mark, "what the model says, without the marks of its template")


@stream_rule(
    family=Family.CHAT,
    level=Level.SHOULD,
    statement="A text that the model ended does not end inside a mark of a chat template.",
    hurts="A server that held back what may be a call sent its begin as text, and lost the rest.",
    sources=[API_REFERENCE],
    when=writes,
    reports=["vllm-project/vllm#57490"],
    model=True,
)
def control_text_cut(stream: Stream) -> Iterator[Violation]:
    """Judges where no whole mark is in the text. A text that was cut by a limit may end inside anything."""
    for leak in leaks(stream):
        begun = begun_mark(leak.text) if leak.written.ended and not leak.marks else None
        if begun is not None:
            template, piece = begun
            yield Violation(
                event=leak.written.events[-1],
                place=leak.written.place,
                expected="the whole of what was begun, or nothing of it",
                observed=f"{shown(leak.text[-40:], 60)}, where {shown(piece, 40)} begins a mark of "
                f"{template.models}",
            )
