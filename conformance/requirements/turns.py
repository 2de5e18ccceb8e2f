"""Requirements that the results of tool calls are taken: the next turn of a conversation."""

from collections.abc import Iterator
from typing import Any, Final

from conformance.catalogue import Family, Level, Violation, trigger
from conformance.exchange import Promise
from conformance.requirements.declare import chat_answer_rule, responses_answer_rule
from conformance.sources import FUNCTION_CALLING, openapi
from conformance.subject import Answer, ChatStream, Document, ResponsesStream
from conformance.text import clipped, shown

__all__ = ["brings_result", "result_refused"]

_QUOTED: Final = 300  # characters of a refusal
_BUSY: Final = (
    *("rate_limit", "rate limit", "429", "too many requests", "overloaded", "busy"),
    *("insufficient_quota", "insufficient_balance", "insufficient credits"),
)
"""How an error says that the endpoint has too much to do, or the account no credit."""


@trigger(absent="the request sends no answer of the endpoint back with the result of a tool call")
def brings_result(answer: Answer) -> bool:
    """Whether the suite made the request of an answer. Of recordings nobody knows who is to blame."""
    return Promise.NEXT_TURN in answer.exchange.promises


def result_refused(answer: Answer) -> bool:
    """Whether the result of a tool call is refused by its status."""
    return answer.exchange.refused and brings_result(answer)


def _refusal(answer: Answer) -> tuple[int | None, str] | None:
    """The refusal in place of an answer: its event, None if it is the body, and its words."""
    exchange = answer.exchange
    if exchange.refused:
        return None, f"status {exchange.status}: {exchange.body.decode(errors='replace')}"
    if isinstance(answer, Document):
        whole = answer.document
        error = whole.get("error") if isinstance(whole, dict) else None
        return (None, f"status {exchange.status}: {shown(error)}") if error else None
    return _in_band(answer)


def _in_band(answer: Answer) -> tuple[int, str] | None:
    """The error that comes before anything of an answer; not one that would end any request as well."""
    if isinstance(answer, ChatStream):
        errors, begun = (
            answer.chat.errors.seen,
            [choice.event for choice in answer.choices if _speaks(choice)],
        )
        found = [(error.event, error.value) for error in errors]
    elif isinstance(answer, ResponsesStream):
        responses, begun = answer.responses, [item.added.event for item in answer.items]
        found = [(error.event, error.value) for error in responses.errors.seen]
        found += [
            (end.event, end.response.get("error"))
            for end in responses.lifecycle.terminals
            if end.type == "response.failed"
        ]
    else:
        return None
    first = min(found, key=lambda item: item[0], default=None)
    if first is None or any(event < first[0] for event in begun) or _busy(first[1]):
        return None
    return first[0], f"an error in the stream: {shown(first[1])}"


def _speaks(choice: Any) -> bool:
    return bool(choice.content.text or choice.calls.made or choice.reasoning.event)


def _busy(error: Any) -> bool:
    words = shown(error).lower()
    return any(sign in words for sign in _BUSY)


def _refused(answer: Answer) -> Iterator[Violation]:
    refusal = _refusal(answer)
    if refusal is not None:
        event, words = refusal
        quoted = clipped(" ".join(words.split()), _QUOTED)
        yield Violation(event=event, expected="an answer to the result of the tool call", observed=quoted)


@chat_answer_rule(
    family=Family.TOOLS,
    level=Level.MUST,
    statement="The message with a tool call is taken back as it came, with the tool's result, and answered.",
    hurts="Every agent fails at its second step: it has called the tool and cannot say what came of it.",
    sources=[FUNCTION_CALLING, openapi("ChatCompletionRequestToolMessage")],
    when=brings_result,
    promise=Promise.NEXT_TURN,
    capability="tools",
)
def tool_result_accepted(answer: Answer) -> Iterator[Violation]:
    """Judges whether the request is refused, by its status or by an error in place of an answer.

    The message is sent as openai-python and openai-node put it together from the deltas, ids, signatures and
    unknown keys included. Any answer will do, also another call. An endpoint that limits its rate refuses
    nothing.
    """
    yield from _refused(answer)


@responses_answer_rule(
    family=Family.TOOLS,
    level=Level.MUST,
    statement="The items of a response are taken back as they came, with the call's result, and answered.",
    hurts="Every agent fails at its second step: it has called the function and cannot say what came of it.",
    sources=[FUNCTION_CALLING, openapi("FunctionToolCallOutput")],
    when=brings_result,
    promise=Promise.NEXT_TURN,
    capability="responses-tools",
    rests_on=["item-identity", "response-id-constant"],
)
def response_tool_result_accepted(answer: Answer) -> Iterator[Violation]:
    """Like `tool-result-accepted`. Reasoning items with their ids are a part of what is sent back.

    Where the provider claims `previous_response_id`, that names the items.
    """
    yield from _refused(answer)
