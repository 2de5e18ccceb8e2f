"""The mutants that are known to survive, as patterns, each with its reason and its count.

The run fails for a survivor that no row lists, and for a row whose count is wrong.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from tests.mutation.operators import under
from tests.mutation.run import Kind

__all__ = ["SURVIVORS", "Survivor", "Why", "listed", "miscounted", "unlisted"]


class Why(StrEnum):
    """Why a mutant survives."""

    INFO = "reported at INFO"  # a requirement reports it, at a level that kills nothing
    GAP = "gap"  # no source says that it is wrong, or it looks like a legal stream
    BASE = "reported before"  # the base already breaks the rule that would report it


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """Survivors by patterns of base, operator, event and place.

    For `place` see `tests.mutation.operators.under`.
    With `told`, only those of which this requirement tells, at INFO. `times` is how many mutants fit; each is
    counted in the first row that it fits.
    """

    times: int
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


def listed(survivors: Counter[Kind]) -> dict[Survivor, Counter[Kind]]:
    """The survivors of each row; each is counted in the first row that it fits."""
    found: dict[Survivor, Counter[Kind]] = {row: Counter() for row in SURVIVORS}
    for kind, times in survivors.items():
        row = next((row for row in SURVIVORS if row.fits(kind)), None)
        if row is not None:
            found[row][kind] = times
    return found


def unlisted(survivors: Iterable[Kind]) -> list[Kind]:
    """Survivors that no row lists."""
    return [kind for kind in survivors if not any(row.fits(kind) for row in SURVIVORS)]


def miscounted(survivors: Counter[Kind]) -> dict[Survivor, int]:
    """Rows that more or fewer survivors fit than they say, with how many do."""
    totals = {row: kinds.total() for row, kinds in listed(survivors).items()}
    return {row: total for row, total in totals.items() if total != row.times}


_PIECE = "a piece of a text lost, doubled or changed: a model may err (in a run, the twin tells of a loss)"
_FITS = "a call that does not fit the tool: the model's matter, so it is INFO"
_NULL_USAGE = "`usage: null` left out: no client minds, so it is INFO"

_TOLD = (
    Survivor(
        times=504,
        why=Why.INFO,
        told="answer-expected",
        event="chunk",
        place="choices.*.delta.content",
        reason=_PIECE,
    ),
    Survivor(
        times=31,
        why=Why.INFO,
        told="answer-expected",
        event="chunk",
        place="choices.*.index",
        operator="renumber-*",
        reason=_PIECE,
    ),
    Survivor(
        times=308,
        why=Why.INFO,
        told="answer-expected",
        event="chunk",
        place="",
        operator="event-*",
        reason=_PIECE,
    ),
    Survivor(
        times=444,
        why=Why.INFO,
        told="usage-null-elsewhere",
        event="chunk",
        place="usage",
        reason=_NULL_USAGE,
    ),
    Survivor(
        times=37,
        why=Why.INFO,
        told="tool-arguments-schema",
        event="chunk",
        place="choices.*.delta.tool_calls**",
        reason=_FITS,
    ),
    Survivor(
        times=10,
        why=Why.INFO,
        told="tool-arguments-schema",
        event="chunk",
        place="",
        operator="event-*",
        reason=_FITS,
    ),
    Survivor(
        times=26,
        why=Why.INFO,
        told="reasoning-item",
        event="response.*",
        place="response.usage.output_tokens_details.reasoning_tokens",
        reason="reasoning tokens without an item: OpenAI has been recorded so, so it is INFO",
    ),
    Survivor(
        times=1,
        why=Why.INFO,
        told="sequence-number-start",
        event="error",
        place="sequence_number",
        operator="renumber-up",
        reason="the only event of a stream is numbered 1: a start is INFO",
    ),
)

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

_GAPS = (
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

SURVIVORS: tuple[Survivor, ...] = (*_TOLD, *_GAPS)
