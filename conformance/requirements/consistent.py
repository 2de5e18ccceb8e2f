"""A requirement on answers without streaming: that what such an answer says fits together, in either API.

A stream says this in several events, and rules of its own hold them together; of a document one rule does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from conformance.assemble.payload import parse
from conformance.assemble.repeats import repeated_keys
from conformance.assemble.responses import assemble_responses
from conformance.catalogue import Family, Level, Violation
from conformance.decode import decode
from conformance.exchange import Api, Piece
from conformance.requirements.common import sum_differs
from conformance.requirements.declare import plain_rule
from conformance.requirements.responses import echo
from conformance.requirements.told import told
from conformance.requirements.whole import answered_in_json, response_values
from conformance.sources import API_REFERENCE, FUNCTION_CALLING, RFC_8259, openapi
from conformance.subject import Document, ResponsesStream
from conformance.text import shown

Json = dict[str, Any]

_CALLS: Final = ("function_call", "custom_tool_call")
_WRITTEN: Final = (*_CALLS, "message")
_WHOLES: Final = {
    "prompt_tokens": ("prompt_tokens_details", "cached_tokens"),
    "completion_tokens": ("completion_tokens_details", "reasoning_tokens"),
    "input_tokens": ("input_tokens_details", "cached_tokens"),
    "output_tokens": ("output_tokens_details", "reasoning_tokens"),
}
"""The counts of either API, and the detail that is a part of each."""
_ON_ONE_LINE: Final = bytes.maketrans(b"\r\n", b"  ")  # the white space of JSON
_HELD: Final = ("content", "refusal", "tool_calls", "function_call", "audio")
# The keys of a response that belong to one status only.
_REASONS: Final = {"error": "failed", "incomplete_details": "incomplete", "completed_at": "completed"}


def _objects(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _empty(place: str, value: Any) -> Iterator[Violation]:
    """A violation if a text is there that says nothing."""
    if value == "":
        yield Violation(place=place, expected="a text that is not empty", observed='""')


def _twice(place: str, values: Iterable[Any]) -> Iterator[Violation]:
    """A violation for each value that came before."""
    seen: set[str] = set()
    for value in values:
        if isinstance(value, str) and value:
            if value in seen:
                yield Violation(place=place, expected="each once", observed=f"{shown(value)} more than once")
            seen.add(value)


# Chat Completions


def _choices(document: Document, body: Json) -> Iterator[Violation]:
    """The choices are counted from 0, in order, and are as many as were asked for."""
    choices, wanted = body.get("choices"), document.asked.get("n")
    if not isinstance(choices, list):
        return
    least = wanted if type(wanted) is int and wanted > 0 else 1
    if len(choices) < least or (document.asked and len(choices) > least):
        yield Violation(place="choices", expected=f"{least}, as asked", observed=str(len(choices)))
    indexes = [choice.get("index") for choice in _objects(choices)]
    if all(type(index) is int for index in indexes) and indexes != list(range(len(indexes))):
        yield Violation(place="choices.*.index", expected="0 and up, in order", observed=shown(indexes))


def _ends(document: Document, body: Json) -> Iterator[Violation]:
    """`tool_calls` ends a choice with calls, and no other, unless a call was forced."""
    free = document.asked.get("tool_choice", "auto") == "auto" and bool(document.asked)
    for choice in _objects(body.get("choices")):
        message, end = choice.get("message"), choice.get("finish_reason")
        message = message if isinstance(message, dict) else {}
        called = bool(message.get("tool_calls"))
        if end == "tool_calls" and not called:
            yield Violation(place="choices.*.message.tool_calls", expected="a call", observed="none")
        elif end == "stop" and called and free:
            yield Violation(place="choices.*.finish_reason", expected='"tool_calls"', observed='"stop"')


def _chat_ids(_: Document, body: Json) -> Iterator[Violation]:
    yield from _empty("id", body.get("id"))
    messages = [choice.get("message") for choice in _objects(body.get("choices"))]
    calls = [call for one in messages if isinstance(one, dict) for call in _objects(one.get("tool_calls"))]
    for call in calls:
        yield from _empty("choices.*.message.tool_calls.*.id", call.get("id"))
        inner = call.get("function") or call.get("custom")
        if isinstance(inner, dict):
            yield from _empty("choices.*.message.tool_calls.*.function.name", inner.get("name"))
    yield from _twice("choices.*.message.tool_calls.*.id", [call.get("id") for call in calls])


# Responses


def _response_ids(_: Document, body: Json) -> Iterator[Violation]:
    yield from _empty("id", body.get("id"))
    items = _objects(body.get("output"))
    for item in items:
        yield from _empty("output.*.id", item.get("id"))
        if item.get("type") in _CALLS:
            yield from _empty("output.*.call_id", item.get("call_id"))
            yield from _empty("output.*.name", item.get("name"))
    yield from _twice("output.*.id", [item.get("id") for item in items])
    called = [item.get("call_id") for item in items if item.get("type") in _CALLS]
    yield from _twice("output.*.call_id", called)


def _status(_: Document, body: Json) -> Iterator[Violation]:
    """What belongs to one status stands with that status; a completed response has output that is done."""
    status = body.get("status")
    if not isinstance(status, str):
        yield Violation(place="status", expected="a status", observed="no such key")
        return
    for key, due in _REASONS.items():
        value = body.get(key)
        if value is not None and status != due:
            yield Violation(place=key, expected=f"null, as the status is {status}", observed=shown(value))
        elif value is None and status == due and key != "completed_at":
            yield Violation(place=key, expected=f"why it is {status}", observed="null")
    details = body.get("incomplete_details")
    if status == "incomplete" and isinstance(details, dict) and not details.get("reason"):
        yield Violation(place="incomplete_details.reason", expected="a reason", observed="none")
    begun, ended = body.get("created_at"), body.get("completed_at")
    if isinstance(begun, int | float) and isinstance(ended, int | float) and ended < begun:
        yield Violation(
            place="completed_at", expected=f"not before created_at, {begun}", observed=shown(ended)
        )
    if status == "completed":
        output = body.get("output")
        if output == [] or any(_is_silent(item) for item in _objects(output)):
            yield Violation(place="output", expected="something said", observed="nothing")
        for item in _objects(output):
            if item.get("type") in _WRITTEN and item.get("status") in ("in_progress", "incomplete"):
                yield Violation(
                    place="output.*.status", expected="completed", observed=shown(item.get("status"))
                )


def _is_silent(item: Json) -> bool:
    """Whether an item is a message of which no part says anything."""
    content = item.get("content")
    texts = [part.get("text", part.get("refusal", True)) for part in _objects(content)]
    return item.get("type") == "message" and isinstance(content, list) and not any(texts)


def _echoes(document: Document, body: Json) -> Iterator[Violation]:
    """What the response repeats of its request, held as if its stream had ended with it."""
    if body.get("status") == "failed":
        return
    text = document.exchange.body.translate(_ON_ONE_LINE)
    wire = decode([Piece(data=b'data: {"type":"response.completed","response":%b}\n\n' % text)])
    end = ResponsesStream(exchange=document.exchange, wire=wire, responses=assemble_responses(wire))
    for violation in chain(echo.response_echo.check(end), echo.response_echo_tools.check(end)):
        yield replace(violation, event=None, place=violation.place.removeprefix("response."))


def _values(document: Document, _: Json) -> Iterator[Violation]:
    for error in response_values(document):
        yield Violation(place=error.path, expected=error.expected, observed=error.observed)


# Both


def _keys(document: Document, _: Json) -> Iterator[Violation]:
    body = document.exchange.body.decode(errors="replace")
    for key in repeated_keys(body):
        yield Violation(
            expected="each key once in an object", observed=f"the key {shown(key)} more than once"
        )


def _usage(document: Document, body: Json) -> Iterator[Violation]:
    """Parts are within their whole, and tokens were spent where something was said."""
    usage, said = body.get("usage"), told(document)
    if not isinstance(usage, dict):
        return
    spoken = said is not None and said.ended and bool(said.text or said.calls)
    for name, (details, part) in _WHOLES.items():
        count, inner = usage.get(name), usage.get(details)
        some = inner.get(part) if isinstance(inner, dict) else None
        if type(count) is int and type(some) is int and 0 <= count < some:
            yield Violation(
                place=f"usage.{details}.{part}", expected=f"at most {name}, {count}", observed=str(some)
            )
        if count == 0 and spoken:
            yield Violation(place=f"usage.{name}", expected="more than 0", observed="0")
    if document.exchange.api is Api.RESPONSES:
        yield from sum_differs(None, "usage", usage, ("input_tokens", "output_tokens"))


def _calls(document: Document, body: Json) -> Iterator[Violation]:
    """Calls are of tools that were offered, and the arguments of functions are JSON, unless they were cut."""
    said, offered = told(document), _offered(document.asked)
    for call in said.calls if said is not None and said.ended else ():
        place = "choices.0.message.tool_calls" if "choices" in body else "output"
        if offered and call.name not in offered:
            yield Violation(place=place, expected=" or ".join(offered), observed=shown(call.name))
        if call.arguments and not call.custom and (wrong := parse(call.arguments)[1]):
            yield Violation(place=place, expected="one JSON document", observed=wrong)


def _offered(asked: Json) -> list[str]:
    """The names of the tools of a request; none where there are tools that it does not name."""
    names = []
    for tool in _objects(asked.get("tools")):
        holder = tool.get(str(tool.get("type")), tool)
        name = holder.get("name") if isinstance(holder, dict) else None
        if tool.get("type") not in ("function", "custom") or not isinstance(name, str):
            return []
        names.append(name)
    return names if not any(asked.get(key) for key in ("prompt", "functions")) else []


def _spoken(_: Document, body: Json) -> Iterator[Violation]:
    """A choice that the model ended holds a text, a refusal, a call or speech."""
    for choice in _objects(body.get("choices")):
        message = choice.get("message")
        held = [message.get(key) for key in _HELD] if isinstance(message, dict) else [True]
        if choice.get("finish_reason") == "stop" and not any(held):
            yield Violation(place="choices.*.message", expected="something said", observed="nothing")


Check = Callable[[Document, Json], Iterator[Violation]]
_CHECKS: Mapping[Api, tuple[Check, ...]] = {
    Api.CHAT: (_keys, _chat_ids, _choices, _ends, _spoken, _usage, _calls),
    Api.RESPONSES: (_keys, _values, _response_ids, _status, _echoes, _usage, _calls),
}


@plain_rule(
    family=Family.CHAT,
    level=Level.SHOULD,
    statement=(
        "A whole answer fits together: no key comes twice, ids are there and differ, choices are counted "
        "from 0, and how it ended and what it cost fit what it holds."
    ),
    hurts="Two clients read two answers, no id is there for the next turn, or a call is left unrun.",
    sources=[API_REFERENCE, FUNCTION_CALLING, openapi("Response"), RFC_8259],
    when=answered_in_json,
    model=True,
)
def whole_answer_consistent(document: Document) -> Iterator[Violation]:
    """Judged in the document alone; `twin-...` rules compare it with its stream. A forced call may `stop`."""
    body = document.document
    if isinstance(body, dict):
        yield from chain.from_iterable(check(document, body) for check in _CHECKS[document.exchange.api])
