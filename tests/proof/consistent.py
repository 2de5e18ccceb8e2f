"""What breaks and what keeps the requirement that a whole answer fits together, in either API."""

from collections.abc import Callable
from functools import partial

from tests.proof.streams import responses
from tests.proof.streams.documents import (
    CALLS,
    CHOICES,
    DOCUMENT,
    RESPONSE,
    RESPONSE_CALL,
    completion,
    whole_response,
)
from tests.proof.streams.edits import edited, every, nth, once
from tests.proof.streams.handmade import Json, Wire

_broken: Callable[..., Wire] = partial(edited, breaks="whole-answer-consistent")
_CUT: Json = {"reason": "max_output_tokens"}
_SEARCH: Json = {
    "id": "ws_0",
    "type": "web_search_call",
    "status": "failed",
    "action": {"type": "search", "query": "x"},
}
_ITEM = once(b'"type":"message","status":"completed"', b'"type":"message","status":"in_progress"')
_NAME = b'"function":{"name":"weather"'
_ENDED = once(b'"finish_reason":"tool_calls"', b'"finish_reason":"stop"')

BROKEN: tuple[Wire, ...] = (
    # Keys
    _broken(DOCUMENT, "whole-key-twice", once(b'"object"', b'"model":"x","object"')),
    _broken(DOCUMENT, "whole-inner-key-twice", once(b'"content":"Hi"', b'"content":"Ho","content":"Hi"')),
    _broken(RESPONSE, "whole-response-key-twice", once(b'"object"', b'"id":"resp_1","object"')),
    # Ids and names
    _broken(DOCUMENT, "whole-id-empty", once(b"chatcmpl-CkX4Qz", b"")),
    _broken(CALLS, "whole-call-id-empty", once(b"call_1", b"")),
    _broken(CALLS, "whole-call-id-twice", once(b"call_2", b"call_1")),
    _broken(CALLS, "whole-call-not-offered", nth(0, _NAME, b'"function":{"name":"wetter"')),
    _broken(CALLS, "whole-arguments-cut", once(rb"{\"city\":\"Oslo\"}", rb"{\"city\":\"Oslo\"")),
    _broken(RESPONSE, "whole-response-id-empty", once(b"resp_68af", b"")),
    _broken(RESPONSE_CALL, "whole-response-call-id-empty", once(b"call_a1", b"")),
    _broken(RESPONSE_CALL, "whole-response-item-id-empty", once(b'"fc_0"', b'""')),
    _broken(RESPONSE_CALL, "whole-response-item-id-twice", once(b"rs_0", b"fc_0")),
    # Choices
    _broken(CHOICES, "whole-choices-in-disorder", once(b'"index":1', b'"index":5')),
    _broken(CHOICES, "whole-choices-fewer", asks={**(CHOICES.asks or {}), "n": 3}),
    _broken(CHOICES, "whole-choices-more", asks=DOCUMENT.asks),
    # Ends
    _broken(DOCUMENT, "whole-end-without-calls", once(b'"stop"', b'"tool_calls"')),
    _broken(CALLS, "whole-calls-stopped", _ENDED),
    _broken(DOCUMENT, "whole-text-empty", once(b'"content":"Hi"', b'"content":""')),
    _broken(RESPONSE, "whole-response-silent", once(b'"text":"Hello, world!"', b'"text":""')),
    _broken(RESPONSE, "whole-response-unended", _ITEM),
    _broken(
        RESPONSE,
        "whole-response-status-unknown",
        once(b'"status":"completed","background"', b'"status":"done","background"'),
    ),
    _broken(
        RESPONSE, "whole-response-without-status", once(b'"status":"completed","background"', b'"background"')
    ),
    _broken(
        RESPONSE,
        "whole-response-cut",
        once(b'"incomplete_details":null', b'"incomplete_details":{"reason":"x"}'),
    ),
    _broken(
        RESPONSE,
        "whole-response-incomplete",
        once(b'"status":"completed","background"', b'"status":"incomplete","background"'),
    ),
    _broken(
        RESPONSE, "whole-response-before-it-began", once(b'"error"', b'"completed_at":1700000000,"error"')
    ),
    # What was asked
    _broken(
        RESPONSE_CALL,
        "whole-response-other-tools",
        every(b'"strict":false', b'"strict":true'),
        asks={**(RESPONSE_CALL.asks or {}), "tools": [{**responses.WEATHER, "strict": False}]},
    ),
    _broken(
        RESPONSE,
        "whole-response-other-limit",
        once(b'"error"', b'"max_output_tokens":20,"error"'),
        asks={**(RESPONSE.asks or {}), "max_output_tokens": 10},
    ),
    # Usage
    _broken(DOCUMENT, "whole-cached-more-than-prompt", once(b'"cached_tokens":2', b'"cached_tokens":99')),
    _broken(RESPONSE, "whole-response-sum-wrong", once(b'"total_tokens":', b'"total_tokens":1')),
)

LEGAL: tuple[Wire, ...] = (
    edited(CALLS, "whole-calls-cut", once(b'"finish_reason":"tool_calls"', b'"finish_reason":"length"')),
    edited(CALLS, "whole-calls-of-unknown-request", _ENDED, asks=None),
    completion("whole-refused", {"refusal": "No."}),
    completion(
        "whole-spoken",
        {"audio": {"id": "audio_1", "data": "AA==", "transcript": "Hi", "expires_at": 1780003600}},
    ),
    completion("whole-filtered", {"content": None}, finish="content_filter"),
    whole_response("whole-response-search", "completed", _SEARCH, responses.MESSAGE),
    whole_response("whole-response-queued", "queued", background=True),
    whole_response("whole-response-timed", "completed", responses.MESSAGE, completed_at=1780000000),
    whole_response("whole-response-cut-empty", "incomplete", incomplete_details=_CUT),
    edited(RESPONSE, "whole-response-in-lines", every(b',"', b',\r\n  "')),
    edited(RESPONSE_CALL, "whole-response-call-without-id", once(b'"id":"fc_0",', b"")),
)
