"""Faults of texts and arguments in Responses streams, and of the response that repeats them at the end."""

import json
import re
from dataclasses import replace

from conformance.reference.faults.edit import (
    ANY,
    ARGUMENTS_DELTA,
    ARGUMENTS_DONE,
    DONE_ITEM,
    TERMINAL,
    TEXT_DELTA,
    altered,
    each,
    every,
    first,
    item,
    last,
    of,
    output,
    renumbered,
    responses,
    sub,
    without,
)
from conformance.reference.faults.fault import TEXT_CHANGED, Fault
from conformance.reference.wire import Ask, Frame, Json, Reply

OTHER_ARGUMENTS = '{"other":true}'
WRONG = " (not what was streamed)"
TEXT_DONE = of("response.output_text.done")
ASTRAL = rb'(?s)^(.*"delta":")((?:[^"\\]|\\.)*?)([\xf0-\xf4][\x80-\xbf]{3})((?:[^"\\]|\\.)*)(.*)$'


def _misquoted(entry: Json) -> None:
    for part in entry.get("content", ()):
        part["text"] += WRONG


def _miscalled(entry: Json) -> None:
    if "arguments" in entry:
        entry["arguments"] = OTHER_ARGUMENTS


def _other_id(entry: Json) -> None:
    entry["id"] += "0"


def _wrong_text(event: Json) -> None:
    event["text"] += WRONG


def _wrong_part(event: Json) -> None:
    event["part"]["text"] += WRONG


def _wrong_total(event: Json) -> None:
    event["response"]["usage"]["total_tokens"] += 1


def _text_tokens(event: Json) -> None:
    usage = event["response"]["usage"]
    usage["output_tokens"] = str(usage["output_tokens"])


def _unclosed(match: re.Match[bytes]) -> bytes:
    return match[1] + b'"'


def _halves(match: re.Match[bytes]) -> bytes:
    """The event as two, each with half of the surrogate pair of its first character beyond the BMP."""
    before, text, character, more, after = match.groups()
    high, low = (json.dumps(character.decode())[at : at + 6].encode() for at in (1, 7))
    return before + text + high + after + before + low + more + after


def _in_halves(ask: Ask, reply: Reply) -> Reply:
    reply = sub(first(ASTRAL), ASTRAL, _halves)(ask, reply)
    frames = []
    for frame in reply.frames:
        one, two, rest = frame.data.partition(b"}\n\nevent: ")
        frames += [replace(frame, data=one + b"}\n\n"), Frame(data=b"event: " + rest)] if two else [frame]
    return replace(reply, frames=tuple(frames))


def _cumulative(ask: Ask, reply: Reply) -> Reply:
    said: dict[str, str] = {}

    def so_far(event: Json) -> None:
        said[event["item_id"]] = event["delta"] = said.get(event["item_id"], "") + event["delta"]

    return altered(every(TEXT_DELTA), so_far)(ask, reply)


FAULTS = (
    Fault(
        id="text-so-far",
        breaks=(
            *("text-cumulative", "text-done-agrees", "text-part-agrees", "text-item-agrees"),
            *("text-final-agrees", "answer-expected", "delta-small", "response-logprobs-agree"),
            *("response-structured-output", "twin-text"),
        ),
        cause=TEXT_CHANGED + " Everything after the deltas is right. The last deltas are long.",
        why="Each delta repeats the whole text so far, so every client shows it many times over.",
        edit=responses(_cumulative),
    ),
    Fault(
        id="text-done-differs",
        breaks=("text-done-agrees",),
        why="response.output_text.done has another text than the deltas, so two clients show two answers.",
        edit=responses(altered(every(TEXT_DONE), _wrong_text)),
    ),
    Fault(
        id="text-part-differs",
        breaks=("text-part-agrees",),
        why="The finished part has another text than the deltas.",
        edit=responses(altered(every(of("response.content_part.done")), _wrong_part)),
    ),
    Fault(
        id="text-item-differs",
        breaks=("text-item-agrees",),
        why="The finished item has another text than the deltas.",
        edit=responses(altered(every(DONE_ITEM), each(item, _misquoted))),
    ),
    Fault(
        id="text-final-differs",
        breaks=("text-final-agrees",),
        why="The final response has another text than the deltas, and it is the one that SDKs return.",
        edit=responses(altered(every(TERMINAL), each(output, _misquoted))),
    ),
    Fault(
        id="arguments-never-done",
        breaks=("arguments-done-present",),
        why="response.function_call_arguments.done is never sent, so clients that wait for it never call.",
        edit=without("response.function_call_arguments.done"),
    ),
    Fault(
        id="arguments-done-differ",
        breaks=("arguments-done-agrees",),
        why="response.function_call_arguments.done has other arguments than the deltas.",
        edit=responses(
            altered(
                every(ARGUMENTS_DONE),
                lambda event: event.update(arguments=OTHER_ARGUMENTS),
            )
        ),
    ),
    Fault(
        id="arguments-item-differ",
        breaks=("arguments-item-agrees",),
        why="The finished call has other arguments than the deltas.",
        edit=responses(altered(every(DONE_ITEM), each(item, _miscalled))),
    ),
    Fault(
        id="arguments-final-differ",
        breaks=("arguments-final-agrees",),
        why="The final response has other arguments than the deltas, and they are the ones that SDKs return.",
        edit=responses(altered(every(TERMINAL), each(output, _miscalled))),
    ),
    Fault(
        id="summary-done-differs",
        breaks=("summary-done-agrees",),
        why="The finished summary of the reasoning has another text than its deltas.",
        edit=responses(altered(every(of("response.reasoning_summary_text.done")), _wrong_text)),
    ),
    Fault(
        id="response-usage-null",
        breaks=("response-usage",),
        why="The final response has no usage, so nothing can be billed or counted.",
        edit=responses(altered(every(TERMINAL), lambda event: event["response"].update(usage=None))),
    ),
    Fault(
        id="response-usage-total-wrong",
        breaks=("response-usage-arithmetic",),
        why="total_tokens is not the sum of its parts, so two ways to bill give two results.",
        edit=responses(altered(every(TERMINAL), _wrong_total)),
    ),
    Fault(
        id="response-output-other-ids",
        breaks=("response-output-agrees",),
        why=(
            "The final response lists items with ids that were never streamed, so no item can be referred to."
        ),
        edit=responses(altered(every(TERMINAL), each(output, _other_id))),
    ),
    Fault(
        id="response-output-empty",
        breaks=("response-output-agrees",),
        why="The final response has an empty output, and SDK helpers return nothing though all was streamed.",
        edit=responses(altered(every(TERMINAL), lambda event: event["response"].update(output=[]))),
    ),
    Fault(
        id="text-not-streamed",
        breaks=("text-deltas-present", "twin-text"),
        cause="Without streaming it is there.",
        why="The text comes in one piece at its end, so a reader sees nothing until it is finished.",
        edit=without("response.output_text.delta"),
    ),
    Fault(
        id="text-logprobs-missing",
        breaks=("text-logprobs",),
        why="Text deltas have no logprobs, which the schema requires; clients generated from it refuse them.",
        edit=responses(sub(every(TEXT_DELTA), rb',"logprobs":\[\]', b"")),
    ),
    Fault(
        id="text-mojibake",
        breaks=("answer-damaged", "text-replacement", "answer-expected", "response-logprobs-agree"),
        cause=TEXT_CHANGED,
        why="Every letter of several bytes was decoded byte by byte; readers see replacement characters.",
        edit=responses(sub(every(ANY), rb"[\xc2-\xf4][\x80-\xbf]+", "\ufffd".encode())),
    ),
    Fault(
        id="text-half-surrogate",
        breaks=("text-surrogates-paired", "response-logprobs-agree"),
        cause="The two halves have the same token beside them, once for each.",
        why="The halves of a surrogate pair are in two deltas; neither can be written as UTF-8.",
        edit=responses(renumbered(_in_halves)),
    ),
    Fault(
        id="arguments-not-streamed",
        breaks=("arguments-deltas-present",),
        why="Arguments come in one piece at their end, so nothing can be shown of a long call until then.",
        edit=without("response.function_call_arguments.delta"),
    ),
    Fault(
        id="arguments-cut-off",
        breaks=("response-arguments-strict",),
        why="The arguments lack their closing brace, so the call cannot be made.",
        edit=responses(
            sub(last(ARGUMENTS_DELTA), rb'("delta":"(?:[^"\\]|\\.)*)\}"', _unclosed),
            sub(every(ANY), rb'("arguments":"(?:[^"\\]|\\.)*)\}"', _unclosed),
        ),
    ),
    Fault(
        id="response-usage-text",
        breaks=("response-usage-integers",),
        why="A token count is a string, which typed clients refuse and others add up as text.",
        edit=responses(altered(every(TERMINAL), _text_tokens)),
    ),
)
