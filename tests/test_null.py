"""The one rule for null: a key that is not required may be null as well as absent, and no other may.

A required key may be null only where the API description says so; those keys are listed.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.catalogue import Outcome
from conformance.judge import judge_exchange
from tests.proof.streams.chat import AUDIO, COUNTED, FUNCTION_CALL, LOGPROBS, MODERATION, TOOLS
from tests.proof.streams.edits import edited, instead
from tests.proof.streams.handmade import Wire, compact, exchange
from tests.test_schemas import document, subschemas

CHAT = ("chat.chunk", "chat.completion")
NULLABLE = {
    "chat.chunk": {
        "Choice.finish_reason",
        *("Logprobs.content", "Logprobs.refusal"),
        *("TokenLogprob.bytes", "TopLogprob.bytes"),
    },
    "chat.completion": {
        "Message.content",
        *("Logprobs.content", "Logprobs.refusal"),
        *("TokenLogprob.bytes", "TopLogprob.bytes"),
    },
}
"""The required keys that may be null, as the API description says."""
ABSENT = {
    *("WebSearchItem.action", "error.message"),
    *("Response.status", "FunctionCallItem.id", "CustomToolCallItem.id"),
}
"""The keys of events that may be absent and not null.

The API description requires the first two: OpenAI leaves the one out where it announces an item, and the
other where the error is nested. By the others clients find an item, or learn how the response stands.
"""


def keys(name: str) -> Iterator[tuple[str, bool, bool]]:
    """Every key of a schema: its place, whether it is required, and whether it may be null.

    Keys that only choose between shapes, as `type` in an `if`, are left out, and so is what an `if` guards.
    """
    top = document(name)
    for at, schema in subschemas(top):
        if "properties" not in schema or at.endswith(("/if", "/then")):
            continue
        for key, child in schema["properties"].items():
            holder = at.removeprefix("#").removeprefix("/$defs/")
            allowed = Draft202012Validator({**child, "$defs": top["$defs"]}).is_valid(None)
            yield f"{holder}.{key}".removeprefix("."), key in schema.get("required", ()), allowed


@pytest.mark.parametrize("name", [*CHAT, "responses.events"])
def test_every_key_that_is_not_required_may_be_null(name: str) -> None:
    """Typed clients read both as nothing."""
    wrong = {at for at, required, allowed in keys(name) if not required and not allowed}
    assert wrong == (ABSENT if name == "responses.events" else set())


@pytest.mark.parametrize("name", CHAT)
def test_a_required_key_may_be_null_only_where_the_description_says_so(name: str) -> None:
    """Null is no value of a key that has to have one."""
    assert {at for at, required, allowed in keys(name) if required and allowed} == NULLABLE[name]


def optional_keys(wire: Wire) -> Iterator[tuple[str, Wire]]:
    """A wire once for each kind of key in its chunks, with that key null wherever it stands."""
    chunks = [json.loads(block[6:]) for block in wire.body.split(b"\n\n") if block.startswith(b"data: {")]
    for path in sorted({path for chunk in chunks for path in paths(chunk)}):
        body = b"".join(f"data: {compact(nulled(chunk, path))}\n\n".encode() for chunk in chunks)
        yield ".".join(path), edited(wire, f"{wire.id}-null", instead(body + b"data: [DONE]\n\n"))


def paths(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all keys, `*` for a place in an array."""
    if isinstance(value, dict):
        for key, child in value.items():
            if child is not None:
                yield (*at, key)
            yield from paths(child, (*at, key))
    for child in value if isinstance(value, list) else ():
        yield from paths(child, (*at, "*"))


def nulled(value: Any, path: tuple[str, ...]) -> Any:
    """A copy of the value with null at this path."""
    if not path:
        return None
    if isinstance(value, list):
        return [nulled(child, path[1:]) for child in value] if path[0] == "*" else value
    if isinstance(value, dict) and path[0] in value:
        return {**value, path[0]: nulled(value[path[0]], path[1:])}
    return value


def misfits(wire: Wire) -> set[str]:
    """The MUSTs about shapes that a wire breaks."""
    rules = {"chunk-schema", "usage-integers", "logprobs-shape", "tool-arguments-string"}
    return {
        verdict.requirement
        for verdict in judge_exchange(exchange(wire))
        if verdict.requirement in rules and verdict.outcome is Outcome.FAIL
    }


REQUIRED = {
    *("id", "object", "created", "model", "choices"),
    *("choices.*", "choices.*.index", "choices.*.delta"),
    "choices.*.delta.tool_calls.*",
    "choices.*.delta.tool_calls.*.index",
    *("usage.prompt_tokens", "usage.completion_tokens", "usage.total_tokens"),
    *(f"choices.*.logprobs.content.*{key}" for key in ("", ".token", ".logprob", ".top_logprobs")),
    "choices.*.logprobs.content.*.bytes.*",
    *("moderation.input", "moderation.output"),
}
"""The paths of chunks at which null is an error, beyond the results of a moderation."""


@pytest.mark.parametrize("wire", [COUNTED, TOOLS, LOGPROBS, AUDIO, FUNCTION_CALL], ids=lambda wire: wire.id)
def test_null_is_no_fault_of_shape_at_any_key_that_may_be_left_out(wire: Wire) -> None:
    """Whatever stands there otherwise: the key is judged as one that is absent."""
    wrong = {path for path, changed in optional_keys(wire) if misfits(changed)}
    assert wrong <= REQUIRED


def test_null_is_an_error_where_a_key_has_to_have_a_value() -> None:
    """Some rule of shape sees it, and not only where the key itself has a rule."""
    wrong = {path for path, changed in optional_keys(MODERATION) if misfits(changed)}
    assert {"id", "created", "model", "usage.prompt_tokens", "moderation.input"} <= wrong
