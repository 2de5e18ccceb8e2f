"""Broken wires: Responses streams that are well in each event, and contradict themselves in two."""

from dataclasses import replace

from tests.proof.legal_agree import (
    CUT_SECOND,
    FIRST_EVENTS,
    LIMIT,
    TWO_CALLS,
    WEATHER,
    function_call,
)
from tests.proof.responses_edits import (
    ADDED,
    COMPLETED,
    CREATED,
    DELTA,
    DONE_ITEM,
    HELLO,
    IN_PROGRESS,
    PART,
    counted,
    event,
    line,
    lost,
    onwards,
    within,
)
from tests.proof.responses_streams import (
    CALL,
    MESSAGE,
    MESSAGE_EVENTS,
    OPEN_REASONING,
    OPENING,
    QUEUED,
    SUMMARY,
    TEXT,
    completed,
    message_events,
    response,
    text_part,
    wire,
)
from tests.proof.responses_tools import (
    CITATION,
    CUSTOM_TOOL,
    IMAGE_GENERATION,
    WEB_SEARCH,
)
from tests.proof.wire import Wire, behind, compact, edited, every, once

TOOL = (
    b'"tools":[{"type":"function","name":"f","parameters":{"type":"object","required":["a"]},"strict":true}]'
)
QUEUE = line("response.queued")
QUEUED_AGAIN = event("response.queued", response=response("queued", background=True))
CUT_FIRST = b'"msg_0","type":"message","status":"incomplete"'
NO_PART = compact(text_part("")).encode()


def _changed(id: str, old: bytes, new: bytes, head: bytes = COMPLETED) -> Wire:
    """A key of the response that is another one in one event."""
    return edited(TEXT, id, within(head, old, new), breaks="response-constant")


RESPONSE = (
    _changed("created-at-later", b'"created_at":1780000000', b'"created_at":1780000007'),
    _changed("model-other-at-end", b'"model":"gpt-5.2"', b'"model":"gpt-5.2-mini"'),
    _changed("instructions-lost", b'"instructions":null', b'"instructions":"Be brief."', CREATED),
    _changed("metadata-other", b'"metadata":{}', b'"metadata":{"user":"7"}', IN_PROGRESS),
    _changed("temperature-null", b'"temperature":1.0', b'"temperature":null'),
    _changed("parallel-calls-off", b'"parallel_tool_calls":true', b'"parallel_tool_calls":false'),
    _changed("tools-in-one-event", b'"tools":[]', TOOL, CREATED),
    edited(
        TEXT,
        "tools-other-inside",
        every(b'"tools":[]', TOOL),
        within(IN_PROGRESS, b'"required":["a"]', b'"required":["b"]'),
        breaks="response-constant",
    ),
    edited(
        QUEUED,
        "queued-again",
        counted(behind(QUEUE, QUEUED_AGAIN)),
        breaks="response-in-progress",
    ),
    edited(
        QUEUED,
        "queued-late",
        counted(lost(QUEUE, 0), behind(IN_PROGRESS, QUEUED_AGAIN)),
        breaks="response-in-progress",
    ),
    edited(
        QUEUED,
        "queued-in-progress",
        within(QUEUE, b'"status":"queued"', b'"status":"in_progress"'),
        breaks="response-created-fresh",
    ),
    edited(
        TEXT,
        "incomplete-details-at-begin",
        within(CREATED, b'"incomplete_details":null', b'"incomplete_details":{}'),
        breaks="response-reasons-null",
    ),
    edited(
        TEXT,
        "incomplete-details-of-whole",
        within(COMPLETED, b'"incomplete_details":null', b'"incomplete_details":%s' % compact(LIMIT).encode()),
        breaks="response-reasons-null",
    ),
    edited(
        TEXT,
        "error-of-completed",
        within(COMPLETED, b'"error":null', b'"error":{"code":"server_error","message":"None"}'),
        breaks="response-reasons-null",
    ),
    edited(
        TEXT,
        "completed-at-begin",
        within(CREATED, b'"error":null', b'"error":null,"completed_at":1780000009'),
        breaks="response-reasons-null",
    ),
    edited(
        TEXT,
        "model-of-another-name",
        every(b'"model":"gpt-5.2"', b'"model":"llama"'),
        breaks="model-as-asked",
    ),
    edited(
        TEXT,
        "cached-more-than-input",
        once(b'"cached_tokens":0', b'"cached_tokens":10'),
        breaks="response-usage-details",
    ),
    edited(
        SUMMARY,
        "reasoning-more-than-output",
        once(b'"reasoning_tokens":0', b'"reasoning_tokens":6'),
        breaks="response-usage-details",
    ),
    replace(
        wire("completed-empty", *OPENING, completed()),
        breaks=("response-output-nonempty",),
        promises=("responses", "responses-text"),
    ),
)

TWICE_EVENTS, TWICE = message_events(1, "Two.")
STARVED_EVENTS, STARVED = function_call(0, "call_a1", "weather", "")
ITEMS = (
    edited(
        wire("base", *OPENING, *FIRST_EVENTS, *TWICE_EVENTS, completed(FIRST_EVENTS[-1]["item"], TWICE)),
        "item-id-twice",
        every(b'"msg_1"', b'"msg_0"'),
        breaks="item-id-unique",
    ),
    edited(TWO_CALLS, "call-item-id-twice", every(b'"fc_1"', b'"fc_0"'), breaks="item-id-unique"),
    edited(
        TWO_CALLS,
        "call-id-twice-in-response",
        every(b'"call_a2"', b'"call_a1"'),
        breaks="response-call-id-unique",
    ),
    replace(
        wire("call-starved", *OPENING, *STARVED_EVENTS, completed(STARVED), tools=[WEATHER]),
        breaks=("response-call-arguments",),
    ),
    replace(
        wire("item-announced-again", *OPENING, MESSAGE_EVENTS[0], *MESSAGE_EVENTS, completed(MESSAGE)),
        breaks=("item-done", "output-index-order", "response-output-agrees"),
        cause="Of the two that were announced one is left open, and is not in the final response.",
    ),
    edited(
        TWO_CALLS,
        "call-item-id-twice-when-done",
        every(b'"fc_1"', b'"fc_0"'),
        within(ADDED, b'"id":"fc_0",', b"", 0),
        within(ADDED, b'"id":"fc_0",', b"", 1),
        breaks=("item-id-unique", "item-added-fresh"),
        cause="Ids that are told late are not there at first.",
    ),
    edited(
        CALL,
        "arguments-of-another-name",
        within(line("response.function_call_arguments.done"), b'"weather"', b'"climate"'),
        breaks="item-identity",
    ),
    edited(
        CALL,
        "call-added-without-status",
        within(ADDED, b'"status":"in_progress",', b""),
        breaks="item-added-fresh",
    ),
    edited(CALL, "call-added-without-id", within(ADDED, b'"id":"fc_0",', b""), breaks="item-added-fresh"),
    edited(
        TEXT,
        "message-added-with-content",
        within(ADDED, b'"content":[]', b'"content":[%s]' % NO_PART),
        breaks="item-added-fresh",
    ),
    edited(
        CALL,
        "call-added-with-arguments",
        counted(lost(line("response.function_call_arguments.delta"), 0)),
        within(ADDED, b'"arguments":""', b'"arguments":"{\\"ci"'),
        breaks="item-added-fresh",
    ),
    edited(
        CUSTOM_TOOL,
        "custom-tool-added-incomplete",
        within(ADDED, b'"in_progress"', b'"incomplete"'),
        breaks="item-added-fresh",
    ),
    edited(
        SUMMARY,
        "reasoning-added-with-summary",
        within(ADDED, b'"summary":[]', b'"summary":[{"type":"summary_text","text":"I greet."}]', 0),
        breaks="item-added-fresh",
    ),
    edited(
        TEXT,
        "part-added-with-text",
        counted(lost(DELTA, 0)),
        within(PART, b'"text":""', b'"text":"Hel"'),
        breaks="part-added-empty",
    ),
    edited(
        TEXT,
        "part-added-with-annotations-as-text",
        within(PART, b'"annotations":[]', b'"annotations":"none"'),
        breaks="event-schema",
    ),
    edited(
        WEB_SEARCH,
        "part-added-with-annotation",
        within(PART, b'"annotations":[]', b'"annotations":[%s]' % compact(CITATION).encode()),
        breaks="part-added-empty",
    ),
    edited(
        SUMMARY,
        "summary-part-added-with-text",
        counted(lost(line("response.reasoning_summary_text.delta"), 0)),
        within(line("response.reasoning_summary_part.added"), b'"text":""', b'"text":"I gr"'),
        breaks="part-added-empty",
    ),
    edited(
        CUT_SECOND,
        "first-message-cut",
        onwards(DONE_ITEM, b'"msg_0","type":"message","status":"completed"', CUT_FIRST),
        breaks="item-incomplete-last",
    ),
    edited(
        IMAGE_GENERATION,
        "partial-images-from-one",
        every(b'"partial_image_index":1', b'"partial_image_index":2'),
        every(b'"partial_image_index":0', b'"partial_image_index":1'),
        breaks="partial-image-index",
    ),
    edited(
        IMAGE_GENERATION,
        "partial-images-alike",
        every(b'"partial_image_index":1', b'"partial_image_index":0'),
        breaks="partial-image-index",
    ),
)

TEXTS = (
    edited(
        SUMMARY,
        "summary-other-at-end",
        within(COMPLETED, b"I greet.", b"I leave."),
        breaks="summary-done-agrees",
    ),
    edited(
        OPEN_REASONING,
        "thoughts-other-in-item",
        within(DONE_ITEM, b"They greet me.", b"They leave me.", 0),
        breaks="reasoning-text-agrees",
    ),
    edited(
        OPEN_REASONING,
        "thoughts-other-at-end",
        within(COMPLETED, b"They greet me.", b"They leave me."),
        breaks="reasoning-text-agrees",
    ),
    edited(SUMMARY, "summary-mojibake", every(b"I gr", "I \ufffdr".encode()), breaks="text-replacement"),
    edited(OPEN_REASONING, "thoughts-mojibake", every(b"me.", "\ufffd.".encode()), breaks="text-replacement"),
    edited(CALL, "arguments-mojibake", every(b"Oslo", "Osl\ufffd".encode()), breaks="text-replacement"),
    edited(CUSTOM_TOOL, "input-mojibake", every(b"city", "\ufffd".encode()), breaks="text-replacement"),
    edited(
        CALL,
        "arguments-mojibake-when-done",
        counted(*(lost(line("response.function_call_arguments.delta"), 0),) * 3),
        every(b"Oslo", "Osl\ufffd".encode()),
        breaks=("arguments-deltas-present", "text-replacement"),
        cause="Where nothing was streamed, the done event is the first to tell the text.",
    ),
    edited(
        TEXT,
        "part-added-with-mojibake",
        counted(lost(DELTA, 0)),
        within(PART, b'"text":""', '"text":"\ufffdHel"'.encode()),
        every(HELLO, "\ufffdHello, world!".encode()),
        breaks=("part-added-empty", "text-replacement"),
        cause="A text that begins in its announcement is none that comes after it.",
    ),
    edited(
        SUMMARY,
        "summary-index-nowhere",
        every(b'"summary_index":0,', b""),
        breaks="content-index-present",
    ),
)

WIRES: tuple[Wire, ...] = (*RESPONSE, *ITEMS, *TEXTS)
