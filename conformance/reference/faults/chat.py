"""Faults of chat chunks: identity, choices, role, finish_reason, the terminator."""

import re
from dataclasses import replace

from conformance.reference.faults.edit import (
    CALL_GOES_ON,
    CHUNK,
    CONTENT,
    DONE,
    FINISH,
    REASONING,
    ROLE,
    altered,
    asked,
    chained,
    chat,
    copied,
    deltas,
    doubled,
    dropped,
    each,
    emptied,
    every,
    first,
    free_tools,
    last,
    moved,
    one_choice,
    recast,
    rest,
    sub,
    when,
)
from conformance.reference.faults.fault import Edit, Fault
from conformance.reference.wire import Ask, Frame, Json, Reply

SAYS = CONTENT + rb"|" + CALL_GOES_ON
"""Chunks that carry a token of text or of arguments."""


def _without_delta(chunk: Json) -> None:
    emptied(chunk)
    for choice in chunk["choices"]:
        del choice["delta"]


def _choice_again(chunk: Json) -> None:
    (choice,) = chunk["choices"]
    again = {**choice, "delta": {}}
    if "logprobs" in choice:
        again["logprobs"] = None
    chunk["choices"].append(again)


def _swapped(chunk: Json) -> None:
    for choice in chunk["choices"]:
        choice["index"] = 1 - choice["index"]


def _role_late() -> Edit:
    def named(delta: Json) -> None:
        delta["role"] = "assistant"

    # In this order: without its role, the first chunk would look like one that carries content.
    return chained(
        altered(first(SAYS + rb"|" + REASONING), each(deltas, named)),
        sub(first(ROLE), rb'"role":"assistant",?', b""),
    )


def _finish_with_content(_: Ask, reply: Reply) -> Reply:
    finish, said = last(FINISH)(reply.frames), last(SAYS)(reply.frames)
    if not finish or not said:
        return reply
    value = re.search(rb'"finish_reason":"\w+"', reply.frames[finish[0]].data)
    frames = list(reply.frames)
    data = frames[said[0]].data.replace(b'"finish_reason":null', value[0] if value else b"")
    frames[said[0]] = Frame(data=data, pause=frames[said[0]].pause)
    del frames[finish[0]]
    return replace(reply, frames=tuple(frames))


FAULTS = (
    Fault(
        id="fingerprint-number",
        breaks=("chunk-schema",),
        why="system_fingerprint is a number; clients generated from the schema fail to decode the chunk.",
        edit=chat(sub(every(CHUNK), rb'"system_fingerprint":(null|"\w+")', b'"system_fingerprint":7')),
    ),
    Fault(
        id="object-completion",
        breaks=("chunk-object",),
        why=(
            "Chunks call themselves chat.completion, and openai-python's stream helper skips every one of "
            "them."
        ),
        edit=chat(sub(every(CHUNK), rb'"object":"chat\.completion\.chunk"', b'"object":"chat.completion"')),
    ),
    Fault(
        id="id-changes",
        breaks=("id-constant",),
        why="The last chunk has another id, so tracing and deduplication see two answers.",
        edit=chat(sub(last(CHUNK), rb'"id":"chatcmpl-', b'"id":"chatcmpl-0')),
    ),
    Fault(
        id="id-empty",
        breaks=("id-nonempty",),
        why="The id is an empty string, so nothing can be said about this answer afterwards.",
        edit=chat(sub(every(CHUNK), rb'"id":"chatcmpl-\w+"', b'"id":""')),
    ),
    Fault(
        id="created-changes",
        breaks=("created-constant",),
        why="'created' moves on while the answer is sent, though it says when the answer was begun.",
        edit=chat(altered(rest(CHUNK), lambda chunk: chunk.update(created=chunk["created"] + 1))),
    ),
    Fault(
        id="created-milliseconds",
        breaks=("created-seconds",),
        why="'created' counts milliseconds, and clients date the answer fifty thousand years ahead.",
        edit=chat(sub(every(CHUNK), rb'"created":(\d+)', rb'"created":\g<1>000')),
    ),
    Fault(
        id="model-changes",
        breaks=("model-constant",),
        why="The last chunk names another model, so cost and logs are put down to the wrong one.",
        edit=chat(sub(last(CHUNK), rb'"model":"', b'"model":"other-')),
    ),
    Fault(
        id="choice-index-missing",
        breaks=("choice-index",),
        why="Choices have no index, and SDKs that collect by index raise.",
        edit=chat(one_choice(sub(every(CHUNK), rb'"choices":\[\{"index":0,', b'"choices":[{'))),
    ),
    Fault(
        id="choice-index-one",
        breaks=("choice-index-range",),
        why="The only choice has index 1; clients that read choice 0 get nothing.",
        edit=chat(one_choice(sub(every(CHUNK), rb'"choices":\[\{"index":0,', b'"choices":[{"index":1,'))),
    ),
    Fault(
        id="choice-index-twice",
        breaks=("choice-index-repeated",),
        why="A chunk has two choices of one index; clients that keep one delta of each lose the other.",
        edit=chat(altered(first(CONTENT), _choice_again)),
    ),
    Fault(
        id="delta-missing",
        breaks=("choice-delta",),
        why="A choice comes without a delta, and clients that read choice.delta.content raise.",
        edit=chat(one_choice(copied(first(CONTENT), first(CONTENT), recast(_without_delta)))),
    ),
    Fault(
        id="choices-one-of-two",
        breaks=("n-honoured",),
        why="Several choices were asked for, and only the first comes.",
        edit=chat(dropped(every(rb'"choices":\[\{"index":[1-9]'))),
    ),
    Fault(
        id="choices-left-out",
        breaks=("choices-present",),
        why="A chunk has no choices at all, and code that reads the choices of every chunk raises.",
        edit=chat(copied(first(CONTENT), first(CONTENT), recast(lambda chunk: chunk.pop("choices")))),
    ),
    Fault(
        id="choices-swapped",
        breaks=("choice-order",),
        why="Choice 1 begins before choice 0, and openai-python's stream helper raises.",
        edit=chat(
            when(
                lambda ask, _: asked(ask).get("n") == 2,
                altered(every(rb'"choices":\[\{'), _swapped),
            )
        ),
    ),
    Fault(
        id="choices-empty-early",
        breaks=("choices-empty",),
        why="A chunk in the middle has no choices and no usage; clients that read choices[0] raise.",
        edit=chat(copied(first(CONTENT), first(CONTENT), recast(lambda chunk: chunk.update(choices=[])))),
    ),
    Fault(
        id="role-missing",
        breaks=("role-first",),
        why="No delta has a role, and openai-node's stream helper raises at the end.",
        edit=chat(sub(every(ROLE), rb'"role":"assistant",?', b"")),
    ),
    Fault(
        id="role-late",
        breaks=("role-first",),
        why="The role comes with the second delta, after clients have already begun the message.",
        edit=chat(one_choice(_role_late())),
    ),
    Fault(
        id="role-invented",
        breaks=("role-value", "tool-result-accepted"),
        why="The role is 'model', which no client can send back as part of the conversation.",
        cause="The role is refused when it is sent back with a tool call.",
        edit=chat(sub(every(ROLE), rb'"role":"assistant"', b'"role":"model"')),
    ),
    Fault(
        id="role-on-every-delta",
        breaks=("role-repeated",),
        why="Every delta repeats the role; openai-python puts them together to 'assistantassistant'.",
        edit=chat(sub(every(SAYS + rb"|" + REASONING), rb'"delta":\{', b'"delta":{"role":"assistant",')),
    ),
    Fault(
        id="finish-reason-null",
        breaks=("finish-reason-present",),
        why="finish_reason is never set, so nobody can tell a whole answer from a cut one.",
        edit=chat(sub(every(FINISH), rb'"finish_reason":"\w+"', b'"finish_reason":null')),
    ),
    Fault(
        id="finish-reason-twice",
        breaks=("finish-reason-once",),
        why="The finish chunk is sent twice; LangChain makes 'stopstop' of it.",
        edit=chat(doubled(last(FINISH))),
    ),
    Fault(
        id="finish-reason-native",
        breaks=("finish-reason-value", "twin-finish-reason"),
        cause="Without streaming the same request ends with another word.",
        why="finish_reason is the engine's own word, which typed clients refuse.",
        edit=chat(
            one_choice(
                sub(every(rb'"finish_reason":"stop"'), rb'"finish_reason":"stop"', b'"finish_reason":"eos"')
            )
        ),
    ),
    Fault(
        id="finish-reason-max-tokens",
        breaks=("finish-reason-value",),
        why="A cut answer ends with 'max_tokens', the word of another API; typed clients refuse it.",
        edit=chat(sub(every(FINISH), rb'"finish_reason":"length"', b'"finish_reason":"max_tokens"')),
    ),
    Fault(
        id="finish-reason-left-out",
        breaks=("finish-reason-key",),
        why="The key finish_reason is missing until it has a value, though the schema requires it.",
        edit=chat(sub(every(CHUNK), rb',"finish_reason":null', b"")),
    ),
    Fault(
        id="finish-reason-early",
        breaks=("after-finish",),
        why="The last token comes after the finish chunk, when many clients have stopped reading.",
        edit=chat(one_choice(moved(last(SAYS), last(FINISH)))),
    ),
    Fault(
        id="finish-reason-stop-after-tools",
        breaks=("finish-reason-tools", "twin-finish-reason"),
        cause="Without streaming the same request ends with tool_calls.",
        why=(
            "finish_reason is 'stop' after tool calls, so agents take the turn for finished and call nothing."
        ),
        edit=chat(
            free_tools(sub(every(FINISH), rb'"finish_reason":"tool_calls"', b'"finish_reason":"stop"'))
        ),
    ),
    Fault(
        id="finish-reason-with-content",
        breaks=("finish-reason-delta",),
        why="finish_reason comes with the last token; some clients drop the text of a finish chunk.",
        edit=chat(one_choice(_finish_with_content)),
    ),
    Fault(
        id="done-missing",
        breaks=("done-present",),
        why="The stream ends without [DONE], so a client cannot tell the end from a broken connection.",
        edit=chat(dropped(every(DONE))),
    ),
    Fault(
        id="done-lower-case",
        breaks=("done-exact",),
        why="The terminator is [done]; every SDK tries to read it as JSON and raises.",
        edit=chat(sub(every(DONE), rb"\[DONE\]", b"[done]")),
    ),
    Fault(
        id="done-twice",
        breaks=("done-once",),
        why="[DONE] is sent twice; clients that reuse the connection find the second one in their way.",
        edit=chat(doubled(last(DONE))),
    ),
    Fault(
        id="done-early",
        breaks=("done-last",),
        why="A chunk comes after [DONE], where the official SDKs no longer read and others still do.",
        edit=chat(copied(last(FINISH), last(DONE), recast(emptied))),
    ),
    Fault(
        id="done-unterminated",
        breaks=("done-terminated",),
        why="No blank line follows [DONE], so by the standard it is never dispatched.",
        edit=chat(sub(last(DONE), rb"\n\n$", b"\n")),
    ),
)
