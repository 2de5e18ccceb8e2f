"""The schemas are valid, and accept what OpenAI was recorded to send."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tools.shared import RECORDINGS, absent

ROOT = Path(__file__).resolve().parent.parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMES = ("chat.chunk", "chat.completion", "error", "responses.events")
KEYWORDS = {
    *("$schema", "$id", "$defs", "$ref", "$comment", "title", "description"),
    *("type", "properties", "required", "items", "enum", "const", "minimum", "minLength"),
    *("anyOf", "allOf", "if", "then", "else"),
}
TYPES_OF_OPENAPI = 58  # of ResponseStreamEvent in openai-openapi f85dbe2
TYPES_BESIDE = {
    "response.compaction.compacting",
    "keepalive",
    "response.apply_patch_call_operation_diff.delta",
    "response.apply_patch_call_operation_diff.done",
}
# Recorded before OpenAI numbered the events: every event misses sequence_number, and nothing else.
NOT_NUMBERED = frozenset(f"openai.responses.{number}" for number in ("02", "09", "15", "16", "19", "26"))


@cache
def document(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "schemas" / f"{name}.json").read_text())
    return loaded


@cache
def validator(name: str, key: str = "") -> Draft202012Validator:
    """For the top of a document, or for one of its definitions."""
    top = document(name)
    return Draft202012Validator({"$defs": top["$defs"], "$ref": f"#/$defs/{key}"} if key else top)


def subschemas(schema: dict[str, Any], at: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """A schema and every schema in it, each with its place."""
    yield at, schema
    for keyword in ("properties", "$defs"):
        for key, child in schema.get(keyword, {}).items():
            yield from subschemas(child, f"{at}/{keyword}/{key}")
    for keyword in ("items", "if", "then", "else"):
        if keyword in schema:
            yield from subschemas(schema[keyword], f"{at}/{keyword}")
    for keyword in ("allOf", "anyOf"):
        for index, child in enumerate(schema.get(keyword, ())):
            yield from subschemas(child, f"{at}/{keyword}/{index}")


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_draft_2020_12(name: str) -> None:
    """It names the dialect and keeps to it."""
    assert document(name)["$schema"] == DIALECT
    Draft202012Validator.check_schema(document(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_uses_only_the_agreed_keywords(name: str) -> None:
    """Others could depend on values, or on keys that nobody listed; results are kept by shape."""
    assert [
        (at, schema.keys() - KEYWORDS)
        for at, schema in subschemas(document(name))
        if schema.keys() - KEYWORDS
    ] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_leads_to_a_definition_and_every_definition_is_used(name: str) -> None:
    """References stay in their file; only events are referred to from outside."""
    top = document(name)
    referred = {schema["$ref"] for _, schema in subschemas(top) if "$ref" in schema}
    defined = {f"#/$defs/{key}" for key in top["$defs"]}
    assert referred - defined == set()
    assert {
        reference for reference in defined - referred if reference.removeprefix("#/$defs/")[0].isupper()
    } == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_definition_says_what_it_is_and_where_it_is_from(name: str) -> None:
    """The top and each definition have a description and a comment that names the source."""
    top = document(name)
    silent = [
        key
        for key, schema in (("", top), *top["$defs"].items())
        if not {"description", "$comment"} <= schema.keys()
    ]
    assert silent == []


@pytest.mark.parametrize("name", NAMES)
def test_a_condition_looks_at_one_type_or_at_one_key(name: str) -> None:
    """The only conditions are `type` being a word, and the error event having a nested error."""
    for at, schema in subschemas(document(name)):
        if "if" not in schema:
            continue
        condition = schema["if"]
        word = condition.get("properties", {}).get("type", {}).get("const")
        by_type = {"properties": {"type": {"const": word}}, "required": ["type"]}
        assert condition == by_type or (
            at == "#/$defs/error/allOf/0" and condition == {"required": ["error"]}
        ), at


@pytest.mark.parametrize("name", NAMES)
def test_what_is_told_apart_by_type_has_one(name: str) -> None:
    """Whatever its type, known or not, it is a string and it is there."""
    for at, schema in subschemas(document(name)):
        if any("properties" in branch["if"] for branch in schema.get("allOf", ())):
            assert schema["properties"]["type"] == {"type": "string"}, at
            assert "type" in schema["required"], at


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_without_a_type_gets_one_where_it_is_referred_to(name: str) -> None:
    """Else a string would pass for the object; the branch of a condition has it from where it stands."""
    top = document(name)
    for at, schema in subschemas(top):
        key = schema.get("$ref", "").removeprefix("#/$defs/")
        if key and "type" not in top["$defs"][key] and not at.endswith("/then"):
            assert "type" in schema, at


def test_chat_documents_share_their_definitions() -> None:
    """What a chunk and a completion both have is the same in both files, but for choices."""
    chunk, completion = document("chat.chunk")["$defs"], document("chat.completion")["$defs"]
    shared = chunk.keys() & completion.keys() - {"Choice"}
    assert "CompletionUsage" in shared
    assert {key: chunk[key] for key in shared} == {key: completion[key] for key in shared}


def test_there_is_a_schema_for_every_event_type() -> None:
    """Those of the OpenAPI schema, and four that are in use besides; each has its own name as `type`."""
    definitions = document("responses.events")["$defs"]
    events = {key for key in definitions if key[0].islower()}
    assert len(events - TYPES_BESIDE) == TYPES_OF_OPENAPI
    assert events >= TYPES_BESIDE
    assert {definitions[key]["properties"]["type"]["const"] for key in events} == events


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
TOKEN = {"token": "a", "logprob": -0.5, "bytes": None, "top_logprobs": []}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1.5,
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "model": "m",
    "output": [],
    "parallel_tool_calls": True,
    "metadata": {},
    "tool_choice": "auto",
    "tools": [],
    "temperature": 1.0,
    "top_p": None,
}
RESPONSE_USAGE = {
    "input_tokens": 1,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 1,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 2,
}
ERROR = {"message": "no", "type": "invalid_request_error", "param": None, "code": None}


def chunk(*choices: Any, **more: Any) -> dict[str, Any]:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**head, "choices": list(choices), **more}


def choice(delta: Any, **more: Any) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": None, **more}


def call(**fragment: Any) -> dict[str, Any]:
    return chunk(choice({"tool_calls": [fragment]}))


def completion(message: Any, **more: Any) -> dict[str, Any]:
    answer = {"index": 0, "message": message, "finish_reason": "stop"}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{**answer, **more}],
    }


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "sequence_number": 0, **more}


def added(**item: Any) -> dict[str, Any]:
    return event("response.output_item.added", output_index=0, item=item)


def annotated(annotation: Any) -> dict[str, Any]:
    place = {"item_id": "i", "output_index": 0, "content_index": 0, "annotation_index": 0}
    return event("response.output_text.annotation.added", **place, annotation=annotation)


def part(**content: Any) -> dict[str, Any]:
    return event("response.content_part.added", item_id="i", output_index=0, content_index=0, part=content)


def delta(**more: Any) -> dict[str, Any]:
    return event(
        "response.output_text.delta", item_id="i", output_index=0, content_index=0, delta="a", **more
    )


def completed(**more: Any) -> dict[str, Any]:
    return event("response.completed", response={**RESPONSE, **more})


MCP_CALL = {"type": "mcp_call", "id": "m", "server_label": "s", "name": "n", "arguments": ""}

ACCEPTED: dict[str, tuple[str, dict[str, Any]]] = {
    "a first delta": ("chat.chunk", chunk(choice({"role": "assistant", "content": ""}))),
    "an empty delta with a finish reason": ("chat.chunk", chunk(choice({}, finish_reason="stop"))),
    "null role and tool calls": (
        "chat.chunk",
        chunk(choice({"role": None, "content": "a", "tool_calls": None})),
    ),
    "unknown keys": ("chat.chunk", chunk(choice({"reasoning_content": "a"}, seen=1), extra={})),
    "an unknown service tier": ("chat.chunk", chunk(service_tier="warp")),
    "a usage chunk": ("chat.chunk", chunk(usage={**USAGE, "prompt_tokens_details": None})),
    "null usage and fingerprint": ("chat.chunk", chunk(usage=None, system_fingerprint=None)),
    "a tool call fragment": (
        "chat.chunk",
        call(index=0, id=None, type=None, function={"name": None, "arguments": "{"}),
    ),
    "log probabilities": ("chat.chunk", chunk(choice({}, logprobs={"content": [TOKEN], "refusal": None}))),
    "audio that expires": ("chat.chunk", chunk(choice({"audio": {"expires_at": 7}}))),
    "a whole answer": ("chat.completion", completion({"role": "assistant", "content": "a", "refusal": None})),
    "an answer without refusal or logprobs": (
        "chat.completion",
        completion({"role": "assistant", "content": None}),
    ),
    "a tool call of an unknown type": (
        "chat.completion",
        completion({"role": "assistant", "content": None, "tool_calls": [{"id": "t", "type": "new"}]}),
    ),
    "an error": ("error", {"error": ERROR}),
    "a numbered delta": ("responses.events", delta(logprobs=[], obfuscation="x")),
    "a delta without logprobs": ("responses.events", delta()),
    "a response without usage": ("responses.events", completed()),
    "a response with usage": ("responses.events", completed(usage=RESPONSE_USAGE, status="completed")),
    "tools that echo the request": (
        "responses.events",
        completed(tools=[{"type": "new"}], tool_choice={"type": "new"}),
    ),
    "an item of an unknown type": ("responses.events", added(type="new")),
    "a reasoning item without status": ("responses.events", added(type="reasoning", id="r", summary=[])),
    "a part of an unknown type": ("responses.events", part(type="new")),
    "an annotation of an unknown type": ("responses.events", annotated({"type": "new"})),
    "no annotation": ("responses.events", annotated(None)),
    "a failed call as text": ("responses.events", added(**MCP_CALL, error="no")),
    "a failed call as an object": (
        "responses.events",
        added(**MCP_CALL, error={"type": "http_error", "code": 500, "message": ""}),
    ),
    "a call that did not fail": ("responses.events", added(**MCP_CALL, error=None)),
    "a flat error": ("responses.events", event("error", message="no", code=None, param=None)),
    "a nested error": ("responses.events", event("error", error=ERROR)),
    "a sign of life": ("responses.events", event("keepalive")),
}

# The error is at this place, by this keyword, and nowhere else.
REFUSED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "another object": ("chat.chunk", chunk(object="chat.completion"), "object", "const"),
    "a created time as text": ("chat.chunk", chunk(created="1"), "created", "type"),
    "choices that are null": ("chat.chunk", chunk() | {"choices": None}, "choices", "type"),
    "no delta": ("chat.chunk", chunk({"index": 0, "finish_reason": None}), "choices/0", "required"),
    "no finish reason": ("chat.chunk", chunk({"index": 0, "delta": {}}), "choices/0", "required"),
    "an unknown finish reason": (
        "chat.chunk",
        chunk(choice({}, finish_reason="eos")),
        "choices/0/finish_reason",
        "enum",
    ),
    "an empty finish reason": (
        "chat.chunk",
        chunk(choice({}, finish_reason="")),
        "choices/0/finish_reason",
        "enum",
    ),
    "an unknown role": ("chat.chunk", chunk(choice({"role": "bot"})), "choices/0/delta/role", "enum"),
    "content as a list": ("chat.chunk", chunk(choice({"content": []})), "choices/0/delta/content", "type"),
    "a tool call without index": ("chat.chunk", call(id="t"), "choices/0/delta/tool_calls/0", "required"),
    "a tool call of index null": (
        "chat.chunk",
        call(index=None),
        "choices/0/delta/tool_calls/0/index",
        "type",
    ),
    "a tool call of another type": (
        "chat.chunk",
        call(index=0, type="x"),
        "choices/0/delta/tool_calls/0/type",
        "enum",
    ),
    "arguments as an object": (
        "chat.chunk",
        call(index=0, function={"arguments": {}}),
        "choices/0/delta/tool_calls/0/function/arguments",
        "type",
    ),
    "a negative count": (
        "chat.chunk",
        chunk(usage={**USAGE, "total_tokens": -1}),
        "usage/total_tokens",
        "minimum",
    ),
    "a count with a fraction": (
        "chat.chunk",
        chunk(usage={**USAGE, "total_tokens": 1.5}),
        "usage/total_tokens",
        "type",
    ),
    "usage with nothing in it": (
        "chat.chunk",
        chunk(usage={**USAGE} | {"total_tokens": None}),
        "usage/total_tokens",
        "type",
    ),
    "logprobs without refusal": (
        "chat.chunk",
        chunk(choice({}, logprobs={"content": []})),
        "choices/0/logprobs",
        "required",
    ),
    "usage as text": ("chat.chunk", chunk(usage="5"), "usage", "type"),
    "an answer without content": (
        "chat.completion",
        completion({"role": "assistant"}),
        "choices/0/message",
        "required",
    ),
    "an answer that ends in an unknown way": (
        "chat.completion",
        completion({"role": "assistant", "content": "a"}, finish_reason="eos"),
        "choices/0/finish_reason",
        "enum",
    ),
    "a function call without its function": (
        "chat.completion",
        completion({"role": "assistant", "content": None, "tool_calls": [{"id": "t", "type": "function"}]}),
        "choices/0/message/tool_calls/0",
        "required",
    ),
    "an error as text": ("error", {"error": "no"}, "error", "type"),
    "an error code that is a number": ("error", {"error": {**ERROR, "code": 400}}, "error/code", "type"),
    "an event without its number": ("responses.events", {"type": "keepalive"}, "", "required"),
    "a delta that is null": ("responses.events", delta() | {"delta": None}, "delta", "type"),
    "an output that is null": ("responses.events", completed(output=None), "response/output", "type"),
    "an unknown status": ("responses.events", completed(status="done"), "response/status", "enum"),
    "usage without its details": (
        "responses.events",
        completed(usage={k: v for k, v in RESPONSE_USAGE.items() if k != "output_tokens_details"}),
        "response/usage",
        "required",
    ),
    "an item without a type": ("responses.events", added(id="i"), "item", "required"),
    "an item of an unknown status": (
        "responses.events",
        added(type="message", id="i", role="assistant", content=[], status="done"),
        "item/status",
        "enum",
    ),
    "a function call without a call id": (
        "responses.events",
        added(type="function_call", id="i", name="n", arguments=""),
        "item",
        "required",
    ),
    "a text part without text": (
        "responses.events",
        part(type="output_text", annotations=[]),
        "part",
        "required",
    ),
    "a citation without an address": (
        "responses.events",
        annotated({"type": "url_citation", "start_index": 0, "end_index": 1, "title": ""}),
        "annotation",
        "required",
    ),
    "an annotation as text": ("responses.events", annotated("a"), "annotation", "type"),
    "a flat error without a message": (
        "responses.events",
        event("error", code=None, param=None),
        "",
        "required",
    ),
    "a nested error without a code": (
        "responses.events",
        event("error", error={key: ERROR[key] for key in ("message", "type", "param")}),
        "error",
        "required",
    ),
    "a nested error code that is a number": (
        "responses.events",
        event("error", error={**ERROR, "code": 400}),
        "error/code",
        "type",
    ),
    "a nested error param that is a number": (
        "responses.events",
        event("error", error={**ERROR, "param": 1}),
        "error/param",
        "type",
    ),
    "a nested error without a type": (
        "responses.events",
        event("error", error={**ERROR, "type": None}),
        "error/type",
        "type",
    ),
    "a nested error message that is null": (
        "responses.events",
        event("error", error={**ERROR, "message": None}),
        "error/message",
        "type",
    ),
    "a nested error as text": ("responses.events", event("error", error="no"), "error", "type"),
}


def errors(name: str, value: dict[str, Any]) -> list[tuple[str, str]]:
    """The place and the keyword of each error; an event is judged by the schema of its type."""
    schema = validator(name, value["type"]) if name == "responses.events" else validator(name)
    return [
        ("/".join(map(str, error.absolute_path)), str(error.validator)) for error in schema.iter_errors(value)
    ]


@pytest.mark.parametrize("example", ACCEPTED)
def test_a_legal_value_is_accepted(example: str) -> None:
    """What the documents allow, or all clients accept, has no error."""
    assert errors(*ACCEPTED[example]) == []


@pytest.mark.parametrize("example", REFUSED)
def test_a_broken_value_is_refused_at_the_place_of_its_fault(example: str) -> None:
    """One fault is one error, at the place of the fault."""
    name, value, place, keyword = REFUSED[example]
    assert errors(name, value) == [(place, keyword)]


def payloads(recording: dict[str, Any]) -> list[dict[str, Any]]:
    """The JSON of each event of a recorded stream of OpenAI, which has one `data:` line for each."""
    lines = [
        line.removeprefix("data: ") for line in recording["body"].splitlines() if line.startswith("data: ")
    ]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def test_openai_recordings_are_accepted() -> None:
    """No chunk and no event has an error; events from before the numbering miss their number only."""
    if absent(RECORDINGS):
        pytest.skip(absent(RECORDINGS))
    not_numbered, found = set(), []
    paths = sorted(RECORDINGS.glob("openai.*.json"))
    for path in paths:
        recording = json.loads(path.read_text())
        name = {"chat": "chat.chunk", "responses": "responses.events"}[recording["api"]]
        for payload in payloads(recording):
            if name == "responses.events" and "sequence_number" not in payload:
                not_numbered.add(path.stem)
                payload["sequence_number"] = 0
            found += [(path.stem, *error) for error in errors(name, payload)]
    assert len(paths) > 0
    assert found == []
    assert not_numbered == NOT_NUMBERED
