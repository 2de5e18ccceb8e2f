"""Requirements on the times of a run: what is slow in one answer is judged by how fast the others came.

The clock of one answer says little: a long wait may be the way to a far server, or a queue. The same request
without `stream` says how long the whole answer takes, and the run's own first token how long the way is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conformance.assemble.choice import REASONING_FIELDS
from conformance.catalogue import Family, Level, Violation, trigger
from conformance.exchange import Api, Ended
from conformance.requirements.declare import pace_rule
from conformance.requirements.reasoning import reasoning_tokens, thinks
from conformance.requirements.timing import BURST_EVENTS, LLAMA, ZENMUX, deltas
from conformance.sources import RFC_9112
from conformance.subject import Answer, ChatStream, Document, PacedStreams, ResponsesStream, Stream
from conformance.text import counted

SHORTEST = 0.2
"""Seconds. An answer that is generated in less comes at once, whatever the server does."""

HELD = 1 / 3
"""Of the time that an answer takes to be generated: one of which nothing comes for longer was held back."""

AT_ONCE = 0.1
"""Of the time that an answer takes to be generated: what comes within less was not sent as it arose."""

LEAST = 20
"""Characters. Shorter answers are not looked at."""

STREAMS = 5
"""Streams of one API. Fewer do not show that the longer an answer is, the later it begins."""

EXPLAINED = 0.9
"""Of the variance of the waits, by the number of deltas: waits of another cause follow no such line."""

WAITED = 0.05
"""Of the time that the wait grows by with each delta: what comes faster was there before."""

SLOWER, MUCH_SLOWER = 1.75, 2.5
"""Times as long as the same answer takes otherwise. What a left stream had still to say takes about two."""

WAIT = 0.5
"""Seconds that the request after a left stream takes longer, at least."""


@dataclass(frozen=True, slots=True)
class _Course:
    """When the output of an answer began and ended, in seconds, and how many characters it has."""

    first: float
    last: float
    length: int


def _course(answer: Answer) -> _Course | None:
    """The course of an answer; None if it has no output, or its times are not known."""
    if isinstance(answer, Document):
        times = [piece.at for piece in answer.exchange.pieces if piece.at is not None]
        length = _document_length(answer.document)
        return _Course(times[0], times[-1], length) if times and length else None
    if isinstance(answer, ChatStream):
        said = [choice.said for choice in answer.choices if choice.said.first]
        events = [number for one in said for number in (one.first, max(one.first, one.last))]
    elif isinstance(answer, ResponsesStream):
        events = [
            number for item in answer.items for text in item.texts.values() for number in text.deltas.events
        ]
    else:
        return None
    ends = [answer.event(number) for number in (min(events), max(events))] if events else []
    times = [event.at for event in ends if event is not None and event.at is not None]
    return _Course(times[0], times[1], _length(answer)) if len(times) == 2 else None


def _length(stream: Stream) -> int:
    if isinstance(stream, ChatStream):
        texts = sum(len(choice.content.text) for choice in stream.choices)
        return texts + sum(len(call.arguments) for _, call in stream.chat.calls)
    return sum(len(text.text) for item in stream.items for text in item.texts.values())


def _document_length(document: object) -> int:
    """The characters of the text and of the arguments in a whole answer of either API."""
    if isinstance(document, dict):
        found = sum(
            len(value)
            for key, value in document.items()
            if key in ("content", "arguments", "text") and isinstance(value, str)
        )
        return found + sum(_document_length(value) for key, value in document.items() if key in _HOLDERS)
    return sum(map(_document_length, document)) if isinstance(document, list) else 0


_HOLDERS = ("choices", "message", "tool_calls", "function", "output", "content")


def _alone(answer: Answer) -> bool:
    """Whether nothing else was open at the provider meanwhile, as far as is known."""
    return not answer.exchange.beside


def _thinks(answer: Answer) -> bool:
    if isinstance(answer, ChatStream | ResponsesStream):
        return thinks(answer)
    document = answer.document if isinstance(answer, Document) else None
    if not isinstance(document, dict):
        return False
    choices = document.get("choices")
    messages = (
        [choice.get("message") for choice in choices if isinstance(choice, dict)]
        if isinstance(choices, list)
        else []
    )
    told = any(
        message.get(name) for message in messages if isinstance(message, dict) for name in REASONING_FIELDS
    )
    details = ("completion_tokens_details", "output_tokens_details")
    return told or any(reasoning_tokens(document.get("usage"), name) > 0 for name in details)


@dataclass(frozen=True, slots=True)
class _Speed:
    """What the run says of an endpoint: its first output, and the seconds that a character takes."""

    first: float
    by: str  # the answer without streaming that says it
    whole: float  # the seconds of that answer
    character: float


def _speed(paced: PacedStreams) -> _Speed | None:
    """The speed of the endpoint, by the fastest of the long answers without streaming; None if none tells it.

    Long are those of at least half the length of the longest: a short one takes little beside the way.
    """
    streams = [_course(answer) for answer in paced.answers.values() if answer.streamed]
    firsts = [course.first for course in streams if course is not None]
    timed = {
        name: course
        for name, answer in paced.answers.items()
        if firsts
        and isinstance(answer, Document)
        and _alone(answer)
        and not _thinks(answer)
        and (course := _course(answer)) is not None
        and course.length >= LEAST
    }
    longest = max((course.length for course in timed.values()), default=0)
    found = [
        _Speed(min(firsts), name, course.last, (course.last - min(firsts)) / course.length)
        for name, course in timed.items()
        if 2 * course.length >= longest
    ]
    return min(found, key=lambda speed: speed.character, default=None)


@trigger(absent="no answer without streaming, or no times, say how fast the endpoint is")
def timed_streams(paced: PacedStreams) -> list[tuple[str, _Course]]:
    """The streams that came alone and without reasoning, and when their output came."""
    if _speed(paced) is None:
        return []
    found = [
        (name, _course(answer))
        for name, answer in paced.answers.items()
        if answer.streamed
        and answer.exchange.ended is not Ended.LEFT
        and _alone(answer)
        and not _thinks(answer)
    ]
    return [(name, course) for name, course in found if course is not None]


@dataclass(frozen=True, slots=True)
class _Burst:
    """A stream of several deltas: when the first came, in seconds, and how long the others took."""

    name: str
    deltas: int
    first: float
    spread: float


def _bursts(paced: PacedStreams, api: Api) -> list[_Burst]:
    """The streams of an API, from the one with the fewest deltas on; of models that think, none."""
    found = []
    for name, answer in paced.answers.items():
        if not isinstance(answer, ChatStream | ResponsesStream) or answer.exchange.api is not api:
            continue
        events = deltas(answer)
        if answer.exchange.ended is Ended.LEFT or _thinks(answer) or len(events) < BURST_EVENTS:
            continue
        first, last = answer.event(events[0]), answer.event(events[-1])
        if first is not None and last is not None and first.at is not None and last.at is not None:
            found.append(_Burst(name, len(events), first.at, last.at - first.at))
    return sorted(found, key=lambda burst: burst.deltas)


def _growth(bursts: list[_Burst]) -> float:
    """The seconds by which the wait for the first delta grows with each delta; 0 where it follows no line."""
    count = len(bursts)
    if count < STREAMS:
        return 0.0
    size, wait = (sum(values) / count for values in ([b.deltas for b in bursts], [b.first for b in bursts]))
    sizes = sum((burst.deltas - size) ** 2 for burst in bursts)
    waits = sum((burst.first - wait) ** 2 for burst in bursts)
    both = sum((burst.deltas - size) * (burst.first - wait) for burst in bursts)
    if both <= 0 or both * both < EXPLAINED * sizes * waits:
        return 0.0
    return both / sizes


def _whole_at_last(paced: PacedStreams) -> Iterator[Violation]:
    """The streams of each API whose streams begin the later the longer they are, and then come at once.

    It needs no answer without streaming, which a gateway that holds back streams may serve as fast as ever.
    """
    for api in Api:
        bursts = _bursts(paced, api)
        growth = _growth(bursts)
        due, taken = sum(burst.deltas for burst in bursts) * growth, sum(burst.spread for burst in bursts)
        if growth and taken <= WAITED * due and growth * (bursts[-1].deltas - bursts[0].deltas) >= SHORTEST:
            for burst in reversed(bursts):  # the longest shows it best
                yield Violation(
                    place=burst.name,
                    expected="a first delta that waits for no other: here each delta more delays it by "
                    f"{growth:.3f} s",
                    observed=f"all {burst.deltas} deltas came at once (within {burst.spread:.3f} s), after "
                    f"nothing for {burst.first:.2f} s",
                )


@trigger(absent="no answer without streaming, or no times, say how fast the endpoint is")
def early_or_late(paced: PacedStreams) -> bool:
    return bool(timed_streams(paced)) or any(len(_bursts(paced, api)) >= STREAMS for api in Api)


@pace_rule(
    family=Family.TIMING,
    level=Level.SHOULD,
    statement="A stream begins while its answer is generated, however fast that is or few its deltas.",
    hurts="Users wait for the whole answer, as without streaming.",
    sources=[ZENMUX, LLAMA],
    when=early_or_late,
    reports=["ZenMux/zenmux-doc#274", "ggml-org/llama.cpp#24774"],
    rests_on=["stream-incremental"],
)
def stream_early(paced: PacedStreams) -> Iterator[Violation]:
    """Compares the streams with each other, and those that ran alone with the same request without streaming.

    What a fast endpoint generates in 0.2 s is left alone, and so is one of which another stream shows that
    the answers without streaming waited in a queue.
    """
    if late := list(_whole_at_last(paced)):
        yield from late
        return
    speed, streams = _speed(paced), timed_streams(paced)
    if speed is None or _shows_faster(speed, [course for _, course in streams]):
        return
    for name, course in streams:
        taken = speed.character * course.length
        if taken < SHORTEST or course.length < LEAST:
            continue
        if course.first - speed.first > HELD * taken and course.last - course.first < AT_ONCE * taken:
            yield Violation(
                place=name,
                expected=f"output from about {speed.first:.2f} s on, for about {taken:.2f} s: without "
                f"streaming, {speed.by} took {speed.whole:.2f} s",
                observed=f"nothing for {course.first:.2f} s, then {counted(course.length, 'character')} "
                f"within {course.last - course.first:.3f} s",
            )


def _shows_faster(speed: _Speed, streams: list[_Course]) -> bool:
    """Whether a stream was over long before its answer could be generated at this speed.

    Looks at those of twice the length of the first one: of held back streams, the shortest comes early too.
    """
    shortest = min(streams, key=lambda course: course.first, default=None)
    return shortest is not None and any(
        course.length >= max(LEAST, 2 * shortest.length)
        and course.last - speed.first < HELD * speed.character * course.length
        for course in streams
    )


# What a stream that the client left goes on to cost


@dataclass(frozen=True, slots=True)
class _After:
    """How long the request after a left stream took, and how long it takes otherwise, in seconds.

    `tried` says that two requests were open at once somewhere in the run, and no more.
    """

    name: str
    took: float
    due: float
    tried: bool

    @property
    def times(self) -> float:
        """How many times as long as otherwise it took; 0 if that is hardly longer."""
        return self.took / self.due if self.due > 0 and self.took - self.due >= WAIT else 0.0


@trigger(absent="no stream was left and a like one streamed whole, or the endpoint answers several at once")
def after_leaving(paced: PacedStreams) -> list[_After]:
    """The answers after a stream was left, where the same request was streamed too, and one at a time.

    On an endpoint that answers several requests at once, a stream that goes on delays no other.
    """
    most = max(((answer.exchange.beside or 0) for answer in paced.answers.values()), default=0)
    if most > 1:
        return []
    twins = {plain: stream for stream, plain in paced.twins}
    found = []
    for left, following in paced.left:
        whole = paced.answers.get(twins.get(following, ""))
        after, usual = _course(paced.answers[following]), _course(whole) if whole is not None else None
        was_left = paced.answers[left].exchange.ended is Ended.LEFT
        if was_left and after is not None and usual is not None and usual.length >= LEAST:
            due = usual.first + (usual.last - usual.first) * after.length / usual.length
            found.append(_After(following, after.first, due, tried=most == 1))
    return found


@pace_rule(
    family=Family.TIMING,
    level=Level.SHOULD,
    statement="An endpoint that answers one request at a time stops when the client leaves.",
    hurts="Whoever asks next waits for an answer that nobody reads.",
    sources=[RFC_9112],
    when=after_leaving,
)
def cancel_frees(paced: PacedStreams) -> Iterator[Violation]:
    """Reports a next answer that takes 2.5 times as long as the same one takes in a stream.

    Only where the run has tried whether the endpoint answers two at once: one that is asked one by one may
    answer many.
    """
    yield from _delayed(one for one in after_leaving(paced) if one.tried and one.times >= MUCH_SLOWER)


@pace_rule(
    family=Family.TIMING,
    level=Level.INFO,
    statement="Where one request is answered at a time, a stream that was left does not delay the next.",
    hurts="A stream that goes on after the client has left may be what the next one waits for.",
    sources=[RFC_9112],
    when=after_leaving,
)
def cancel_undelayed(paced: PacedStreams) -> Iterator[Violation]:
    """Reports 1.75 times as long, which a busy server may take by chance. More is told by `cancel-frees`."""
    late = (one for one in after_leaving(paced) if one.times >= SLOWER)
    yield from _delayed(one for one in late if not one.tried or one.times < MUCH_SLOWER)


def _delayed(late: Iterable[_After]) -> Iterator[Violation]:
    for one in late:
        yield Violation(
            place=one.name,
            expected=f"about {one.due:.2f} s, as the same answer takes in a stream",
            observed=f"{one.took:.2f} s to the first byte after a stream was left, "
            f"{one.times:.1f} times as long",
        )
