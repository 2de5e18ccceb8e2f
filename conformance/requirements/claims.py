"""The requirement that something comes of what a provider claims."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from conformance.capabilities import CAPABILITIES
from conformance.catalogue import Family, Level, Violation, trigger
from conformance.exchange import Ended, Promise
from conformance.requirements.common import has_calls, has_several_calls, token_limit, tokens_spent
from conformance.requirements.declare import claim_rule
from conformance.requirements.responses.common import final_output
from conformance.sources import FUNCTION_CALLING, openapi
from conformance.subject import Answer, ChatStream, Claim, ResponsesStream
from conformance.text import counted

__all__ = ["SIGNS"]

_ENDS = (Ended.CLOSED, Ended.HELD_OPEN, Ended.UNKNOWN)


def _calls(answer: Answer) -> bool:
    return isinstance(answer, ChatStream) and has_calls(answer)


def _several_calls(answer: Answer) -> bool:
    return isinstance(answer, ChatStream) and has_several_calls(answer)


def _reasoning(answer: Answer) -> bool:
    return isinstance(answer, ChatStream) and (
        answer.chat.thinking
        or any(choice.reasoning.event or choice.reasoning.not_text for choice in answer.choices)
    )


def _items(kind: str) -> Callable[[Answer], bool]:
    def came(answer: Answer) -> bool:
        # An item that was never announced came too; `item-added-first` reports it.
        if not isinstance(answer, ResponsesStream):
            return False
        whole = (item.get("type") for item in final_output(answer) if isinstance(item, dict))
        return kind in (*(item.type for item in answer.items), *whole)

    return came


SIGNS: Mapping[Promise, tuple[str, Callable[[Answer], bool]]] = MappingProxyType(
    {
        Promise.TOOLS: ("a tool call", _calls),
        Promise.PARALLEL: ("an answer with several tool calls", _several_calls),
        Promise.REASONING: ("reasoning beside the text", _reasoning),
        Promise.RESPONSES_TOOLS: ("a function call", _items("function_call")),
        Promise.RESPONSES_CUSTOM: ("a call of a custom tool", _items("custom_tool_call")),
        Promise.RESPONSES_REASONING: ("a reasoning item", _items("reasoning")),
    }
)
"""For each promise of a capability: what shows that the claim is kept, in words and as a test."""


def _proves(answer: Answer) -> bool:
    """Whether an answer without the sign counts against the claim: a stream that came to its own end.

    An answer that the token limit of the request cut, that a content filter stopped or that failed might have
    had the sign later.
    """
    if answer.exchange.ended not in _ENDS:
        return False
    if isinstance(answer, ChatStream):
        stopped = any(choice.finish.reason in ("length", "content_filter") for choice in answer.choices)
        return bool(answer.choices) and not stopped and not _spent(answer) and not answer.chat.errors.seen
    if isinstance(answer, ResponsesStream):
        final = answer.responses.lifecycle.final
        return final is not None and final.type == "response.completed"
    return False


def _spent(stream: ChatStream) -> bool:
    """Whether usage says that the token limit was used up, whatever the finish_reason says."""
    limit, spent = token_limit(stream), tokens_spent(stream)
    return limit is not None and spent is not None and spent >= limit


def _sign(claim: Claim) -> tuple[str, Callable[[Answer], bool]]:
    promise = CAPABILITIES[claim.capability].promise
    assert promise is not None  # noqa: S101  groups are made of capabilities with a promise
    return SIGNS[promise]


@trigger(
    absent="nothing of it is in what is stored, which may be a part of a run: only a live run, or all of its "
    "evidence, can say what that means"
)
def whole_or_shown(claim: Claim) -> bool:
    _, shows = _sign(claim)
    return claim.whole or any(shows(answer) for answer in claim.answers.values())


@trigger(
    absent="no answer that could show it: each was refused, failed or cut; "
    "`limits.output_tokens` in providers.toml raises the token limit"
)
def telling_answers(claim: Claim) -> list[Answer]:
    """The answers that keep the claim, or that speak against it."""
    _, shows = _sign(claim)
    return [answer for answer in claim.answers.values() if shows(answer) or _proves(answer)]


@claim_rule(
    family=Family.WIRE,
    level=Level.MUST,
    statement="Something comes of what the provider claims: tool calls, parallel calls, reasoning.",
    hurts="Users build on a capability that the documentation names and the endpoint does not have.",
    sources=[FUNCTION_CALLING, openapi("CreateChatCompletionRequest")],
    when=telling_answers,
    testable=whole_or_shown,
    model=True,
    rests_on=["endpoint-streams", "finish-reason-without-calls", "tool-kind"],
)
def claim_kept(claim: Claim) -> Iterator[Violation]:
    """One answer that shows the capability is enough.

    Judged for each claim whose absence no other rule reports; `status-ok` reports a claimed request that is
    refused.
    """
    what, shows = _sign(claim)
    told = telling_answers(claim)
    if not any(shows(answer) for answer in told):
        rest = len(claim.answers) - len(told)
        more = (
            f"; {counted(rest, 'further answer')} cut, refused or missing, which proves nothing"
            if rest
            else ""
        )
        names = ", ".join(answer.id for answer in told)
        yield Violation(
            place=told[0].id,
            expected=f"{what}, since `{claim.capability}` is claimed",
            observed=f"none in {names}{more}",
        )
