"""Legal errors inside Chat Completions streams, in the forms of OpenAI and of others."""

from tests.proof.chat_streams import (
    ASKS,
    ASKS_USAGE,
    ERROR,
    HEAD,
    ROLE,
    SERVER_ERROR,
    choice,
    chunk,
    chunks,
    says,
)
from tests.proof.wire import DONE, Wire, data, edited, once

LEGAL = (
    Wire(id="error-at-once", asks=ASKS, body=data(SERVER_ERROR) + DONE, breaks=("error-before-stream",)),
    Wire(
        id="error-at-once-without-done",
        asks=ASKS,
        body=data(SERVER_ERROR),
        breaks=("error-before-stream", "error-inband-done"),
        cause="All that comes is the error.",
    ),
    Wire(
        id="error-at-once-on-chunk",
        asks=ASKS,
        body=chunk(choice(ROLE, "error"), **SERVER_ERROR) + DONE,
        breaks=("error-before-stream",),
    ),
    Wire(
        id="error-at-once-on-chunk-without-role",
        asks=ASKS_USAGE,
        body=chunk(choice({"content": ""}, "error"), **SERVER_ERROR) + DONE,
        breaks=("error-before-stream",),
    ),
    Wire(
        id="error-on-chunk-with-error-finish",
        asks=ASKS,
        body=chunks(*says("Hi"), finish=None) + chunk(choice({}, "error"), **SERVER_ERROR) + DONE,
    ),
    Wire(
        id="error-on-chunk-without-finish",
        asks=ASKS,
        body=chunks(*says("Hi"), finish=None) + chunk(choice({}), **SERVER_ERROR) + DONE,
    ),
    Wire(
        id="error-with-number-as-code",
        asks=ASKS_USAGE,
        body=chunks(*says("Hi"), finish=None)
        + data({"error": {"message": "Overloaded", "code": 503}})
        + DONE,
    ),
    edited(
        ERROR,
        "error-named",
        once(b'data: {"error"', b'event: error\ndata: {"error"'),
        breaks="event-name-chat",
    ),
    Wire(
        id="error-on-chunk",
        asks=ASKS,
        body=chunks(*says("Hi"), finish=None) + data({**HEAD, "choices": [], **SERVER_ERROR}) + DONE,
    ),
)
