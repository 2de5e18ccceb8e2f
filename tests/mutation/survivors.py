"""The mutants that are known to survive, by pattern, each with its reason.

A survivor that no row lists fails the run, and so does a row that no survivor fits any more.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from tests.mutation.operators import under
from tests.mutation.run import Kind

__all__ = ["SURVIVORS", "Why", "listed", "stale", "unlisted"]


class Why(StrEnum):
    """Why a mutant survives."""

    INFO = "told at INFO"  # a requirement tells of it, at a level that kills nothing
    GAP = "gap"  # nothing states that it is wrong, or it cannot be told from a legal stream
    BASE = "told before"  # the base breaks the rule already that would tell of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Survivors by patterns of base, operator, event and place.

    For `place` see `tests.mutation.operators.under`.
    With `told`, only those of which this requirement tells, at INFO.
    """

    why: Why
    reason: str
    event: str = "*"
    place: str = "**"
    operator: str = "*"
    base: str = "*"
    told: str = ""

    def fits(self, kind: Kind) -> bool:
        """Whether a survivor is of this row."""
        return (
            fnmatchcase(kind.base, self.base)
            and fnmatchcase(kind.operator, self.operator)
            and fnmatchcase(kind.event, self.event)
            and under(self.place, kind.place)
            and (not self.told or self.told in kind.told)
        )


def listed(survivors: Counter[Kind]) -> dict[Row, Counter[Kind]]:
    """The survivors of each row; each is counted in the first row that it fits."""
    found: dict[Row, Counter[Kind]] = {row: Counter() for row in SURVIVORS}
    for kind, times in survivors.items():
        row = next((row for row in SURVIVORS if row.fits(kind)), None)
        if row is not None:
            found[row][kind] = times
    return found


def unlisted(survivors: Iterable[Kind]) -> list[Kind]:
    """Survivors that no row lists."""
    return [kind for kind in survivors if not any(row.fits(kind) for row in SURVIVORS)]


def stale(survivors: Counter[Kind]) -> list[Row]:
    """Rows that no survivor fits."""
    return [row for row, kinds in listed(survivors).items() if not kinds]


def _info(told: str, reason: str) -> Row:
    return Row(why=Why.INFO, told=told, reason=reason)


_TOLD = (
    _info(
        "answer-expected",
        "a piece of a text lost, doubled or changed: a model may err (in a run, the twin tells of a loss)",
    ),
    _info("usage-null-elsewhere", "`usage: null` left out: no client minds, so it is INFO"),
    _info("tool-arguments-schema", "a call that does not fit the tool: the model's matter, so it is INFO"),
    _info("reasoning-item", "reasoning tokens without an item: OpenAI has been recorded so, so it is INFO"),
    _info("sequence-number-start", "the only event of a stream is numbered 1: a start is INFO"),
)

_AUDIO = "rules on roles, ends and usage leave spoken output alone, where OpenAI's own streams differ"
_FUNCTION_CALL = "the form of a call before there were tools: no requirement reads it"
_SILENT = "an answer without a text is legal: a model may say nothing"
_MORE = "a text more is legal: a model may speak before it calls, or refuse and speak"
_MODERATION = "a late addition, which only its outer shape is known of"
_ERROR = "nothing states what an error inside a stream holds beside its message"
_RESUMED = "what came before a resumed stream is not known, so its texts and items are not compared"
_PHASES = "a phase may be left out, and nothing states their order among other events of the item"
_STOPPED = "a piece of a text that a stop sequence ends: it has no twin, and a model may err"
_SPEECH = "events of speech are not described: they are tied to no item"
_LATE = "what an item holds besides its identity is only looked at when it is done"
_ORDER = "nothing states the order of events about different parts, or of a text and its annotations"

_GAPS = (
    Row(why=Why.GAP, base="made/chat-audio", reason=_AUDIO),
    Row(why=Why.GAP, base="made/chat-function-call", reason=_FUNCTION_CALL),
    Row(why=Why.GAP, base="made/chat-moderation", place="moderation.**", reason=_MODERATION),
    Row(why=Why.GAP, base="made/chat-moderation", operator="event-*", reason=_MODERATION),
    Row(why=Why.GAP, event="chunk", place="choices.*.delta.content", operator="retype-string", reason=_MORE),
    Row(why=Why.GAP, event="chunk", place="choices.*.delta.refusal", operator="retype-string", reason=_MORE),
    Row(why=Why.GAP, base="made/chat-refusal", place="choices.*.delta.content", reason=_MORE),
    Row(why=Why.GAP, event="chunk", place="choices.*.delta.content", reason=_SILENT),
    Row(why=Why.GAP, base="made/chat-error", operator="event-drop", reason=_SILENT),
    Row(why=Why.GAP, base="made/chat-reasoning", operator="event-drop", reason=_SILENT),
    Row(why=Why.GAP, base="real/aimock.chat-length", operator="event-drop", reason=_SILENT),
    Row(
        why=Why.GAP,
        base="made/chat-tool-forced",
        place="**.function.arguments",
        reason="no arguments at all stand for a call without any",
    ),
    Row(
        why=Why.GAP,
        place="**.top_logprobs.*",
        operator="swap",
        reason="nothing states the order of the alternatives of a token",
    ),
    Row(
        why=Why.GAP,
        place="**.top_logprobs.*.bytes.*",
        reason="the bytes are no whole character any more, and a token may be a part of one",
    ),
    Row(
        why=Why.GAP,
        base="reference/chat-text-no-usage",
        event="chunk",
        operator="event-*",
        reason=_STOPPED,
    ),
    Row(why=Why.GAP, event="response.output_item.added", place="item.*", reason=_LATE),
    Row(why=Why.GAP, event="chunk", place="error.*", reason=_ERROR),
    Row(why=Why.GAP, event="error", reason=_ERROR),
    Row(
        why=Why.BASE,
        base="real/aimock.chat-reasoning",
        reason="the role comes after the reasoning already",
    ),
    Row(
        why=Why.BASE,
        base="real/litellm-openai.chat-tool-parallel",
        reason="usage comes on a chunk with choices already",
    ),
    Row(why=Why.GAP, base="made/responses-resumed", reason=_RESUMED),
    Row(why=Why.GAP, event="response.audio.*", reason=_SPEECH),
    Row(why=Why.GAP, base="made/responses-speech", operator="event-*", reason=_SPEECH),
    Row(why=Why.GAP, event="response.*_call.*", operator="event-*", reason=_PHASES),
    Row(why=Why.GAP, event="response.mcp_list_tools.*", operator="event-*", reason=_PHASES),
    Row(why=Why.GAP, event="response.code_interpreter_call_code.*", operator="event-*", reason=_PHASES),
    Row(why=Why.GAP, event="response.mcp_call_arguments.*", operator="event-*", reason=_PHASES),
    Row(why=Why.GAP, base="made/responses-web-search", operator="event-*", reason=_ORDER),
    Row(why=Why.GAP, base="made/responses-two-parts", operator="event-*", reason=_ORDER),
    Row(
        why=Why.GAP,
        event="response.queued",
        operator="event-*",
        reason="nothing states when a response in the background tells that it waits",
    ),
    Row(
        why=Why.GAP,
        event="response.*",
        place="**.encrypted_content",
        reason="opaque, and OpenAI itself encrypts it anew in the final response",
    ),
    Row(
        why=Why.GAP,
        event="response.*",
        place="response.moderation",
        operator="retype-object",
        reason=_MODERATION,
    ),
    Row(
        why=Why.GAP,
        event="response.*",
        place="response.usage.output_tokens_details.reasoning_tokens",
        reason="some reasoning tokens where there is an item of reasoning",
    ),
    Row(
        why=Why.GAP,
        base="made/responses-empty-text",
        event="response.output_text.done",
        operator="event-*",
        reason="an empty text need not be completed",
    ),
)

SURVIVORS: tuple[Row, ...] = (*_TOLD, *_GAPS)
