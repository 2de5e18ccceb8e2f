"""What breaks and what keeps the requirements on the turn after a tool call."""

from typing import Any

from tests.proof.streams import responses
from tests.proof.streams.chat import (
    ASKS,
    CALLING,
    ROLE,
    SERVER_ERROR,
    call,
    calling,
    goes_on,
    opens,
    says,
    wire,
)
from tests.proof.streams.documents import REFUSAL
from tests.proof.streams.edits import edited, instead
from tests.proof.streams.handmade import DONE, Json, Wire, compact, data

CALLED: Json = {
    "id": "call_a1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
    "extra_content": {"google": {"thought_signature": "Eq0B"}},
}
BACK: Json = {
    "tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}],
    "messages": [
        *ASKS["messages"],
        {"role": "assistant", "content": None, "tool_calls": [CALLED]},
        {"role": "tool", "tool_call_id": "call_a1", "content": "sunny"},
    ],
}
RESULT: Json = {"type": "function_call_output", "call_id": "call_a1", "output": "sunny"}
ITEMS_BACK: Json = {
    "input": [{"role": "user", "content": "Hi"}, responses.SEALED, responses.CALLED, RESULT],
}
BY_ID: Json = {"input": [RESULT], "previous_response_id": "resp_68ae"}
PROMISED: dict[str, Any] = {"promises": ("next-turn",)}
FAILED = {"code": "server_error", "message": "The result could not be read."}


def refused(id: str, api: str, status: int, message: str) -> Wire:
    """A next turn that is refused."""
    body = compact(
        {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
    )
    asks, url = (
        ({**ASKS, **BACK}, REFUSAL.url)
        if api == "chat"
        else ({**responses.ASKS, **ITEMS_BACK}, responses.URL)
    )
    broken = "tool-result-accepted" if api == "chat" else "response-tool-result-accepted"
    return edited(
        REFUSAL,
        id,
        instead(body.encode()),
        api=api,
        url=url,
        asks=asks,
        status=status,
        breaks=broken,
        **PROMISED,
    )


def answered(id: str, *deltas: Json, **fields: Any) -> Wire:
    """A next turn that is answered."""
    return wire(id, *deltas, asks=BACK, **PROMISED, **fields)


def continued(id: str, asks: Json, *events: Json, **fields: Any) -> Wire:
    """A next turn of Responses that is answered."""
    return responses.wire(id, *responses.OPENING, *events, asks=asks, **PROMISED, **fields)


BROKEN: tuple[Wire, ...] = (
    refused("next-turn-unknown-id", "chat", 400, "tool_call_id not found."),
    refused("next-turn-unknown-key", "chat", 422, "Extra inputs are not permitted: extra_content."),
    refused("next-turn-fails", "chat", 500, "Internal error."),
    refused("next-turn-bad-gateway", "chat", 502, "Bad gateway."),
    refused("next-turn-no-reasoning", "responses", 400, "Item rs_0 of type reasoning is not supported."),
    refused("next-turn-item-unknown", "responses", 404, "Item with id fc_0 not found."),
    refused("next-turn-of-responses-fails", "responses", 500, "Internal error."),
    Wire(
        id="next-turn-error-inband",
        asks={**ASKS, **BACK},
        body=data({"error": {**SERVER_ERROR["error"], "message": FAILED["message"]}}) + DONE,
        breaks=("tool-result-accepted", "error-before-stream"),
        cause="An error in place of an answer is also due in the status.",
        **PROMISED,
    ),
    continued(
        "next-turn-failed", ITEMS_BACK, responses.failed(error=FAILED), breaks="response-tool-result-accepted"
    ),
    continued(
        "next-turn-by-id-failed",
        BY_ID,
        responses.failed(error=FAILED),
        breaks="response-tool-result-accepted",
    ),
)

LEGAL: tuple[Wire, ...] = (
    answered("next-turn-text", *says("It is ", "sunny.")),
    calling(
        "next-turn-another-call",
        opens(0, "call_b2", "weather"),
        goes_on(0, '{"city":"Rome"}'),
        asks=BACK,
        **PROMISED,
    ),
    calling("next-turn-same-call", call(0, **CALLED), asks=BACK, **PROMISED),
    answered("next-turn-refusal", {"role": "assistant", "content": None, "refusal": ""}, {"refusal": "No."}),
    answered("next-turn-reasoning", ROLE, {"reasoning_content": "It is warm."}, {"content": "Sunny."}),
    answered("next-turn-cut", *says("It is"), finish="length"),
    answered("next-turn-filtered", *says("It is"), finish="content_filter"),
    answered("next-turn-signed", CALLING, {"content": "Sunny.", "extra_content": {"google": {}}}),
    Wire(
        id="next-turn-busy-inband",
        asks={**ASKS, **BACK},
        body=data({"error": {**SERVER_ERROR["error"], "code": "rate_limit_exceeded"}}) + DONE,
        breaks=("error-before-stream",),
        **PROMISED,
    ),
    Wire(
        id="next-turn-without-credit-inband",
        asks={**ASKS, **BACK},
        body=data({"error": {**SERVER_ERROR["error"], "code": "insufficient_quota"}}) + DONE,
        breaks=("error-before-stream",),
        **PROMISED,
    ),
    edited(REFUSAL, "result-refused-of-a-stranger", asks={**ASKS, **BACK}),
    continued(
        "next-turn-items", ITEMS_BACK, *responses.MESSAGE_EVENTS, responses.completed(responses.MESSAGE)
    ),
    continued(
        "next-turn-of-responses-refusal",
        ITEMS_BACK,
        *responses.item_events(
            0,
            responses.message("msg_0", status="in_progress"),
            responses.REFUSED,
            *responses.part_events(
                0,
                responses.REFUSED,
                responses.REFUSED_PART,
                0,
                *responses.said_events(0, responses.REFUSED, "refusal", "refusal", "I can't", " help."),
            ),
        ),
        responses.completed(responses.REFUSED),
    ),
    continued(
        "next-turn-items-again",
        ITEMS_BACK,
        *responses.call_events(0, responses.CALLED, responses.CALLED["arguments"]),
        responses.completed(responses.CALLED),
    ),
)
