"""Requirements on the finish_reason of an answer that a limit or a stop sequence ended in its middle."""

from collections.abc import Iterator

from conformance.assemble.choice import Choice
from conformance.assemble.payload import parse
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need
from conformance.requirements.common import choices_in_range, token_limit, tokens_spent
from conformance.requirements.declare import chat_rule
from conformance.sources import FUNCTION_CALLING, openapi
from conformance.subject import ChatStream
from conformance.text import shown

_CHUNK = openapi("CreateChatCompletionStreamResponse")


@trigger(absent="no call in an answer that used up its token limit")
def calls_at_the_limit(stream: ChatStream) -> list[Choice]:
    """The choices that end with a call, where the endpoint counts as many tokens as the request allows."""
    limit, spent = token_limit(stream), tokens_spent(stream)
    if limit is None or spent is None or spent < limit * stream.choices_asked:
        return []
    return [choice for choice in choices_in_range(stream) if choice.calls.made and choice.finish.reason]


@chat_rule(
    level=Level.SHOULD,
    statement="An answer whose call was cut by the token limit ends with finish_reason `length`.",
    hurts="Clients run a tool with half of its arguments, or raise on them.",
    sources=[_CHUNK, FUNCTION_CALLING],
    when=calls_at_the_limit,
    needs=[Need.REQUEST],
    reports=["vllm-project/vllm#53269"],
    rests_on=["finish-reason-length"],
)
def finish_reason_cut_call(stream: ChatStream) -> Iterator[Violation]:
    """A call counts as cut where its arguments break off and as many tokens are counted as are allowed."""
    for choice in cut_calls(stream):
        arguments = choice.calls.made[-1].arguments
        yield Violation(
            event=choice.finish.event,
            place="choices.*.finish_reason",
            expected=f'"length", since {tokens_spent(stream)} of {token_limit(stream)} tokens were used',
            observed=f"{shown(choice.finish.reason)}, with the arguments {shown(arguments, 60)}",
        )


def cut_calls(stream: ChatStream) -> list[Choice]:
    """The choices whose last call the token limit cut, and whose finish_reason says that all is well."""
    return [
        choice
        for choice in calls_at_the_limit(stream)
        if choice.finish.reason in ("tool_calls", "stop") and parse(choice.calls.made[-1].arguments)[1]
    ]


@trigger(absent="no stop sequence was asked for, or the answer does not end before its token limit")
def stopped_choices(stream: ChatStream) -> list[tuple[Choice, str]]:
    """The choices that a stop sequence ended, each with how that is known."""
    if not stream.asked.get("stop"):
        return []
    limit, spent, due = token_limit(stream), tokens_spent(stream), stream.exchange.expected_text
    found = []
    for choice in choices_in_range(stream):
        text = choice.content.text
        if due and text.rstrip() == due:
            found.append((choice, "since the text ends where the stop sequence comes"))
        elif limit is not None and spent is not None and spent < limit and stream.choices_asked == 1 and text:
            found.append((choice, f"since {spent} of {limit} tokens were used"))
    return found


@chat_rule(
    level=Level.SHOULD,
    statement="An answer that ends before a stop sequence has finish_reason `stop`, not `length`.",
    hurts="Clients take a whole answer for a cut one, and ask for the rest of it.",
    sources=[_CHUNK, openapi("StopConfiguration")],
    when=stopped_choices,
    needs=[Need.REQUEST],
)
def finish_reason_stop(stream: ChatStream) -> Iterator[Violation]:
    """Judged only where the endpoint's own token count, or the text that is due, excludes the token limit."""
    for choice, why in stopped_choices(stream):
        if choice.finish.reason == "length":
            yield Violation(
                event=choice.finish.event,
                place="choices.*.finish_reason",
                expected=f'"stop", {why}',
                observed='"length"',
            )
