"""What the reference provider refuses, and how."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.reference import Ask, answer

KEY = "sk-a-secret-that-must-not-be-told"


@pytest.mark.parametrize(
    ("settings", "status", "param", "code"),
    [
        ({"model": "gpt-4o"}, 404, None, "model_not_found"),
        ({"model": None}, 400, "model", "missing_required_parameter"),
        ({"messages": None}, 400, "messages", "missing_required_parameter"),
        ({"messages": []}, 400, "messages", "invalid_value"),
        ({"messages": "hello"}, 400, "messages", "invalid_type"),
        ({"messages": ["hello"]}, 400, "messages[0]", "invalid_type"),
        ({"messages": [{"role": "robot", "content": "x"}]}, 400, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user"}]}, 400, "messages[0].content", "missing_required_parameter"),
        ({"messages": [{"role": "user", "content": 7}]}, 400, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": [{}]}]}, 400, "messages[0].content[0]", "invalid_value"),
        ({"temperature": 2.5}, 400, "temperature", "above_max_value"),
        ({"temperature": -1}, 400, "temperature", "below_min_value"),
        ({"temperature": "hot"}, 400, "temperature", "invalid_type"),
        ({"n": 0}, 400, "n", "below_min_value"),
        ({"n": True}, 400, "n", "invalid_type"),
        ({"max_tokens": 1.5}, 400, "max_tokens", "invalid_type"),
        ({"stream": "yes"}, 400, "stream", "invalid_type"),
        ({"stream": False, "stream_options": {"include_usage": True}}, 400, "stream_options", None),
        ({"stream_options": {"include_usage": 1}}, 400, "stream_options.include_usage", "invalid_type"),
        ({"top_logprobs": 2}, 400, "top_logprobs", "invalid_value"),
        ({"reasoning_effort": "low"}, 400, "reasoning_effort", "unsupported_parameter"),
        ({"reasoning_effort": "extreme"}, 400, "reasoning_effort", "invalid_value"),
        ({"model": "reference-reasoning", "logprobs": True}, 400, "logprobs", "unsupported_parameter"),
        ({"stop": ["a", "b", "c", "d", "e"]}, 400, "stop", "invalid_value"),
        ({"tool_choice": "required"}, 400, "tool_choice", "invalid_value"),
        ({"tools": [{"type": "web_search"}]}, 400, "tools[0]", "invalid_value"),
        ({"tools": [{"type": "function", "function": {}}]}, 400, "tools[0].function.name", "invalid_value"),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
            400,
            "tools[0].function",
            "invalid_value",
        ),
        ({"response_format": {"type": "json_object"}}, 400, "messages", "invalid_value"),
        ({"response_format": {"type": "json_schema"}}, 400, "response_format", "invalid_value"),
        ({"response_format": {"type": "xml"}}, 400, "response_format.type", "invalid_value"),
    ],
)
def test_bad_chat_requests_are_refused(
    lab: SimpleNamespace, settings: dict[str, Any], status: int, param: str | None, code: str | None
) -> None:
    """The envelope names the parameter and the kind of mistake, whether or not a stream was wanted."""
    reply = answer(lab.chat(**settings))
    error = lab.body_of(reply)["error"]
    assert (reply.status, error["type"], error["param"], error["code"]) == (
        status,
        "invalid_request_error",
        param,
        code,
    )
    assert error["message"]
    assert ("content-type", "application/json") in reply.headers


@pytest.mark.parametrize("wanted", ["sometimes", {"type": "function", "function": {"name": "other"}}])
def test_a_tool_choice_must_be_one_of_the_tools(lab: SimpleNamespace, wanted: object) -> None:
    """An unknown word and an unknown function are both refused."""
    reply = answer(lab.chat(tools=[lab.chat_tool], tool_choice=wanted))
    assert (reply.status, lab.body_of(reply)["error"]["param"]) == (400, "tool_choice")


@pytest.mark.parametrize(
    ("settings", "status", "param"),
    [
        ({"input": None}, 400, "input"),
        ({"input": []}, 400, "input"),
        ({"input": 7}, 400, "input"),
        ({"input": ["hello"]}, 400, "input[0]"),
        ({"input": [{"type": "song"}]}, 400, "input[0].type"),
        ({"input": [{"role": "robot", "content": "x"}]}, 400, "input[0].role"),
        ({"input": [{"role": "user"}]}, 400, "input[0].content"),
        (
            {"input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
            400,
            "input[0].content[0]",
        ),
        ({"model": "gpt-4o"}, 404, None),
        ({"max_output_tokens": 15}, 400, "max_output_tokens"),
        ({"reasoning": {"effort": "low"}}, 400, "reasoning.effort"),
        ({"reasoning": {"summary": "auto"}}, 400, "reasoning.summary"),
        ({"text": {"format": {"type": "json_schema"}}}, 400, "text.format"),
        ({"tools": [{"type": "function", "function": {"name": "x"}}]}, 400, "tools[0].name"),
        ({"stream": False, "stream_options": {}}, 400, "stream_options"),
        ({"background": "yes"}, 400, "background"),
        ({"background": True}, 400, "background"),
    ],
)
def test_bad_responses_requests_are_refused(
    lab: SimpleNamespace, settings: dict[str, Any], status: int, param: str | None
) -> None:
    """Responses refuses as Chat Completions does."""
    reply = answer(lab.responses(**{"prompt": settings.pop("input", "Hi"), **settings}))
    error = lab.body_of(reply)["error"]
    assert (reply.status, error["param"]) == (status, param)
    assert error.keys() == {"message", "type", "param", "code"}


def test_a_response_in_the_background_is_refused(lab: SimpleNamespace) -> None:
    """What cannot be done is refused, never quietly done another way; `false` is answered."""
    refused = lab.body_of(answer(lab.responses(background=True, stream=False)))["error"]
    assert (refused["type"], refused["code"]) == ("invalid_request_error", "unsupported_parameter")
    given = lab.body_of(answer(lab.responses(background=False, stream=False)))
    assert (given["status"], given["background"]) == ("completed", False)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff{}"])
def test_a_body_that_is_no_json_object_is_refused(lab: SimpleNamespace, body: bytes) -> None:
    """Nothing at all, half a document, another type and broken UTF-8 are all 400."""
    reply = answer(replace(lab.chat(), body=body))
    assert (reply.status, lab.body_of(reply)["error"]["code"]) == (400, None)


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 200),
        (f"Bearer {KEY}", 200),
        (f"bearer {KEY}", 200),
        ("Bearer sk-conformance-no-such-key", 401),
        ("Bearer ", 401),
        ("", 401),
        (f"Basic {KEY}", 401),
    ],
)
def test_keys(lab: SimpleNamespace, authorization: str | None, status: int) -> None:
    """Any bearer key but the bad one is let in, and so is none at all; no message tells the key."""
    headers = {} if authorization is None else {"authorization": authorization}
    reply = answer(replace(lab.chat(), headers=headers))
    assert reply.status == status
    if status == 401:
        assert lab.body_of(reply)["error"]["code"] == "invalid_api_key"
    assert KEY.encode() not in b"".join(frame.data for frame in reply.frames)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/models", 200),
        ("POST", "/v1/models", 405),
        ("GET", "/v1/chat/completions", 405),
        ("POST", "/some/prefix/chat/completions", 200),
        ("POST", "/v1/completions", 404),
        ("GET", "/", 404),
    ],
)
def test_routes(lab: SimpleNamespace, method: str, path: str, status: int) -> None:
    """Both APIs and the list of models under any prefix; the rest is not found, or not allowed."""
    reply = answer(replace(lab.chat(), method=method, path=path))
    assert reply.status == status
    if status >= 400:
        assert json.loads(reply.frames[0].data)["error"]["message"]


def test_the_models_are_listed() -> None:
    """The list has OpenAI's shape and both models."""
    ask = Ask(method="GET", path="/v1/models", headers={}, body=b"", serial=1)
    listed = json.loads(answer(ask).frames[0].data)
    assert listed["object"] == "list"
    assert {"reference", "reference-reasoning"} <= {model["id"] for model in listed["data"]}
    assert all(model.keys() == {"id", "object", "created", "owned_by"} for model in listed["data"])
