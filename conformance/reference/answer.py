"""From a request to everything that is sent back: routing, keys, refusals."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.reference import chat, order, responses
from conformance.reference.errors import SERVER_ERROR, RefusedError, refusal
from conformance.reference.marks import EPOCH, Marks
from conformance.reference.memory import Memory
from conformance.reference.order import MODELS, Order
from conformance.reference.speech import Speech, speak
from conformance.reference.wire import EVENT_STREAM, JSON_BODY, Ask, Frame, Json, Pace, Reply, pretty

REFUSED_KEY = "sk-conformance-no-such-key"
"""The one key, besides an empty one, that is not let in: the one that the bad-key scenario sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCodec:
    """One of the two APIs: how its body is read, and its answer written.

    `read` also takes the items of the response that the body continues. `keeps` says that answers are stored.
    """

    read: Callable[[Json, tuple[Json, ...]], Order]
    stream: Callable[[Order, Speech, Marks, Pace], tuple[Frame, ...]]
    whole: Callable[[Order, Speech, Marks], Json]
    keeps: bool = False


APIS: Mapping[str, ApiCodec] = {
    "/chat/completions": ApiCodec(
        read=lambda body, _: order.read_chat(body), stream=chat.stream, whole=chat.whole
    ),
    "/responses": ApiCodec(
        read=order.read_responses, stream=responses.stream, whole=responses.whole, keeps=True
    ),
}


def answer(ask: Ask, pace: Pace | None = None) -> Reply:
    """The reply to one request: the same `ask` always gets the same. Any prefix before the path is taken."""
    marks = Marks(serial=ask.serial)
    pace = pace or Pace()
    try:
        _check_key(ask)
        route = _route(ask.path)
        if route == "/models":
            _check_method(ask, "GET")
            return _json(_models(), marks)
        _check_method(ask, "POST")
        return _generated(APIS[route], ask, marks, pace)
    except RefusedError as refused:
        return refusal(refused, marks.request)


def broken(serial: int) -> Reply:
    """The reply when the server itself failed."""
    refused = RefusedError(
        500, "The server failed while it answered.", code="server_error", kind=SERVER_ERROR
    )
    return refusal(refused, Marks(serial=serial).request)


def _route(path: str) -> str:
    for route in ("/models", *APIS):
        if path.rstrip("/").endswith(route):
            return route
    raise RefusedError(404, f"There is nothing at {path}. Is the base URL right? It ends in /v1.")


def _generated(api: ApiCodec, ask: Ask, marks: Marks, pace: Pace) -> Reply:
    body = _body(ask)
    before = _before(body, ask.memory) if api.keeps else ()
    wanted = api.read(body, before)
    speech = speak(wanted)
    if api.keeps and body.get("store") is not False:
        output = api.whole(wanted, speech, marks)["output"]
        ask.memory.keep(marks.response, (*before, *order.items_of(body["input"]), *output))
    if not wanted.stream:
        pause = pace.first_pause + pace.token_pause * speech.spent
        return _json(api.whole(wanted, speech, marks), marks, pause)
    return Reply(
        status=200,
        headers=(
            ("content-type", EVENT_STREAM),
            ("cache-control", "no-cache"),
            ("x-request-id", marks.request),
        ),
        frames=api.stream(wanted, speech, marks, pace),
    )


def _before(body: Json, memory: Memory) -> tuple[Json, ...]:
    """The items of the response that a request continues; none if it continues none."""
    identity = body.get("previous_response_id")
    if identity is None:
        return ()
    before = memory.before(identity) if isinstance(identity, str) else None
    if before is None:
        raise RefusedError(
            400,
            f"Previous response with id '{identity}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )
    return before


def _json(body: Json, marks: Marks, pause: float = 0.0) -> Reply:
    return Reply(
        status=200,
        headers=(("content-type", JSON_BODY), ("x-request-id", marks.request)),
        frames=(Frame(data=pretty(body).encode(), pause=pause),),
    )


def _models() -> Json:
    return {
        "object": "list",
        "data": [
            {"id": name, "object": "model", "created": EPOCH, "owned_by": "stream-conformance"}
            for name in MODELS
        ],
    }


def _body(ask: Ask) -> Json:
    try:
        body = json.loads(ask.body)
    except ValueError as error:
        raise RefusedError(400, f"The body of the request is not valid JSON ({error}).") from None
    if not isinstance(body, dict):
        raise RefusedError(400, "The body of the request must be a JSON object.")
    return body


def _check_key(ask: Ask) -> None:
    given = ask.headers.get("authorization")
    if given is None:
        return
    scheme, _, key = given.partition(" ")
    if scheme.lower() != "bearer" or key.strip() in ("", REFUSED_KEY):
        raise RefusedError(
            401,
            "The API key is not valid. Send 'Authorization: Bearer <key>' with a key that is.",
            code="invalid_api_key",
        )


def _check_method(ask: Ask, method: str) -> None:
    if ask.method != method:
        raise RefusedError(405, f"{ask.path} takes {method}, not {ask.method}.", code="method_not_supported")
