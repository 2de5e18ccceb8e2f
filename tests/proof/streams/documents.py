"""Refusals and answers without streaming."""

from dataclasses import replace

from tests.proof.streams import responses
from tests.proof.streams.chat import ASKS, NAMED, USAGE
from tests.proof.streams.handmade import Json, Wire, compact

JSON_TYPE = (("content-type", "application/json"),)
REFUSED_TYPE = (*JSON_TYPE, ("x-request-id", "req_8f3a"))
ERROR: Json = {
    "error": {"message": "No such model.", "type": "invalid_request_error", "param": None, "code": None}
}
WHOLE: Json = {
    "id": "chatcmpl-CkX4Qz",
    "object": "chat.completion",
    "created": 1780000000,
    "model": "gpt-5.2",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hi", "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": USAGE,
}

REFUSAL = Wire(id="refusal", asks=ASKS, status=400, headers=REFUSED_TYPE, body=compact(ERROR).encode())
DOCUMENT = Wire(
    id="document",
    asks={key: value for key, value in ASKS.items() if key != "stream"},
    headers=JSON_TYPE,
    body=compact(WHOLE).encode(),
    expects="document",
)


def completion(id: str, *messages: Json, finish: str = "stop", **asks: object) -> Wire:
    """A whole answer whose choices have these messages."""
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": None, "refusal": None, **message},
            "logprobs": None,
            "finish_reason": finish,
        }
        for index, message in enumerate(messages)
    ]
    body = compact({**WHOLE, "choices": choices}).encode()
    return replace(DOCUMENT, id=id, body=body, asks={**(DOCUMENT.asks or {}), **asks})


def whole_response(id: str, status: str, *output: Json, **more: object) -> Wire:
    """A whole answer of the Responses API with these items."""
    body = compact(responses.response(status, output, **more)).encode()
    asks = {"model": "gpt-5.2", "input": "Hi", "tools": more.get("tools", [])}
    return replace(DOCUMENT, id=id, body=body, api="responses", url=responses.URL, asks=asks)


def _called(number: int, city: str) -> Json:
    function = {"name": "weather", "arguments": f'{{"city":"{city}"}}'}
    return {"id": f"call_{number}", "type": "function", "function": function}


CALLS = completion(
    "document-calls",
    {"tool_calls": [_called(1, "Oslo"), _called(2, "Rome")]},
    finish="tool_calls",
    tools=[NAMED],
)
CHOICES = completion("document-choices", {"content": "One."}, {"content": "Two."}, n=2)
RESPONSE = whole_response("document-response", "completed", responses.MESSAGE)
RESPONSE_CALL = whole_response(
    "document-response-call",
    "completed",
    responses.THOUGHTS,
    responses.CALLED,
    tools=[{**responses.WEATHER, "strict": False}],
)

LEGAL_WHOLE = (
    DOCUMENT,
    CALLS,
    CHOICES,
    completion("document-forced", {"tool_calls": [_called(1, "Oslo")]}, tools=[NAMED], tool_choice=NAMED),
    completion("document-refusal", {"refusal": "I can't."}),
    completion("document-length", {"content": "Once upon"}, finish="length"),
    RESPONSE,
    RESPONSE_CALL,
    whole_response(
        "document-response-incomplete",
        "incomplete",
        {**responses.MESSAGE, "status": "incomplete"},
        incomplete_details={"reason": "max_output_tokens"},
    ),
    whole_response("document-response-failed", "failed", error=responses.SERVER_ERROR),
    whole_response(
        "document-response-later", "completed", responses.MESSAGE, completed_at=1780000002, user=None
    ),
)
"""Answers without streaming that a conforming endpoint may give."""

LEGAL = (REFUSAL, *LEGAL_WHOLE)
