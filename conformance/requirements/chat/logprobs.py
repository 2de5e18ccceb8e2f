"""Requirements on where the log probabilities of a chat stream stand: beside the text that they are about."""

import sys
from collections.abc import Iterator

from conformance.assemble.choice import Choice
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Promise
from conformance.requirements.declare import chat_rule
from conformance.sources import openapi
from conformance.subject import ChatStream
from conformance.text import counted


@trigger(absent="no logprobs that make the text")
def agreeing_choices(stream: ChatStream) -> list[Choice]:
    """The choices whose tokens concatenate to the text. Others are reported by `logprobs-agree`."""
    return [
        choice
        for choice in stream.choices
        if choice.content.text and choice.logprobs.reached and (_by_octets(choice) or _by_letters(choice))
    ]


def _by_octets(choice: Choice) -> bool:
    octets = choice.logprobs.octets
    return bool(octets) and bytes(octets or ()) == choice.content.text.encode(errors="replace")


def _by_letters(choice: Choice) -> bool:
    return "".join(choice.logprobs.tokens) == choice.content.text


@chat_rule(
    level=Level.SHOULD,
    statement="Logprobs come with the text that they are about, not in a later chunk.",
    hurts="Clients that score the text as it comes lay each score over the words of the next chunk.",
    sources=[openapi("CreateChatCompletionStreamResponse")],
    when=agreeing_choices,
    promise=Promise.LOGPROBS,
)
def logprobs_late(stream: ChatStream) -> Iterator[Violation]:
    """The text may come later than its logprobs: a server may hold it back for a stop sequence."""
    for choice in agreeing_choices(stream):
        in_octets = _by_octets(choice)
        marks = iter([*choice.logprobs.reached, (sys.maxsize, 0, 0)])
        mark, said, scored, late = next(marks), 0, 0, []
        for event, text in zip(choice.content.events, choice.content.texts, strict=True):
            while mark[0] <= event:
                scored, mark = mark[2 if in_octets else 1], next(marks)
            said += len(text.encode(errors="replace")) if in_octets else len(text)
            if said > scored:
                late.append(event)
        if late:
            yield Violation(
                event=late[0],
                place="choices.*.logprobs.content",
                expected="the tokens of the delta beside it",
                observed=f"they come later, in {counted(len(late), 'chunk')} of choice {choice.index}",
            )
