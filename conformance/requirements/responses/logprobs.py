"""Requirements on the log probabilities of a Responses stream."""

from collections.abc import Iterator

from conformance.assemble.item import Text
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need
from conformance.requirements.common import each, resumed
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import texts_of
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
        logprobs = text.logprobs
        if logprobs.octets:
            tokens = bytes(logprobs.octets).decode(errors="replace")
        else:
            tokens = "".join(logprobs.tokens)
        if tokens != text.deltas.text and not ("\ufffd" in tokens or "\\x" in tokens):
            yield Violation(
                event=logprobs.event,
                place="logprobs",
                expected=f"tokens that make {shown(text.deltas.text, 80)}",
                observed=f"{counted(len(logprobs.tokens), 'token')} that make {shown(tokens, 80)}",
            )


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
