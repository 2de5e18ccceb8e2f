"""Survivors of streams of which no source says that they are wrong, or which look like legal streams."""

from tests.mutation.survivor import Survivor, Why

__all__ = ["GAPS"]

_AUDIO = "rules on roles, ends and usage leave spoken output alone, where OpenAI's own streams differ"
_FUNCTION_CALL = "the form of a call before there were tools: only its place and its arguments are judged"
_SILENT = "an answer without a text is legal: a model may say nothing"
_MORE = "a text more is legal: a model may speak before it calls, or refuse and speak"
_MODERATION = "a late addition, which only its outer shape is known of"
_ERROR = "nothing states what an error inside a stream holds beside its message"
_RESUMED = "what came before a resumed stream is not known, so its texts and items are not compared"
_PHASES = "a phase may be left out, and nothing states their order among other events of the item"
_STOPPED = "a piece of a text that a stop sequence ends: it has no twin, and a model may err"
_SPEECH = "events of speech are not described: they are tied to no item"
_LATE = "what an item holds besides its identity is only looked at when it is done"
_ECHO = "an echo of the request, alike in all events: of its form only the types are looked at"
_ADDED = "what only the final response has of an item, output aside, is an addition"
_ORDER = "nothing states the order of events about different parts, or of a text and its annotations"

_ARGUMENT = (
    "another argument than the prompt's, which fits the tool: a model may err (in a run, the twin tells)"
)
_TWICE = "a text that comes twice, delta by delta: a model may write so where no prompt dictates the text"
_UNASKED = "arguments that fit the tool, or any where it has no schema, and that no prompt dictates"

GAPS = (
    Survivor(times=34, why=Why.GAP, base="made/chat-audio", reason=_AUDIO),
    Survivor(times=15, why=Why.GAP, base="made/chat-function-call", reason=_FUNCTION_CALL),
    Survivor(times=52, why=Why.GAP, base="made/chat-moderation", place="moderation.**", reason=_MODERATION),
    Survivor(times=4, why=Why.GAP, base="made/chat-moderation", operator="event-*", reason=_MODERATION),
    Survivor(
        times=1,
        why=Why.GAP,
        base="made/chat-moderation",
        operator="rename",
        place="moderation",
        reason="a further key may be what a chunk without choices has to say",
    ),
    Survivor(
        times=9,
        why=Why.GAP,
        event="chunk",
        place="choices.*.delta.content",
        operator="retype-string*",
        reason=_MORE,
    ),
    Survivor(
        times=14,
        why=Why.GAP,
        event="chunk",
        place="choices.*.delta.re*",
        operator="*-everywhere",
        reason="thoughts may be kept back, and a model may say nothing",
    ),
    Survivor(
        times=5,
        why=Why.GAP,
        base="made/responses-reasoning-text",
        place="**.content",
        reason="the text of reasoning need not be kept after it was shown",
    ),
    Survivor(
        times=10,
        why=Why.GAP,
        base="made/responses-image",
        event="response.output_item.done",
        place="item.*",
        reason=_ADDED,
    ),
    Survivor(
        times=1,
        why=Why.GAP,
        base="made/responses-mcp",
        event="response.completed",
        place="response.output.*.approval_request_id",
        reason=_ADDED,
    ),
    Survivor(
        times=200,
        why=Why.GAP,
        event="response.created",
        place="response.**",
        operator="*-everywhere",
        reason=_ECHO,
    ),
    Survivor(
        times=2,
        why=Why.GAP,
        base="made/responses-failed*",
        event="response.in_progress",
        operator="event-drop*",
        reason="a response may fail before it is in progress",
    ),
    Survivor(
        times=22,
        why=Why.GAP,
        event="chunk",
        place="choices.*.delta.refusal",
        operator="retype-string*",
        reason=_MORE,
    ),
    Survivor(times=1, why=Why.GAP, base="made/chat-refusal", place="choices.*.delta.content", reason=_MORE),
    Survivor(times=54, why=Why.GAP, event="chunk", place="choices.*.delta.content", reason=_SILENT),
    Survivor(times=1, why=Why.GAP, base="made/chat-error", operator="event-drop", reason=_SILENT),
    Survivor(times=1, why=Why.GAP, base="made/chat-reasoning", operator="event-drop", reason=_SILENT),
    Survivor(times=1, why=Why.GAP, base="real/aimock.chat-length", operator="event-drop", reason=_SILENT),
    Survivor(
        times=11,
        why=Why.GAP,
        place="**.top_logprobs.*",
        operator="swap",
        reason="nothing states the order of the alternatives of a token",
    ),
    Survivor(
        times=50,
        why=Why.GAP,
        place="**.top_logprobs.*.bytes.*",
        reason="the bytes are no whole character any more, and a token may be a part of one",
    ),
    Survivor(
        times=2,
        why=Why.GAP,
        base="reference/chat-text-no-usage",
        event="chunk",
        operator="event-*",
        reason=_STOPPED,
    ),
    Survivor(times=47, why=Why.GAP, event="response.output_item.added", place="item.*", reason=_LATE),
    Survivor(
        times=4,
        why=Why.GAP,
        base="made/responses-apply-patch",
        event="response.output_item.added",
        place="item.operation.*",
        reason=_LATE,
    ),
    Survivor(
        times=2,
        why=Why.GAP,
        base="made/responses-shell",
        event="response.output_item.added",
        place="item.action.*",
        reason=_LATE,
    ),
    Survivor(
        times=6,
        why=Why.GAP,
        base="reference/responses-messages",
        place="logprobs.**.bytes",
        operator="retype-*-everywhere",
        reason="the description gives tokens of text events no `bytes`: an addition may be of any type",
    ),
    Survivor(
        times=4,
        why=Why.GAP,
        base="reference/responses-messages",
        place="part.logprobs",
        operator="*",
        reason="OpenAI itself leaves logprobs out of the closed part and keeps them in the item",
    ),
    Survivor(
        times=1,
        why=Why.GAP,
        base="made/responses-shell",
        event="response.shell_call_command.done",
        operator="event-swap-recounted",
        reason=_ORDER,
    ),
    Survivor(
        times=1,
        why=Why.GAP,
        base="made/responses-shell",
        event="response.shell_call_command.delta",
        operator="event-drop-recounted",
        reason="a command may come whole, in its done event alone",
    ),
    Survivor(times=2, why=Why.GAP, event="chunk", place="error.*", reason=_ERROR),
    Survivor(times=11, why=Why.GAP, event="error", reason=_ERROR),
    Survivor(
        times=3,
        why=Why.BASE,
        base="real/aimock.chat-reasoning",
        reason="the role comes after the reasoning already",
    ),
    Survivor(
        times=5,
        why=Why.BASE,
        base="real/litellm-openai.chat-tool-parallel",
        reason="usage comes on a chunk with choices already",
    ),
    Survivor(times=86, why=Why.GAP, base="made/responses-resumed", reason=_RESUMED),
    Survivor(times=9, why=Why.GAP, event="response.audio.*", reason=_SPEECH),
    Survivor(times=1, why=Why.GAP, base="made/responses-speech", operator="event-*", reason=_SPEECH),
    Survivor(times=16, why=Why.GAP, event="response.*_call.*", operator="event-*", reason=_PHASES),
    Survivor(times=2, why=Why.GAP, event="response.mcp_list_tools.*", operator="event-*", reason=_PHASES),
    Survivor(
        times=1,
        why=Why.GAP,
        event="response.code_interpreter_call_code.*",
        operator="event-*",
        reason=_PHASES,
    ),
    Survivor(times=1, why=Why.GAP, event="response.mcp_call_arguments.*", operator="event-*", reason=_PHASES),
    Survivor(times=2, why=Why.GAP, base="made/responses-web-search", operator="event-*", reason=_ORDER),
    Survivor(times=1, why=Why.GAP, base="made/responses-two-parts", operator="event-*", reason=_ORDER),
    Survivor(
        times=1,
        why=Why.GAP,
        event="response.queued",
        operator="event-*",
        reason="nothing states when a response in the background tells that it waits",
    ),
    Survivor(
        times=10,
        why=Why.GAP,
        event="response.*",
        place="**.encrypted_content",
        reason="opaque, and OpenAI itself encrypts it anew in the final response",
    ),
    Survivor(
        times=30,
        why=Why.GAP,
        event="response.*",
        place="response.moderation",
        operator="retype-object",
        reason=_MODERATION,
    ),
    Survivor(
        times=3,
        why=Why.GAP,
        event="response.*",
        place="response.usage.output_tokens_details.reasoning_tokens",
        reason="some reasoning tokens where there is an item of reasoning",
    ),
    Survivor(
        times=1,
        why=Why.GAP,
        base="made/responses-empty-text",
        event="response.output_text.done",
        operator="event-*",
        reason="an empty text need not be completed",
    ),
    Survivor(
        times=95,
        why=Why.GAP,
        event="chunk",
        base="reference/chat-tool*",
        place="choices.**",
        reason=_ARGUMENT,
    ),
    Survivor(
        times=32,
        why=Why.GAP,
        event="chunk",
        base="reference/chat-tool*",
        operator="event-*",
        reason=_ARGUMENT,
    ),
    Survivor(times=26, why=Why.GAP, operator="text-repeated", reason=_TWICE),
    Survivor(times=17, why=Why.GAP, operator="arguments-*", reason=_UNASKED),
    Survivor(
        times=2, why=Why.GAP, operator="text-entities", reason="the words of a refusal are not looked at"
    ),
    Survivor(
        times=1,
        why=Why.GAP,
        event="response.function_call_arguments.done",
        place="name",
        operator="retype-null",
        reason="older streams have no name there, and null is like none",
    ),
)
