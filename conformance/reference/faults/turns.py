"""Faults of the turn after a tool call, and of a request that comes a second time."""

import re
from dataclasses import replace

from conformance.reference.answer import answer
from conformance.reference.errors import INVALID_REQUEST, SERVER_ERROR, RefusedError, refusal
from conformance.reference.faults.edit import (
    CHUNK,
    CONTENT,
    DONE,
    FINISH,
    ROLE,
    asked,
    chat,
    deltas,
    dropped,
    every,
    first,
    headed,
    read,
    responses,
    sub,
    when,
)
from conformance.reference.faults.fault import Edit, Fault
from conformance.reference.marks import Marks
from conformance.reference.wire import JSON_BODY, Ask, Frame, Json, Reply, compact, data_block

_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_THINKS = "reference-reasoning"
_BUSY = data_block(
    compact(
        {"error": {"message": "Tool messages failed.", "type": "server_error", "param": None, "code": None}}
    )
)


def _last(ask: Ask) -> Json:
    """The last message or item of a request; empty if there is none."""
    body = asked(ask)
    words = body.get("messages", body.get("input"))
    last = words[-1] if isinstance(words, list) and words else None
    return last if isinstance(last, dict) else {}


def _result(ask: Ask, _: Reply) -> bool:
    last = _last(ask)
    return last.get("role") == "tool" or last.get("type") in _OUTPUTS


def _refused(status: int, message: str, *, param: str | None = None, code: str | None = None) -> Edit:
    kind = SERVER_ERROR if status >= 500 else INVALID_REQUEST
    refused = RefusedError(status, message, param=param, code=code, kind=kind)
    return lambda ask, _: refusal(refused, Marks(serial=ask.serial).request)


def _on(path: str, *edits: Edit) -> Edit:
    return when(lambda ask, _: ask.path.endswith(path), *edits)


def _reasons_back(ask: Ask, _: Reply) -> bool:
    body = asked(ask)
    words = body.get("messages", body.get("input"))
    held = words if isinstance(words, list) else ()
    return any("reasoning_content" in item or item.get("type") == "reasoning" for item in held)


def _as_one_that_reasons(ask: Ask, reply: Reply) -> Reply:
    """The answer of a model that reasons, under the name of the one that was asked."""
    body = {**asked(ask), "model": _THINKS}
    thought = answer(replace(ask, body=compact(body).encode()))
    if thought.status >= 400:
        return reply
    return sub(every(CHUNK), _THINKS.encode(), b"reference")(
        ask, sub(every(rb"\nevent|^event"), _THINKS.encode(), b"reference")(ask, thought)
    )


def _calls(ask: Ask, reply: Reply) -> bool:
    return bool(asked(ask).get("tools")) and not _result(ask, reply) and reply.status < 400


def _forgetful(ask: Ask, reply: Reply) -> Reply:
    body = asked(ask)
    if not body.get("previous_response_id"):
        return reply
    fresh = {key: value for key, value in body.items() if key != "previous_response_id"}
    return answer(replace(ask, body=compact({**fresh, "input": "Hello."}).encode()))


def _again(*edits: Edit) -> Edit:
    """The edits, for streams of Chat Completions whose request has come before."""
    return chat(when(lambda ask, _: ask.again, *edits))


def _whole(ask: Ask, _: Reply) -> Reply:
    """The same answer as one JSON body."""
    body = {key: value for key, value in asked(ask).items() if key != "stream"}
    return answer(replace(ask, body=compact(body).encode()))


def _at_once(_: Ask, reply: Reply) -> Reply:
    """All text in the first delta that has any."""
    said = [delta.get("content") or "" for frame in reply.frames for delta in deltas(read(frame.data))]
    text = compact("".join(said))[1:-1].encode()
    picked = every(CONTENT)(reply.frames)
    if not picked:
        return reply
    data = re.sub(CONTENT + rb'[^"]*"', lambda _: CONTENT_AS + text + b'"', reply.frames[picked[0]].data)
    kept = [frame for at, frame in enumerate(reply.frames) if at not in picked[1:]]
    kept[picked[0]] = Frame(data=data)
    return replace(reply, frames=tuple(kept))


CONTENT_AS = b'"delta":{"content":"'

FAULTS = (
    Fault(
        id="tool-result-refused",
        breaks=("tool-result-accepted",),
        why="Every result of a tool is answered with status 500, so agents end after their first call.",
        edit=_on("/chat/completions", when(_result, _refused(500, "The server had an error."))),
    ),
    Fault(
        id="tool-call-id-unknown",
        breaks=("tool-result-accepted",),
        why="The id of a call is refused by the endpoint that gave it, as of a gateway that forgot it.",
        edit=_on(
            "/chat/completions",
            when(
                _result,
                _refused(
                    400, "tool_call_id is not found in 'tool_calls' of previous message.", param="messages"
                ),
            ),
        ),
    ),
    Fault(
        id="reasoning-sent-back-refused",
        breaks=("tool-result-accepted",),
        why="The reasoning that came with a call is refused when it comes back, although SDKs keep it.",
        edit=when(
            lambda ask, reply: _calls(ask, reply) or _reasons_back(ask, reply),
            lambda ask, reply: (
                _refused(400, "Unknown parameter: 'reasoning'.", param="messages")(ask, reply)
                if _reasons_back(ask, reply)
                else _as_one_that_reasons(ask, reply)
            ),
        ),
    ),
    Fault(
        id="tool-result-error-inband",
        breaks=("tool-result-accepted", "error-before-stream"),
        why="The result of a tool is answered with status 200 and an error in place of the answer.",
        cause="An error in place of an answer belongs into the status.",
        edit=chat(
            when(_result, lambda _, reply: replace(reply, frames=(Frame(data=_BUSY), *reply.frames[-1:])))
        ),
    ),
    Fault(
        id="next-turn-role",
        breaks=("role-value",),
        why="The answer to the result of a tool bears the role of the result.",
        edit=chat(when(_result, sub(every(ROLE), rb'"role":"assistant"', b'"role":"tool"'))),
    ),
    Fault(
        id="next-turn-unfinished",
        breaks=("finish-reason-present",),
        why="The answer to the result of a tool has no finish_reason, so agents wait for the rest.",
        edit=chat(when(_result, dropped(every(FINISH)))),
    ),
    Fault(
        id="response-tool-result-refused",
        breaks=("response-tool-result-accepted",),
        why="Every result of a function is answered with status 500, so agents end after their first call.",
        edit=_on("/responses", when(_result, _refused(500, "The server had an error."))),
    ),
    Fault(
        id="response-call-id-unknown",
        breaks=("response-tool-result-accepted",),
        why="The id of a function call is refused by the endpoint that gave it.",
        edit=_on(
            "/responses",
            when(_result, _refused(400, "No tool call found for function call output.", param="input")),
        ),
    ),
    Fault(
        id="previous-response-forgotten",
        breaks=("response-tool-result-accepted",),
        why="A response that was stored is not found, so conversations that are named by an id cannot go on.",
        edit=when(
            lambda ask, _: bool(asked(ask).get("previous_response_id")),
            _refused(
                400,
                "Previous response not found.",
                param="previous_response_id",
                code="previous_response_not_found",
            ),
        ),
    ),
    Fault(
        id="previous-response-ignored",
        breaks=("response-echo",),
        why="The response before is left out without a word, and the model answers to nothing.",
        edit=responses(_forgetful),
    ),
    Fault(
        id="repeat-as-json",
        breaks=("stream-honoured", "repeat-form"),
        why="A cache answers the second request with one JSON body in place of a stream.",
        cause="What is no stream at all has another form than the first answer.",
        edit=_again(_whole),
    ),
    Fault(
        id="repeat-without-done",
        breaks=("done-present", "repeat-form"),
        why="A cache leaves out the terminator, and clients wait until the connection ends.",
        cause="The first answer had its terminator.",
        edit=_again(dropped(every(DONE))),
    ),
    Fault(
        id="repeat-without-role",
        breaks=("role-first", "repeat-form"),
        why="A cache keeps the text alone, and the message has no role.",
        cause="The first answer had its role.",
        edit=_again(dropped(first(ROLE))),
    ),
    Fault(
        id="repeat-unfinished",
        breaks=("finish-reason-present", "repeat-form"),
        why="A cache leaves out the chunk that says why the answer ended.",
        cause="The first answer had its finish_reason.",
        edit=_again(dropped(every(FINISH))),
    ),
    Fault(
        id="repeat-content-type",
        breaks=("content-type-event-stream", "repeat-form"),
        why="A cache streams under the content type of a document.",
        cause="The first answer had the content type of a stream.",
        edit=_again(headed("content-type", JSON_BODY)),
    ),
    Fault(
        id="repeat-at-once",
        breaks=("repeat-form",),
        why="A cache sends the whole text in one delta, and what streamed in every test does not in use.",
        edit=_again(_at_once),
    ),
)
