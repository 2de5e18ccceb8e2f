"""Requirements on the log probabilities of a Responses stream."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.item import Text
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need
from conformance.requirements.common import each, resumed
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import texts_of, value_shown
from conformance.sources import API_REFERENCE, openapi
from conformance.subject import ResponsesStream
from conformance.text import counted, shown

_LOGPROB = openapi("ResponseLogProb")
_INCLUDED = "message.output_text.logprobs"


@trigger(absent="logprobs were not asked for, or there is no text")
def asked_for(stream: ResponsesStream) -> list[Text]:
    """The texts whose logprobs the request includes."""
    include = stream.asked.get("include")
    if not isinstance(include, list) or _INCLUDED not in include:
        return []
    return [text for _, text in texts_of(stream, "output_text") if text.deltas.text]


@responses_rule(
    level=Level.MUST,
    statement=f"Text has logprobs where the request includes `{_INCLUDED}`.",
    hurts="Classifiers and evaluations that rank answers by their probability have nothing to rank by.",
    sources=[API_REFERENCE, _LOGPROB],
    when=asked_for.unless("a resumed stream", resumed),
    needs=[Need.REQUEST],
    capability="responses-logprobs",
)
def response_logprobs_present(stream: ResponsesStream) -> Iterator[Violation]:
    """An endpoint without logprobs should refuse the request; ignoring it silently is a violation."""
    for text in asked_for(stream):
        if not text.logprobs.event:
            yield Violation(
                event=text.deltas.events[0],
                place="logprobs",
                expected="the tokens of the delta",
                observed=f"none in any of {counted(len(text.deltas.events), 'delta')}",
            )


@trigger(absent="no logprobs in the stream")
def with_logprobs(stream: ResponsesStream) -> list[Text]:
    """The output texts with logprobs in any delta."""
    return [text for _, text in texts_of(stream, "output_text") if text.logprobs.event]


@responses_rule(
    level=Level.SHOULD,
    statement="The tokens of the logprobs of deltas concatenate to the text.",
    hurts="Probabilities are shown for other words than those of the answer.",
    sources=[_LOGPROB, API_REFERENCE],
    when=with_logprobs.unless("a resumed stream", resumed),
    rests_on=[
        "part-added-first",
        "output-index-present",
        "item-added-first",
        "text-cumulative",
        "text-surrogates-paired",
        "text-replacement",
    ],
)
def response_logprobs_agree(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares bytes where every token has them. Parts of characters have no text to compare."""
    for text in with_logprobs(stream):
        if not _agree(text):
            observed = f"{counted(len(text.logprobs.tokens), 'token')} that make {shown(_spelt(text), 80)}"
            yield Violation(
                event=text.logprobs.event,
                place="logprobs",
                expected=f"tokens that make {shown(text.deltas.text, 80)}",
                observed=observed,
            )


def _agree(text: Text) -> bool:
    tokens = _spelt(text)
    return tokens == text.deltas.text or "\ufffd" in tokens or "\\x" in tokens


def _spelt(text: Text) -> str:
    """What the tokens of the deltas make, from their bytes where every token has them."""
    octets = text.logprobs.octets
    return bytes(octets).decode(errors="replace") if octets else "".join(text.logprobs.tokens)


@trigger(absent="no logprobs in deltas that a done event repeats")
def with_repeated_logprobs(stream: ResponsesStream) -> list[Text]:
    """The output texts whose done event has logprobs too, and whose deltas have those of their text."""
    return [text for text in with_logprobs(stream) if text.done_scored.value and _agree(text)]


@responses_rule(
    level=Level.SHOULD,
    statement="The logprobs of `response.output_text.done`, unless empty, are those of its deltas.",
    hurts="Programs that read the end of a text rank it by other probabilities than those that follow it.",
    sources=[openapi("ResponseTextDoneEvent"), _LOGPROB],
    when=with_repeated_logprobs.unless("a resumed stream", resumed),
)
def response_logprobs_done(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares the keys that both have: bytes and alternatives are optional in either event."""
    for text in with_repeated_logprobs(stream):
        whole = text.done_scored.value
        if not isinstance(whole, list):
            continue  # reported by the schema rule
        if len(whole) != len(text.scored):
            yield Violation(
                event=text.done_scored.event,
                place="logprobs",
                expected=f"the {counted(len(text.scored), 'token')} of the deltas",
                observed=counted(len(whole), "token"),
            )
            continue
        for number, (one, two) in enumerate(zip(text.scored, whole, strict=True)):
            if not _alike(one, two):
                yield Violation(
                    event=text.done_scored.event,
                    place=f"logprobs.{number}",
                    expected=f"{value_shown(one)}, as in the deltas",
                    observed=value_shown(two),
                )


def _alike(one: Any, two: Any) -> bool:
    """Whether two values are the same, but for keys that either leaves out."""
    if isinstance(one, dict) and isinstance(two, dict):
        both = (key for key in one.keys() & two.keys() if None not in (one[key], two[key]))
        return all(_alike(one[key], two[key]) for key in both)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_alike, one, two))
    return bool(one == two) and isinstance(one, bool) is isinstance(two, bool)


@responses_rule(
    level=Level.MUST,
    statement="Log probabilities are 0 or less.",
    hurts="Perplexity, confidence and evaluations come out wrong, without an error.",
    sources=[_LOGPROB],
    when=with_logprobs,
)
def response_logprobs_nonpositive(stream: ResponsesStream) -> Iterator[Violation]:
    """Applies to the tokens and to their alternatives.

    A little above 0 is rounding in half precision.
    """
    for text in with_logprobs(stream):
        yield from each(text.logprobs.positive, "0 or less", "logprobs.*.logprob")
