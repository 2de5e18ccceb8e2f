"""Faults by which texts and arguments arrive otherwise than they were written, in good JSON and order."""

import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from conformance.reference.faults.edit import (
    ANY,
    CONTENT,
    FRAGMENT,
    REASONING,
    TEXT_DELTA,
    altered,
    asked,
    chained,
    chat,
    copied,
    deltas,
    every,
    first,
    fragments,
    last,
    of,
    one_choice,
    prose,
    read,
    recast,
    renumbered,
    responses,
    streams,
    when,
)
from conformance.reference.faults.fault import TEXT_CHANGED, Edit, Fault
from conformance.reference.wire import Ask, Json, Reply

Change = Callable[[str], str]

WHOLE = " Without streaming the arguments are right."
FINISHED = rb'"finish_reason":"stop"'
SPOKEN = ("content", "arguments", "input", "delta", "text")
"""The keys whose texts are the model's words."""


def _respelt(change: Change, *keys: str, where: bytes = ANY) -> Edit:
    """Every text under these keys changed, or wherever the model's words stand; tokens of logprobs as well.

    Only in frames in which the pattern `where` is found.

    Deltas are changed one by one, so the change must be the same for a text and for its parts.
    """
    wanted = keys or SPOKEN

    def walk(value: object) -> None:
        if isinstance(value, list):
            for each in value:
                walk(each)
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key in wanted and isinstance(inner, str):
                    value[key] = change(inner)
                elif key != "tools":
                    walk(inner)
            if isinstance(value.get("token"), str) and "content" in wanted:
                value["token"] = change(value["token"])
                value["bytes"] = list(value["token"].encode())

    return streams(altered(every(where), walk))


def _arguments(change: Change) -> Edit:
    """The whole arguments of each call of a chat stream changed, in as many fragments."""

    def edit(_: Ask, reply: Reply) -> Reply:
        frames = list(reply.frames)
        calls: dict[tuple[int, int], list[int]] = {}
        for at in every(FRAGMENT)(reply.frames):
            choice = read(frames[at].data)["choices"][0]
            calls.setdefault((choice["index"], choice["delta"]["tool_calls"][0]["index"]), []).append(at)
        for places in calls.values():
            found = [part for at in places for part in fragments(read(frames[at].data))]
            text = change("".join(part["function"]["arguments"] for part in found))
            size = -(-len(text) // len(places))
            for number, at in enumerate(places):
                piece = text[number * size : (number + 1) * size]
                put = recast(lambda chunk, piece=piece: _put(chunk, piece))  # type: ignore[misc]
                frames[at] = replace(frames[at], data=put(frames[at].data))
        return replace(reply, frames=tuple(frames))

    return chat(edit)


def _put(chunk: Json, piece: str) -> None:
    for part in fragments(chunk):
        part["function"]["arguments"] = piece


def _latin_1(text: str) -> str:
    return text.encode().decode("latin-1")


def _windows_1252(text: str) -> str:
    return "".join(bytes([octet]).decode("cp1252", "ignore") or chr(octet) for octet in text.encode())


def _escaped(text: str) -> str:
    named = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;"}
    return "".join(named.get(letter, letter if letter.isascii() else f"&#{ord(letter)};") for letter in text)


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _without_far(instead: str) -> Change:
    return lambda text: "".join(letter if ord(letter) < 0x10000 else instead for letter in text)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _without_r(text: str) -> str:
    return text.replace("r", "")


def _in_values(change: Change) -> Change:
    """A change of each text in arguments, which stay JSON."""

    def changed(arguments: str) -> str:
        values: Json = json.loads(arguments)
        texts = {key: change(value) for key, value in values.items() if isinstance(value, str)}
        return json.dumps(values | texts, ensure_ascii=False)

    return changed


def _said(reply: Reply, pattern: bytes, key: str) -> str:
    """What the deltas of a reply say under a key."""
    chunks = [read(reply.frames[at].data) for at in every(pattern)(reply.frames)]
    return "".join(delta.get(key) or "" for chunk in chunks for delta in deltas(chunk))


def _all_again(ask: Ask, reply: Reply) -> Reply:
    whole = _said(reply, CONTENT, "content")

    def again(chunk: Json) -> None:
        for delta in deltas(chunk):
            delta["content"] = whole

    return copied(last(CONTENT), last(CONTENT), recast(again))(ask, reply)


def _thoughts_again(ask: Ask, reply: Reply) -> Reply:
    thoughts = _said(reply, REASONING, "reasoning_content")

    def again(chunk: Json) -> None:
        for delta in deltas(chunk):
            delta["content"] = thoughts

    return copied(first(CONTENT), last(REASONING), recast(again))(ask, reply)


def _ends(_: Ask, reply: Reply) -> bool:
    return bool(last(FINISHED)(reply.frames))


def _all_again_in_responses(ask: Ask, reply: Reply) -> Reply:
    whole = "".join(read(reply.frames[at].data)["delta"] for at in every(TEXT_DELTA)(reply.frames))

    def again(event: Json) -> None:
        event["delta"] = whole

    def twice(value: object) -> None:
        if isinstance(value, list):
            for each in value:
                twice(each)
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key == "text" and inner == whole:
                    value[key] = whole + whole
                else:
                    twice(inner)

    edit = chained(
        altered(every(ANY), twice),
        copied(last(TEXT_DELTA), last(TEXT_DELTA), recast(again)),
    )
    return edit(ask, reply)


def _plain(ask: Ask, reply: Reply) -> bool:
    """Whether a response is a text whose tokens nobody sees, and whole."""
    body, completed = asked(ask), last(of("response.completed"))(reply.frames)
    return bool(completed) and not body.get("include") and not body.get("text")


def _damaged(
    id: str,
    why: str,
    edit: Edit,
    breaks: tuple[str, ...] = ("answer-damaged", "answer-expected", "twin-arguments-damaged"),
) -> Fault:
    return Fault(id=id, breaks=breaks, cause=TEXT_CHANGED + WHOLE, why=why, edit=edit)


_REPLACED = ("content-replacement", "text-replacement")
_ALTERED = ("twin-arguments-damaged", "answer-altered", "answer-expected")
_REPEATED = ("text-repeated", "answer-altered", "answer-expected", "twin-text-damaged", "delta-small")

FAULTS = (
    _damaged(
        "text-read-as-latin-1",
        "UTF-8 was read as Latin-1 and encoded again: readers see 'Ã©' for 'é'.",
        _respelt(_latin_1),
    ),
    _damaged(
        "text-read-as-windows-1252",
        "UTF-8 was read as Windows-1252 and encoded again: readers see 'æ¼¢' for '漢'.",
        _respelt(_windows_1252),
    ),
    _damaged(
        "text-as-html",
        "A gateway escapes text for a web page: readers see '&amp;', and tools run on it.",
        _respelt(_escaped),
    ),
    _damaged(
        "text-escaped-as-json",
        "Text was encoded as JSON once more: readers see backslashes and numbers for letters.",
        chat(prose(_respelt(_json, "content"))),
        breaks=("answer-damaged", "answer-expected"),
    ),
    _damaged(
        "emoji-replaced",
        "What is beyond U+FFFF becomes a question mark, as in a database of three bytes for a letter.",
        _respelt(_without_far("?")),
    ),
    _damaged(
        "letters-replaced",
        "A gateway reads text as ASCII: each byte beyond it becomes U+FFFD, and the letters are gone.",
        _respelt(lambda text: text.encode().decode("ascii", "replace")),
        breaks=("answer-damaged", "answer-expected", "twin-arguments-damaged", *_REPLACED),
    ),
    _damaged(
        "emoji-lost",
        "What is beyond U+FFFF is left out.",
        _respelt(_without_far("")),
        breaks=_ALTERED,
    ),
    _damaged(
        "letters-composed",
        "A gateway writes letters in another normal form: file names are not found any more.",
        chat(_respelt(_composed, "content"), _arguments(_composed)),
        breaks=("twin-arguments-damaged", "answer-composed", "answer-expected"),
    ),
    _damaged(
        "letters-decomposed",
        "A gateway takes letters apart: 'é' is two letters, and texts are not equal any more.",
        _respelt(_decomposed),
        breaks=_ALTERED,
    ),
    _damaged(
        "line-breaks-lost",
        "Line breaks become spaces: lists and code run into one line.",
        _respelt(lambda text: text.replace("\n", " "), "content", "delta", "text"),
        breaks=("answer-altered", "answer-expected"),
    ),
    _damaged(
        "arguments-line-breaks-lost",
        "Line breaks in arguments become spaces: code that a tool writes does not run.",
        _arguments(_in_values(lambda text: text.replace("\n", " "))),
        breaks=("twin-arguments-damaged", "answer-altered"),
    ),
    _damaged(
        "arguments-letter-lost",
        "Every 'r' is lost from arguments on the way, and the tool is asked about Pais.",
        chained(
            _arguments(_without_r),
            responses(_respelt(_without_r, "arguments", "delta", where=rb"function_call")),
        ),
        breaks=("answer-altered", "twin-arguments"),
    ),
    _damaged(
        "text-again-at-end",
        "The last delta holds the whole answer once more, and every client shows it twice.",
        chat(one_choice(prose(when(_ends, _all_again)))),
        breaks=_REPEATED,
    ),
    _damaged(
        "response-text-again-at-end",
        "The last delta holds the whole text once more, and the response has it twice.",
        responses(when(_plain, renumbered(_all_again_in_responses))),
        breaks=_REPEATED,
    ),
    _damaged(
        "thoughts-again-as-text",
        "The answer begins with all thoughts in one delta, which are shown twice.",
        chat(_thoughts_again),
        breaks=("text-repeats-thoughts", "answer-expected"),
    ),
)
