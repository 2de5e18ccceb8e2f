"""Broken wires: what mutants of good streams have shown to go unseen."""

from tests.proof.chat_streams import AUDIO, LOGPROBS
from tests.proof.responses_edits import (
    CREATED,
    DONE_ITEM,
    DONE_TEXT,
    IN_PROGRESS,
    counted,
    event,
    line,
    within,
)
from tests.proof.responses_streams import FAILED, INCOMPLETE, SUMMARY, TEXT, USAGE, response
from tests.proof.responses_tools import WEB_SEARCH
from tests.proof.wire import Wire, behind, compact, edited, once

SPENT = f'"usage":{compact(USAGE)}'.encode()

CHAT = (
    edited(
        AUDIO,
        "choices-null-in-speech",
        once(b'"choices":[{"index":0,"delta":{"audio":{"data":"AAEC"}}}]', b'"choices":null'),
        breaks="choices-present",
    ),
    edited(
        LOGPROBS,
        "logprobs-beside-no-text",
        once(b'"delta":{"content":"wor"}', b'"delta":{}'),
        breaks="logprobs-agree",
    ),
)

RESPONSES = (
    edited(
        TEXT,
        "in-progress-again",
        counted(behind(IN_PROGRESS, event("response.in_progress", response=response("in_progress")))),
        breaks="response-in-progress",
    ),
    edited(
        TEXT,
        "created-without-status",
        within(CREATED, b'"status":"in_progress",', b""),
        breaks="response-created-fresh",
    ),
    edited(
        TEXT,
        "in-progress-completed",
        within(IN_PROGRESS, b'"status":"in_progress"', b'"status":"completed"'),
        breaks="response-created-fresh",
    ),
    edited(
        TEXT,
        "text-logprobs-absent-at-end",
        within(DONE_TEXT, b',"logprobs":[]', b""),
        breaks="text-logprobs",
    ),
    edited(
        SUMMARY,
        "summary-lost-in-item",
        within(
            line("response.output_item.done"),
            b'"summary":[{"type":"summary_text","text":"I greet."}]',
            b'"summary":[]',
            0,
        ),
        breaks="summary-done-agrees",
    ),
    edited(
        WEB_SEARCH,
        "search-done-in-progress",
        within(DONE_ITEM, b'"status":"completed"', b'"status":"searching"', 0),
        breaks="item-status",
    ),
    edited(
        INCOMPLETE,
        "incomplete-without-usage",
        within(line("response.incomplete"), SPENT, b'"usage":null'),
        breaks="response-usage",
    ),
    edited(
        FAILED,
        "usage-text-before-failure",
        within(CREATED, b'"usage":null', b'"usage":"none"'),
        breaks="response-usage-integers",
    ),
)

WIRES: tuple[Wire, ...] = (*CHAT, *RESPONSES)
