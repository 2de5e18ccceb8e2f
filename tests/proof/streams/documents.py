"""Refusals and answers without streaming."""

from tests.proof.streams.chat import ASKS, USAGE
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

LEGAL = (REFUSAL, DOCUMENT)
