"""Requirements on HTTP and on event framing, the same for both APIs."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from conformance.assemble.foreign import described
from conformance.assemble.payload import parse
from conformance.catalogue import Level, Violation, trigger
from conformance.decode import Note, Oddity
from conformance.exchange import Ended, Need
from conformance.requirements.common import answered_with, each, noted, unended_done
from conformance.requirements.declare import answer_rule, chat_rule, stream_rule
from conformance.requirements.turns import result_refused
from conformance.sources import (
    API_REFERENCE,
    NODE_STREAMING,
    PYTHON_STREAMING,
    RFC_8259,
    RFC_9110,
    RFC_9112,
    WHATWG_INTERPRET,
    WHATWG_PARSE,
    openapi,
)
from conformance.subject import Answer, ChatStream, Stream
from conformance.text import clipped, shown

_CREATE = openapi("CreateChatCompletionRequest")


@trigger(absent="the request was refused, and the provider does not claim this capability")
def accepted_or_claimed(answer: Answer) -> bool:
    exchange = answer.exchange
    status = exchange.status or 0
    if status in (404, 405, 501) or 400 <= status < 500:
        return exchange.claim is True
    return True


@answer_rule(
    level=Level.MUST,
    statement="A request that the endpoint supports is answered with status 200.",
    hurts="Every client raises before it reads a single event.",
    sources=[_CREATE, RFC_9110],
    when=accepted_or_claimed.unless("`tool-result-accepted` judges it", result_refused),
    needs=[Need.STATUS],
    carries_trouble=True,
)
def status_ok(answer: Answer) -> Iterator[Violation]:
    """Only status 200 begins a stream."""
    if answer.exchange.status != 200:
        yield Violation(expected="status 200", observed=answered_with(answer.exchange, 200))


@trigger(absent="the request was refused")
def not_refused(answer: Answer) -> bool:
    return not answer.exchange.refused


@answer_rule(
    level=Level.MUST,
    statement="A request with `stream: true` is answered with an event stream.",
    hurts="openai-python and openai-node find no event and return nothing, or raise at the end.",
    sources=[_CREATE, API_REFERENCE],
    when=not_refused,
    needs=[Need.WIRE],
    reports=["tinyhumansai/tinyagents#56"],
)
def stream_honoured(answer: Answer) -> Iterator[Violation]:
    """Judges the body: it must consist of events, whatever the content type says.

    A stream that is resumed behind its end is empty.
    """
    body = answer.exchange.body
    if not answer.streamed and (body or not answer.resumed):
        begin = clipped(body.decode(errors="replace"), 100)
        yield Violation(
            expected="server-sent events",
            observed=f"a body that begins {begin!r}" if body else "an empty body",
        )


@stream_rule(
    level=Level.MUST,
    statement="A stream has the content type `text/event-stream`.",
    hurts="Browsers' EventSource and Open WebUI refuse the stream; proxies buffer or compress it.",
    sources=[WHATWG_PARSE, _CREATE],
    needs=[Need.HEADERS],
    reports=["ollama/ollama#8991", "Lightning-AI/LitServe#359", "microsoft/foundry-dev-tools#195"],
)
def content_type_event_stream(stream: Stream) -> Iterator[Violation]:
    """Parameters such as charset are ignored."""
    value = stream.exchange.header("content-type") or "none"
    if value.partition(";")[0].strip().lower() != "text/event-stream":
        yield Violation(expected="Content-Type: text/event-stream", observed=f"Content-Type: {value}")


@stream_rule(
    level=Level.MUST,
    statement="A stream is valid UTF-8.",
    hurts="openai-python raises UnicodeDecodeError; JavaScript clients show replacement characters.",
    sources=[WHATWG_PARSE, RFC_8259],
    needs=[Need.WIRE],
    reports=["api7/aisix#111", "musistudio/claude-code-router#1672"],
)
def utf8_valid(stream: Stream) -> Iterator[Violation]:
    """Judges whole lines, so a character that a network read splits is no violation."""
    yield from noted(stream.wire.noted(Oddity.INVALID_UTF8), "valid UTF-8")


@stream_rule(
    level=Level.MUST,
    statement="The data of every event is one JSON document; only the terminator is not.",
    hurts="Clients raise a JSON error in the middle of the answer.",
    sources=[RFC_8259, PYTHON_STREAMING, NODE_STREAMING],
    needs=[Need.WIRE],
    reports=["mnfst/llm-gateway#2053"],
)
def event_json(stream: Stream) -> Iterator[Violation]:
    """NaN and Infinity are not JSON: of the measured clients only those in Python read them."""
    stray: dict[int, list[str]] = {}
    for note in stream.wire.noted(Oddity.UNKNOWN_FIELD):
        if note.dispatched:
            stray.setdefault(note.event, []).append(note.text)
    for violation in each(stream.assembled.data.not_json, "one JSON document"):
        rest = stray.get(violation.event or 0, [])
        event, said = stream.event(violation.event), violation.observed
        if event is not None and rest and _goes_on(event.data, rest):
            said = f"the JSON goes on in a line without `data:`: {clipped(rest[0], 100)}"
        yield replace(violation, observed=said)


def _goes_on(data: str, lines: list[str]) -> bool:
    """Whether lines without `data:` complete the data of their event."""
    return any(not parse(between.join([data, *lines]))[1] for between in ("", "\n"))


@stream_rule(
    level=Level.MUST,
    statement="No event has empty data.",
    hurts="All eleven measured clients raise a JSON error; some hosts use it as a keepalive.",
    sources=[PYTHON_STREAMING, NODE_STREAMING, WHATWG_INTERPRET],
    needs=[Need.WIRE],
    reports=["mlhher/late-cli#113", "caozhiyuan/copilot-api#88"],
)
def event_data_nonempty(stream: Stream) -> Iterator[Violation]:
    """An event whose data field is empty is dispatched to the client; a block without one is not."""
    yield from noted(stream.wire.noted(Oddity.EMPTY_DATA), "data that is JSON, or no data field at all")


@stream_rule(
    level=Level.MUST,
    statement="Every block that has fields has a `data` field.",
    hurts="Both official SDKs dispatch a block of `event:` alone, openai-python any, and raise a JSON error.",
    sources=[WHATWG_INTERPRET, PYTHON_STREAMING],
    needs=[Need.WIRE],
    reports=["openai/openai-python#2722", "openai/openai-python#3833", "diegosouzapw/OmniRoute#1146"],
    rests_on=["sse-field-unknown"],
)
def event_without_data(stream: Stream) -> Iterator[Violation]:
    """The standard tells clients to ignore such a block, but official clients do not; OpenAI sends none."""
    # A block of unknown fields only is ignored by every client and reported by `sse-field-unknown`.
    notes = [note for note in stream.wire.noted(Oddity.NO_DATA) if note.sort != "unknown"]
    yield from noted(notes, "a data field in the block")


@stream_rule(
    level=Level.MUST,
    statement="Every JSON event is a chunk, an event of the API, or an error.",
    hurts="Clients that read `choices` or `type` of every event raise on the stranger.",
    sources=[openapi("CreateChatCompletionStreamResponse"), PYTHON_STREAMING],
    reports=["PawanOsman/ChatGPT.Net#32"],
)
def event_foreign(stream: Stream) -> Iterator[Violation]:
    """A keepalive ping should be a comment."""
    due = "a chat completion chunk" if isinstance(stream, ChatStream) else "an event with a `type`"
    yield from each(stream.assembled.data.foreign, due)


@chat_rule(
    level=Level.SHOULD,
    statement="A chat stream is made of data-only events, without `event:` lines.",
    hurts="Browsers' EventSource sends named events to other listeners, so `onmessage` sees nothing.",
    sources=[openapi("CreateCompletionRequest"), WHATWG_INTERPRET],
    needs=[Need.WIRE],
    reports=["mudler/LocalAI#340"],
)
def event_name_chat(stream: ChatStream) -> Iterator[Violation]:
    """OpenAI's errors inside a stream are data-only too."""
    yield from each(stream.chat.named, "no event: line")


@stream_rule(
    level=Level.SHOULD,
    statement="Only the fields `data`, `event`, `id` and `retry` are used.",
    hurts="Parsers drop the line, and with it whatever it says: an `error:` line vanishes.",
    sources=[WHATWG_INTERPRET],
    needs=[Need.WIRE],
    reports=["ggml-org/llama.cpp#16109"],
    rests_on=["event-json"],
)
def sse_field_unknown(stream: Stream) -> Iterator[Violation]:
    """Also reports a JSON document or a web page between the events, or behind the terminator.

    The lines of one block count as one violation.
    """
    done = stream.assembled.done.seen
    behind = stream.event(done[0].event) if done else None
    for notes in _blocks(stream.wire.noted(Oddity.UNKNOWN_FIELD)):
        late = behind is not None and notes[0].start >= behind.end
        yield Violation(
            event=notes[0].event if notes[0].dispatched else None,
            span=(notes[0].start, notes[-1].end),
            expected="no line behind [DONE]" if late else "lines with a field that the standard knows",
            observed=_stray(notes) + (", behind [DONE]" if late else ""),
            times=max(note.times for note in notes),
        )


def _blocks(notes: Iterable[Note]) -> Iterator[list[Note]]:
    # Lines that follow each other without a gap but their line ends are one piece of text.
    block: list[Note] = []
    for note in notes:
        if block and note.start - block[-1].end > len("\r\n"):
            yield block
            block = []
        block.append(note)
    if block:
        yield block


def _stray(notes: list[Note]) -> str:
    """What lines are that hold no field of the standard, with the first of them."""
    text = "\n".join(note.text for note in notes)
    first = clipped(notes[0].text, 100)
    if text.startswith("\ufeff"):
        return f"a byte order mark (EF BB BF) in the middle of the body, before {shown(first[1:])}"
    value, wrong = parse(text)
    begin = text.lstrip()[:1]
    if begin in ("{", "["):
        what = "part of a JSON document" if wrong else described(value).partition(":")[0]
        return f"{what}, without `data:`: {first}"
    if begin == "<":
        return f"HTML or XML: {first}"
    name = text.partition(":")[0]
    known = name.strip().lower()
    if known in ("data", "event", "id", "retry"):
        how = "in other letters" if name.strip() == name else "with space around its name"
        return f"the field `{known}` {how}: {shown(first)}"
    if ":" in notes[0].text:
        return f"the field `{clipped(name, 40)}`: {first}"
    return f"a line without a field: {first}"


@trigger(absent="the unended event is the terminator, of which another rule speaks")
def no_unended_done(stream: Stream) -> bool:
    return unended_done(stream) is None


@stream_rule(
    level=Level.MUST,
    statement="Every event is ended by a blank line, the last one too.",
    hurts="The standard discards an unended event: its usage or its text is lost.",
    sources=[WHATWG_INTERPRET],
    when=no_unended_done,
    needs=[Need.END, Need.WIRE],
)
def event_terminated(stream: Stream) -> Iterator[Violation]:
    """A connection lost inside an event is reported by `body-complete`."""
    tail = stream.wire.tail
    if tail is not None and stream.exchange.ended is not Ended.RESET:
        yield Violation(
            span=(tail.start, tail.end),
            expected="a blank line after the last event",
            observed=f"the body ends after {clipped(tail.data, 80)!r}",
        )


@stream_rule(
    level=Level.MUST,
    statement="The body ends as HTTP prescribes, not by a lost connection.",
    hurts="Every measured client raises in the middle of the answer.",
    sources=[RFC_9112],
    needs=[Need.ENDING, Need.END],
    reports=["BerriAI/litellm#39748"],
    rests_on=["http-framing"],
)
def body_complete(stream: Stream) -> Iterator[Violation]:
    """A proxy between the suite and the endpoint can also cause this; the observation says what was seen."""
    if stream.exchange.ended is Ended.RESET:
        yield Violation(
            span=(stream.wire.size, stream.wire.size),
            expected="the last chunk of the chunked body, or as many bytes as announced",
            observed=stream.exchange.detail or "the connection was lost",
        )


@trigger(absent="the request accepts a compressed answer")
def uncompressed_asked(stream: Stream) -> bool:
    request = stream.exchange.request
    headers = request.headers if request is not None else ()
    accepted = [value.strip().lower() for name, value in headers if name.lower() == "accept-encoding"]
    return all(value == "identity" for value in accepted)


@stream_rule(
    level=Level.INFO,
    statement="A stream is not compressed when `Accept-Encoding: identity` asks for none.",
    hurts="Compression holds events back until its window is full, and plain clients cannot read them.",
    sources=[RFC_9110],
    when=uncompressed_asked,
    needs=[Need.HEADERS, Need.REQUEST],
)
def content_coding(stream: Stream) -> Iterator[Violation]:
    """The recorder decompresses gzip and deflate, so the events are judged as usual."""
    coding = (stream.exchange.header("content-encoding") or "identity").strip().lower()
    if coding != "identity":
        yield Violation(expected="no Content-Encoding", observed=f"Content-Encoding: {coding}")


@stream_rule(
    level=Level.INFO,
    statement="A stream does not begin with a byte order mark.",
    hurts="openai-python does not strip it and silently loses the first event, with the role.",
    sources=[WHATWG_PARSE, PYTHON_STREAMING],
    needs=[Need.WIRE],
)
def sse_bom(stream: Stream) -> Iterator[Violation]:
    """Legal, but a hazard for parsers."""
    for note in stream.wire.noted(Oddity.BOM):
        yield Violation(
            span=(note.start, note.end),
            expected="no byte order mark",
            observed="a byte order mark (EF BB BF) before the first line",
        )


@stream_rule(
    level=Level.INFO,
    statement="No `id:` or `retry:` lines are sent.",
    hurts="After one id, openai-python turns every later comment or extra blank line into an empty event.",
    sources=[PYTHON_STREAMING],
    needs=[Need.WIRE],
    reports=["openai/openai-python#2722"],
    rests_on=["sse-comment-after-id"],
)
def sse_id(stream: Stream) -> Iterator[Violation]:
    """Legal, but OpenAI sends neither `id:` nor `retry:`."""
    notes = stream.wire.noted(Oddity.ID, Oddity.RETRY, Oddity.BAD_RETRY)
    yield from noted([note for note in notes if note.dispatched], "neither id: nor retry:")


@trigger(absent="no comment in the stream")
def has_comment(stream: Stream) -> bool:
    return bool(stream.wire.noted(Oddity.COMMENT))


@stream_rule(
    level=Level.SHOULD,
    statement="Comments are not combined with `id:` lines.",
    hurts="openai-python, LangChain and LiteLLM raise a JSON error at the first comment after an id.",
    sources=[PYTHON_STREAMING],
    when=has_comment,
    needs=[Need.WIRE],
    reports=["theopenco/llmgateway#2334"],
)
def sse_comment_after_id(stream: Stream) -> Iterator[Violation]:
    """Comments without an `id` before them are a good keepalive."""
    ids = stream.wire.noted(Oddity.ID)
    if ids:
        comments = stream.wire.noted(Oddity.COMMENT)
        late = [note for note in comments if note.start > ids[0].start and not note.dispatched]
        yield from noted(late, "no comment after an id")


@stream_rule(
    level=Level.INFO,
    statement="A space follows the colon of `data:`.",
    hurts="Hand-written clients look for `data: ` and skip every event without the space.",
    sources=[WHATWG_INTERPRET],
    needs=[Need.WIRE],
    reports=["tontinton/maki#345", "nullclaw/nullclaw#509", "tashfeenahmed/freellmapi#1087"],
)
def sse_space(stream: Stream) -> Iterator[Violation]:
    """The space is optional, but some parsers depend on it."""
    yield from noted(stream.wire.noted(Oddity.NO_SPACE), "`data: ` with a space")


@stream_rule(
    level=Level.INFO,
    statement="Lines end with LF.",
    hurts="Hand-written clients that split on LF alone keep a CR in the data or miss the blank lines.",
    sources=[WHATWG_PARSE],
    needs=[Need.WIRE],
)
def sse_line_end(stream: Stream) -> Iterator[Violation]:
    """CR and CR LF are legal, but some parsers depend on LF."""
    yield from noted(stream.wire.noted(Oddity.CR, Oddity.CRLF), "LF")
