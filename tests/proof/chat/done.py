"""Wires about the terminator of a chat stream."""

from conformance.exchange import Ended
from tests.proof.streams.chat import (
    COUNTED,
    ROLE,
    STOP,
    TEXT,
    USAGE,
    choice,
    chunk,
    wire,
)
from tests.proof.streams.edits import behind, edited, once, without
from tests.proof.streams.handmade import DONE, Wire, data

BROKEN: tuple[Wire, ...] = (
    edited(TEXT, "done-absent", once(DONE, b""), breaks="done-present"),
    edited(TEXT, "done-never-comes", once(DONE, b""), breaks="done-present", ended=Ended.SILENCE),
    edited(COUNTED, "done-absent-after-usage", once(DONE, b""), breaks="done-present"),
    edited(TEXT, "done-without-blank-line", once(DONE, b"data: [DONE]\n"), breaks="done-terminated"),
    edited(TEXT, "done-without-line-end", once(DONE, b"data: [DONE]"), breaks="done-terminated"),
    edited(TEXT, "done-quoted", once(b"[DONE]", b'"[DONE]"'), breaks="done-exact"),
    edited(TEXT, "done-mixed-case", once(b"[DONE]", b"[Done]"), breaks="done-exact"),
    edited(TEXT, "done-without-brackets", once(b"[DONE]", b"DONE"), breaks="done-exact"),
    edited(TEXT, "done-three-times", once(DONE, DONE * 3), breaks="done-once"),
    edited(TEXT, "done-before-text", behind(b"[DONE]", data({"choices": []})), breaks="done-last"),
    edited(
        TEXT,
        "done-before-text-and-no-usage",
        behind(b"[DONE]", chunk(choice({"content": "."}), usage={})),
        breaks="done-last",
    ),
    edited(
        COUNTED,
        "done-before-text-and-usage",
        behind(b"[DONE]", chunk(choice({"content": "."}), usage=USAGE)),
        breaks="done-last",
    ),
    edited(
        TEXT,
        "done-in-the-middle-too",
        behind(b"wor", DONE),
        breaks=("done-last", "done-once", "finish-reason-present"),
        cause="What comes after the first terminator is not read: the end, and a second terminator.",
    ),
    edited(
        TEXT,
        "done-at-the-begin-too",
        lambda body: DONE + body,
        breaks=("done-last", "done-once", "answer-present"),
        cause="All comes after the first terminator, and is not read.",
    ),
    edited(
        TEXT,
        "done-without-finish-then-wait",
        without(STOP),
        behind(b"[DONE]", b"data: wait\n\n"),
        breaks=("done-last", "finish-reason-present"),
        cause="Two faults: what comes after the terminator is not the end that is missing.",
    ),
    edited(TEXT, "done-then-wait", behind(b"[DONE]", b"data: wait\n\n"), breaks="done-last"),
)

LEGAL: tuple[Wire, ...] = (
    wire("says-done", ROLE, {"content": "[DONE]"}, {"content": "data: [DONE]\n\n"}, {"content": '"[DONE]"'}),
)
