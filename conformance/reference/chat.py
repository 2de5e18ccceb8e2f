"""Chat Completions in the shapes of api.openai.com's recordings: the stream and its non-streaming twin."""

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.reference.logprobs import logprob
from conformance.reference.marks import Marks
from conformance.reference.order import Order
from conformance.reference.speech import Call, Speech, prompt_tokens
from conformance.reference.wire import Frame, Json, Pace, compact, data_block

DONE = data_block("[DONE]")
FINGERPRINT = "fp_5050236cbd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One chunk of one choice: its delta, the token of its logprobs, whether generating it took time."""

    delta: Json
    token: str | None = None
    timed: bool = False
    finish: str | None = None


def stream(order: Order, speech: Speech, marks: Marks, pace: Pace) -> tuple[Frame, ...]:
    """The frames of a streamed answer, `[DONE]` included; the choices take turns, one choice to a chunk."""
    chunks = [
        (_choice(order, index, step), step.timed)
        for turn in zip(*(_turns(order, speech, marks, index) for index in range(_count(order))), strict=True)
        for index, steps in enumerate(turn)
        for step in steps
    ]
    frames = []
    for number, (choice, timed) in enumerate(chunks):
        pause = pace.first_pause if number == 0 else pace.token_pause if timed else 0.0
        frames.append(Frame(data=_chunk(order, marks, number, [choice], None), pause=pause))
    if order.include_usage:
        frames.append(Frame(data=_chunk(order, marks, len(chunks), [], usage(order, speech))))
    return (*frames, Frame(data=DONE))


def whole(order: Order, speech: Speech, marks: Marks) -> Json:
    """The same answer as one `chat.completion` object."""
    return {
        "id": marks.completion,
        "object": "chat.completion",
        "created": marks.created,
        "model": order.card.snapshot,
        "choices": [
            {
                "index": index,
                "message": _message(speech, marks, index),
                **_logprobs_of(order, speech.tokens if order.logprobs else None),
                "finish_reason": _finish(order, speech),
            }
            for index in range(_count(order))
        ],
        "usage": usage(order, speech),
        "service_tier": "default",
        "system_fingerprint": _fingerprint(order),
    }


def usage(order: Order, speech: Speech) -> Json:
    """Token counts of the whole answer, all choices together."""
    spent, taken = speech.spent * _count(order), prompt_tokens(order)
    return {
        "prompt_tokens": taken,
        "completion_tokens": spent,
        "total_tokens": taken + spent,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": len(speech.reasoning) * _count(order),
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _count(order: Order) -> int:
    return order.body.get("n") or 1


def _finish(order: Order, speech: Speech) -> str:
    if speech.cut:
        return "length"
    # OpenAI says `stop` after a function that the client forced by name.
    return "tool_calls" if speech.calls and order.choice != "named" else "stop"


def _turns(order: Order, speech: Speech, marks: Marks, index: int) -> Iterator[list[Step]]:
    """The steps of one choice in turns; the role and the first token share a turn, as at OpenAI."""
    role, rest = _opening(speech, marks, index)
    first = next(rest, None)
    yield [role] if first is None else [role, first]
    for step in rest:
        yield [step]
    yield [Step(delta={}, finish=_finish(order, speech))]


def _opening(speech: Speech, marks: Marks, index: int) -> tuple[Step, Iterator[Step]]:
    reasoning = [Step(delta={"reasoning_content": token}, timed=True) for token in speech.reasoning]
    fragments = [
        step for number, call in enumerate(speech.calls) for step in _fragments(call, marks, index, number)
    ]
    if len(speech.calls) == 1 and not reasoning:
        # A lone call opens in the chunk that has the role; parallel calls open after it.
        delta = {"role": "assistant", "content": None, **fragments[0].delta, "refusal": None}
        return Step(delta=delta), iter(fragments[1:])
    if speech.calls:
        return Step(delta={"role": "assistant", "content": None}), iter([*reasoning, *fragments])
    words = [Step(delta={"content": token}, token=token, timed=True) for token in speech.tokens]
    return Step(delta={"role": "assistant", "content": "", "refusal": None}), iter([*reasoning, *words])


def _fragments(call: Call, marks: Marks, index: int, number: int) -> list[Step]:
    head = {"index": number, "id": marks.call(index, number), "type": "function"}
    opening = Step(
        delta={"tool_calls": [{**head, "function": {"name": call.name, "arguments": ""}}]}, timed=True
    )
    return [
        opening,
        *(
            Step(delta={"tool_calls": [{"index": number, "function": {"arguments": token}}]}, timed=True)
            for token in call.tokens
        ),
    ]


def _choice(order: Order, index: int, step: Step) -> Json:
    tokens: tuple[str, ...] | None = None
    if order.logprobs and step.finish is None and step.delta.get("content") is not None:
        tokens = () if step.token is None else (step.token,)
    return {
        "index": index,
        "delta": step.delta,
        **_logprobs_of(order, tokens),
        "finish_reason": step.finish,
    }


def _logprobs_of(order: Order, tokens: tuple[str, ...] | None) -> Json:
    """The `logprobs` key of a choice; reasoning models have none at all."""
    if order.card.reasons:
        return {}
    if tokens is None:
        return {"logprobs": None}
    content = [logprob(token, order.top_logprobs) for token in tokens]
    return {"logprobs": {"content": content, "refusal": None}}


def _chunk(order: Order, marks: Marks, number: int, choices: list[Json], counted: Json | None) -> bytes:
    chunk: Json = {
        "id": marks.completion,
        "object": "chat.completion.chunk",
        "created": marks.created,
        "model": order.card.snapshot,
        "service_tier": "default",
        "system_fingerprint": _fingerprint(order),
        "choices": choices,
    }
    if order.include_usage:
        chunk["usage"] = counted
    if order.obfuscated:
        chunk["obfuscation"] = marks.padding(number)
    return data_block(compact(chunk))


def _fingerprint(order: Order) -> str | None:
    return None if order.card.reasons else FINGERPRINT


def _message(speech: Speech, marks: Marks, index: int) -> Json:
    message: Json = {"role": "assistant", "content": None if speech.calls else speech.text}
    if speech.reasoning:
        message["reasoning_content"] = "".join(speech.reasoning)
    if speech.calls:
        message["tool_calls"] = [
            {
                "id": marks.call(index, number),
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for number, call in enumerate(speech.calls)
        ]
    return {**message, "refusal": None, "annotations": []}
