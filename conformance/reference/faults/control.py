"""Faults of marks of chat templates that are left in what the model says."""

from conformance.reference.faults.edit import (
    ANY,
    CONTENT,
    REASONING,
    TEXT_DELTA,
    altered,
    asked,
    chat,
    deltas,
    each,
    every,
    fragments,
    last,
    prose,
    read,
    responses,
    when,
)
from conformance.reference.faults.fault import TEXT_CHANGED, Edit, Fault
from conformance.reference.wire import Ask, Json, Reply

END = "<|im_end|>"
BEGUN = "<|tool_cal"
CALL_END = "<|tool_call_end|>"
QUOTE = rb'"function":\{"arguments":"(?:[^"\\]|\\.)*\\"'


def _chat_text(mark: str) -> Edit:
    """The mark at the end of each text, where no usage is asked for: the others have twins."""

    def more(delta: Json) -> None:
        delta["content"] += mark

    return chat(
        prose(
            when(
                lambda ask, _: "stream_options" not in asked(ask),
                altered(last(CONTENT), each(deltas, more)),
            )
        )
    )


def _more(value: object, text: str, mark: str) -> object:
    """A JSON value with the mark behind the text, wherever it has it."""
    if isinstance(value, dict):
        return {key: _more(inner, text, mark) for key, inner in value.items()}
    if isinstance(value, list):
        return [_more(inner, text, mark) for inner in value]
    return value + mark if isinstance(value, str) and value == text else value


def _response_text(mark: str) -> Edit:
    """The mark at the end of the text of a response, in all events that have it."""

    def edit(ask: Ask, reply: Reply) -> Reply:
        text = "".join(read(reply.frames[at].data)["delta"] for at in every(TEXT_DELTA)(reply.frames))

        def longer(event: Json) -> None:
            event.update({key: _more(value, text, mark) for key, value in event.items()})

        def ended(event: Json) -> None:
            event["delta"] += mark

        reply = altered(every(ANY), longer)(ask, reply) if text else reply
        return altered(last(TEXT_DELTA), ended)(ask, reply)

    return responses(when(lambda ask, _: bool(asked(ask).get("reasoning")), edit))


def _in_reasoning(delta: Json) -> None:
    delta["reasoning_content"] += "</think>"


def _in_arguments(fragment: Json) -> None:
    function = fragment["function"]
    before, _, after = function["arguments"].rpartition('"')
    function["arguments"] = f'{before}{CALL_END}"{after}'


FAULTS = (
    Fault(
        id="end-token-shown",
        breaks=("control-text", "answer-expected"),
        cause=TEXT_CHANGED,
        why="The token that ends the model's turn stands behind each text for which no usage was asked.",
        edit=_chat_text(END),
    ),
    Fault(
        id="end-token-in-a-response",
        breaks=("control-text", "answer-expected"),
        cause=TEXT_CHANGED,
        why="The token that ends the model's turn stands behind the text of a response, in every event.",
        edit=_response_text(END),
    ),
    Fault(
        id="think-tag-in-reasoning",
        breaks=("control-text",),
        why="The tag that ends the thoughts is left in them.",
        edit=chat(altered(last(REASONING), each(deltas, _in_reasoning))),
    ),
    Fault(
        id="mark-begun-and-lost",
        breaks=("control-text-cut", "answer-expected"),
        cause=TEXT_CHANGED,
        why="What might have begun a call was held back, and half of it ends a text (asked without usage).",
        edit=_chat_text(BEGUN),
    ),
    Fault(
        id="call-mark-in-arguments",
        breaks=("tool-markup", "twin-arguments"),
        cause="Without streaming the arguments come without the mark.",
        why="The mark that ends a call is left in its last argument, and the tool is given it as data.",
        edit=chat(altered(last(QUOTE), each(fragments, _in_arguments))),
    ),
)
