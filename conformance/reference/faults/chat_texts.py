"""Faults of the text of chat streams and of its log probabilities."""

import json
import math
import re
from dataclasses import replace

from conformance.reference.faults.edit import (
    CONTENT,
    altered,
    chat,
    deltas,
    dropped,
    each,
    every,
    first,
    prose,
    recast,
    sub,
)
from conformance.reference.faults.fault import TEXT_CHANGED, Fault
from conformance.reference.wire import Ask, Json, Reply

ASTRAL = (
    rb'(?s)^(.*?"delta":\{"content":")((?:[^"\\]|\\.)*?)([\xf0-\xf4][\x80-\xbf]{3})((?:[^"\\]|\\.)*)(.*)$'
)
NON_ASCII = rb'"delta":\{"content":"[^"]*[\xc2-\xf4]'
WHOLE = " Without streaming it is."
PROBABLE = rb'"logprobs":\{"content":\[\{'


def _cumulative(_: Ask, reply: Reply) -> Reply:
    said: dict[int, str] = {}

    def so_far(chunk: Json) -> None:
        for choice in chunk["choices"]:
            said[choice["index"]] = said.get(choice["index"], "") + choice["delta"]["content"]
            choice["delta"]["content"] = said[choice["index"]]

    grown = recast(so_far)
    frames = (
        replace(frame, data=grown(frame.data)) if re.search(CONTENT, frame.data) else frame
        for frame in reply.frames
    )
    return replace(reply, frames=tuple(frames))


def _logprobs_shifted(_: Ask, reply: Reply) -> Reply:
    before: list[object] = [None]

    def shifted(chunk: Json) -> None:
        for choice in chunk["choices"]:
            if isinstance(choice.get("logprobs"), dict) or choice.get("finish_reason"):
                before.append(choice.get("logprobs"))
                choice["logprobs"] = before[-2]

    asked_for = any(re.search(PROBABLE, frame.data) for frame in reply.frames)
    change = recast(shifted)
    frames = (replace(frame, data=change(frame.data)) for frame in reply.frames)
    return replace(reply, frames=tuple(frames)) if asked_for else reply


def _halves(match: re.Match[bytes]) -> bytes:
    """The chunk as two, each with half of the surrogate pair of its first character beyond the BMP."""
    before, text, character, more, after = match.groups()
    high, low = (json.dumps(character.decode())[at : at + 6].encode() for at in (1, 7))
    return before + text + high + after + before + low + more + after


def _in_parts(delta: Json) -> None:
    delta["content"] = [{"type": "text", "text": delta["content"]}]


def _misspelt(chunk: Json) -> None:
    entry = chunk["choices"][0]["logprobs"]["content"][0]
    entry["token"] += "x"
    entry["bytes"] = list(entry["token"].encode())


def _probability(chunk: Json) -> None:
    for entry in chunk["choices"][0]["logprobs"]["content"]:
        entry["logprob"] = math.exp(entry["logprob"])


def _bytes_copied(chunk: Json) -> None:
    for entry in chunk["choices"][0]["logprobs"]["content"]:
        for other in entry["top_logprobs"]:
            other["bytes"] = entry["bytes"]


def _alternatives_doubled(chunk: Json) -> None:
    for entry in chunk["choices"][0]["logprobs"]["content"]:
        entry["top_logprobs"] *= 2


def _no_alternatives(chunk: Json) -> None:
    for entry in chunk["choices"][0]["logprobs"]["content"]:
        entry["top_logprobs"] = []


def _improbable(chunk: Json) -> None:
    for choice in chunk["choices"]:
        choice["logprobs"] = None


FAULTS = (
    Fault(
        id="content-list",
        breaks=("content-string", "answer-expected", "twin-text"),
        cause=TEXT_CHANGED + WHOLE,
        why="A delta's content is a list of parts, which clients cannot append to a string.",
        edit=chat(prose(altered(first(CONTENT), each(deltas, _in_parts)))),
    ),
    Fault(
        id="content-so-far",
        breaks=("content-cumulative", "answer-expected", "twin-text", "delta-small"),
        cause=TEXT_CHANGED + WHOLE + " The last deltas are long.",
        why="Each delta repeats the whole text so far, so every client shows it many times over.",
        edit=chat(prose(_cumulative)),
    ),
    Fault(
        id="content-delta-lost",
        breaks=("twin-text", "answer-expected"),
        cause=TEXT_CHANGED + WHOLE,
        why="One piece of the text gets lost on the way, and only in the stream.",
        edit=chat(prose(dropped(lambda frames: every(CONTENT)(frames)[4:5]))),
    ),
    Fault(
        id="content-none",
        breaks=("answer-nonempty", "answer-empty", "twin-text"),
        cause="Nothing reaches the reader. Without streaming the same request has its text.",
        why="The stream ends well and has said nothing, so users see an empty answer.",
        edit=chat(prose(dropped(every(CONTENT)))),
    ),
    Fault(
        id="content-mojibake",
        breaks=("content-replacement", "answer-expected"),
        cause=TEXT_CHANGED,
        why=(
            "A character was cut in two and each half decoded by itself, so the reader sees replacement "
            "characters."
        ),
        edit=chat(
            prose(sub(first(NON_ASCII), rb"[\xc2-\xf4][\x80-\xbf]+", "\ufffd\ufffd".encode(), count=1))
        ),
    ),
    Fault(
        id="content-half-surrogate",
        breaks=("surrogates-paired",),
        why=(
            "The halves of a surrogate pair are in two deltas; neither can be written as UTF-8, so clients "
            "raise."
        ),
        edit=chat(prose(sub(first(ASTRAL), ASTRAL, _halves))),
    ),
    Fault(
        id="logprobs-token-wrong",
        breaks=("logprobs-agree",),
        why="A logprobs entry names a token that is not in the text, so scores are put on the wrong words.",
        edit=chat(altered(first(PROBABLE), _misspelt)),
    ),
    Fault(
        id="logprobs-without-refusal",
        breaks=("logprobs-shape",),
        why="Logprobs lack the key refusal that the schema requires, and typed clients fail to decode them.",
        edit=chat(sub(every(PROBABLE), rb'\],"refusal":null\}', b"]}")),
    ),
    Fault(
        id="logprobs-not-logarithms",
        breaks=("logprobs-nonpositive",),
        why="Logprobs are probabilities, not their logarithms, and perplexity comes out below 1.",
        edit=chat(altered(every(PROBABLE), _probability)),
    ),
    Fault(
        id="logprobs-bytes-copied",
        breaks=("logprobs-bytes",),
        why="Alternatives have the bytes of the token that was chosen, so all of them read the same.",
        edit=chat(altered(every(PROBABLE), _bytes_copied)),
    ),
    Fault(
        id="logprobs-alternatives-doubled",
        breaks=("logprobs-top-honoured",),
        why="Each alternative comes twice, and probabilities that are summed up exceed 1.",
        edit=chat(altered(every(PROBABLE), _alternatives_doubled)),
    ),
    Fault(
        id="logprobs-alternatives-missing",
        breaks=("logprobs-top-honoured",),
        why="Alternatives were asked for, and no token has any.",
        edit=chat(altered(every(PROBABLE), _no_alternatives)),
    ),
    Fault(
        id="logprobs-a-chunk-late",
        breaks=("logprobs-late",),
        why="Each chunk has the logprobs of the one before it, and scores are laid over the wrong words.",
        edit=chat(_logprobs_shifted),
    ),
    Fault(
        id="logprobs-missing",
        breaks=("logprobs-present",),
        why="Logprobs were asked for and are null throughout.",
        edit=chat(altered(every(rb'"logprobs":\{'), _improbable)),
    ),
)
