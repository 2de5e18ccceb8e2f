"""Credentials in the fields of a request's body."""

import json
from typing import Any

import pytest

from conformance.evidence.fields import field_secrets, without_fields
from conformance.evidence.received import received

CANARY = "canary-of-a-field-7788"


@pytest.mark.parametrize(
    "body",
    [
        {"api_key": CANARY},
        {"extra_body": {"AZURE_API_KEY": CANARY}},
        {"tools": [{"type": "mcp", "authorization": CANARY}]},
        {"tools": [{"type": "mcp", "headers": {"Authorization": f"Bearer {CANARY}"}}]},
        {"tools": [{"type": "mcp", "headers": {"X-Own": CANARY}}]},
        {"tools": [{"type": "mcp", "server_url": f"https://me:{CANARY}@host/mcp"}]},
        {"tools": [{"type": "mcp", "server_url": f"https://host/mcp?token={CANARY}"}]},
        {"aws_secret_access_key": CANARY},
        {"vertex_credentials": CANARY},
        {"client-secret": CANARY, "password": "short"},
    ],
)
def test_the_value_of_a_field_that_is_named_so_is_in_no_evidence(body: dict[str, Any]) -> None:
    """Nor where the endpoint repeats it."""
    exchange = received(f'data: {{"error": "bad {CANARY}"}}\n\n', request={"model": "m", **body}, status=401)
    assert exchange.request is not None
    assert CANARY not in exchange.request.body
    assert '"short"' not in exchange.request.body
    assert CANARY.encode() not in exchange.body
    assert json.loads(exchange.request.body)["model"] == "m"


@pytest.mark.parametrize(
    "body",
    [
        {"prompt_cache_key": CANARY, "max_tokens": 5, "token": "Hel", "key": "a"},
        {
            "tools": [
                {"parameters": {"properties": {"password": {"type": "string"}}, "required": ["password"]}}
            ]
        },
        {
            "tools": [
                {
                    "type": "function",
                    "parameters": {
                        "type": "object",
                        "properties": {"headers": {"type": "object", "description": "What to send with it"}},
                        "$defs": {"Headers": {"title": "The headers of a request"}},
                    },
                }
            ]
        },
        {
            "tools": [{"headers": {"Accept": "text/plain", "X-Count": 3}}],
            "image_url": "https://host/a.png?w=1",
        },
        {"input": [{"image_url": "data:image/png;base64," + "A" * 20_000}]},
    ],
)
def test_what_is_no_credential_stays_as_it_is(body: dict[str, Any]) -> None:
    """A schema that speaks of passwords or headers, a piece of a text, a picture."""
    text = json.dumps(body)
    assert field_secrets(body) == ()
    assert without_fields(text, body) == text


@pytest.mark.parametrize(
    "text",
    [
        '{"a": ["x", ":", "y"], "api_key": "short"}',
        '{"a": "\\"api_key\\": \\"", "api\\u005fkey" : "short"}',
        '{"api_key":"sh\\"ort","a":"api_key"}',
        '{"a": ":", "b": {"c": "\\\\", "api_key":\n"short"}}',
    ],
)
def test_a_short_one_is_taken_out_by_its_place(text: str) -> None:
    """However the text is spelled, and whatever stands before it."""
    left = without_fields(text, json.loads(text))
    assert "ort" not in left
    assert left.count("[redacted]") == 1
    assert json.loads(left).keys() == json.loads(text).keys()


def test_a_header_is_taken_out_where_it_stands_alone() -> None:
    """Other fields may bear its name, such as the type of every tool."""
    body = {"tools": [{"type": "mcp", "headers": {"type": CANARY, "name": "b\u00e9ta"}, "name": "beta"}]}
    left = json.loads(without_fields(json.dumps(body), body))
    assert left == {
        "tools": [{"type": "mcp", "headers": {"type": "[redacted]", "name": "[redacted]"}, "name": "beta"}]
    }


def test_many_names_cost_no_more_than_one() -> None:
    """A file of a stranger may name as many headers as it likes."""
    body = {"headers": {f"x-{number}": "value" for number in range(20_000)}}
    assert without_fields(json.dumps(body), body).count("[redacted]") == 20_000
    headers = {f"x-{number}": f"the-value-{number:04}" for number in range(1_000)}
    assert len(field_secrets({"headers": headers})) == 200


def test_headers_of_a_server_keep_no_field_from_being_sought() -> None:
    """Nor values that are too short to be, or stand there often."""
    many = {f"x-{number}": f"the-value-{number:04}" for number in range(250)}
    cookie = {"Cookie": "; ".join(f"a={value}" for value in many.values())}
    for headers in (many, cookie):
        servers = [{"headers": headers}, {"headers": {"Authorization": f"Bearer {CANARY}"}}]
        assert CANARY in field_secrets({"tools": servers})
        assert CANARY in field_secrets({"tools": servers[:1], "api_key": CANARY})
    for value in ("short{}", "often-the-same"):
        fields: list[Any] = [{"api_key": value.format(number)} for number in range(250)]
        assert CANARY in field_secrets({"a": [*fields, {"api_key": CANARY}]})


def test_a_body_that_is_nested_without_end_is_not_followed() -> None:
    body: Any = {"api_key": CANARY}
    for _ in range(300):
        body = {"a": body}
    assert field_secrets(body) == ()
