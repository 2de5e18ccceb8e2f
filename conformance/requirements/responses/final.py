"""Requirements on the final response of a Responses stream."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from conformance.assemble.events import TERMINAL
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Promise
from conformance.requirements.common import owned, resumed, sum_differs
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import (
    IDENTITY,
    ends_with_output,
    fewest_output_tokens,
    final_output,
    final_response,
    final_usage,
    goes_on_with_program,
    has_completed,
    meant,
    value_shown,
    was_cancelled,
    was_withdrawn,
)
from conformance.sources import API_REFERENCE, openapi
from conformance.subject import ResponsesStream
from conformance.text import counted, shown

_FULL = openapi("Response")
# Each total of usage, and the details that are a part of it. Other details are not checked.
_DETAILS = {
    "input_tokens": ("cached_tokens", "cache_write_tokens"),
    "output_tokens": ("reasoning_tokens",),
}


@trigger(absent="no final response")
def has_final_response(stream: ResponsesStream) -> bool:
    return bool(final_response(stream))


@responses_rule(
    level=Level.MUST,
    statement="The final response has the status that the type of its event says.",
    hurts="openai-python returns a cut answer as a whole one, or raises on a whole one, by the event's type.",
    sources=[_FULL],
    when=has_final_response.unless("it was cancelled, for which there is no event", was_cancelled),
    promise=Promise.RESPONSES,
)
def response_status(stream: ResponsesStream) -> Iterator[Violation]:
    """The status must match the terminal event: completed, incomplete or failed.

    If the status is incomplete or failed where the event says otherwise, the event is reported as wrong.
    """
    for snapshot in stream.responses.lifecycle.terminals:
        status, end = snapshot.response.get("status"), meant(snapshot)
        if end != TERMINAL[snapshot.type]:
            yield Violation(
                event=snapshot.event,
                place="type",
                expected=f"response.{end}, since the response has the status {end}",
                observed=snapshot.type,
            )
        elif status != end:
            yield Violation(
                event=snapshot.event, place="response.status", expected=end, observed=value_shown(status)
            )


@responses_rule(
    level=Level.SHOULD,
    statement="A response that is completed or incomplete has usage.",
    hurts="Metering, budgets and rate limits count nothing.",
    sources=[_FULL, openapi("ResponseUsage")],
    when=ends_with_output,
    promise=Promise.RESPONSES_TEXT,
    reports=["decolua/9router#705"],
)
def response_usage(stream: ResponsesStream) -> Iterator[Violation]:
    """The counts must not be zero, and that of the output no lower than any tokenizer's for its text.

    Incomplete responses are exempt, because OpenAI has been recorded with zeros; so are those of a turn that
    goes on with a program.
    """
    final = stream.responses.lifecycle.final
    usage = final_response(stream).get("usage")
    if final is not None and not usage:
        yield Violation(event=final.event, place="response.usage", expected="usage", observed=shown(usage))
    elif final is not None and isinstance(usage, dict) and meant(final) == "completed":
        if goes_on_with_program(stream):
            return
        for name, least in (("input_tokens", 1), ("output_tokens", max(1, fewest_output_tokens(stream)))):
            count = usage.get(name)
            if type(count) is int and 0 <= count < least:
                yield Violation(
                    event=final.event,
                    place=f"response.usage.{name}",
                    expected=f"{least} or more, for the text that came" if least > 1 else "more than 0",
                    observed=str(count),
                )


@trigger(absent="no usage in the stream")
def has_usage_anywhere(stream: ResponsesStream) -> bool:
    return any(snapshot.response.get("usage") for snapshot in stream.responses.lifecycle.seen)


@responses_rule(
    level=Level.MUST,
    statement="Token counts are integers of zero or more, and the three totals are there.",
    hurts="Typed clients raise or lose the usage.",
    sources=[openapi("ResponseUsage")],
    when=has_usage_anywhere,
    promise=Promise.RESPONSES,
    shapes=[
        "response.usage",
        "response.usage.input_tokens",
        "response.usage.output_tokens",
        "response.usage.total_tokens",
    ],
)
def response_usage_integers(stream: ResponsesStream) -> Iterator[Violation]:
    """Reports the schema errors of usage."""
    yield from owned(stream, response_usage_integers.shapes)


@responses_rule(
    level=Level.MUST,
    statement="`total_tokens` is the sum of `input_tokens` and `output_tokens`.",
    hurts="Bills and budgets disagree with each other.",
    sources=[openapi("ResponseUsage")],
    when=final_usage,
    promise=Promise.RESPONSES,
)
def response_usage_arithmetic(stream: ResponsesStream) -> Iterator[Violation]:
    """Reasoning tokens are already included in `output_tokens`."""
    final = stream.responses.lifecycle.final
    if final is not None:
        usage = final_usage(stream)
        yield from sum_differs(final.event, "response.usage", usage, ("input_tokens", "output_tokens"))


@trigger(absent="no final response, or no item in the stream and in it")
def output_due(stream: ResponsesStream) -> bool:
    told = stream.items or final_output(stream)
    return ends_with_output(stream) and not stream.resumed and bool(told)


@responses_rule(
    level=Level.MUST,
    statement="The output of the final response is the items of the stream, in order.",
    hurts="Both official SDKs build their result from it: an empty output is an empty answer.",
    sources=[_FULL, API_REFERENCE],
    when=output_due,
    promise=Promise.RESPONSES_TEXT,
    reports=["QuantumNous/new-api#4362", "BerriAI/litellm#25429", "mcowger/plexus#644"],
    rests_on=["output-index-present", "item-added-first", "output-index-unique", "item-identity"],
)
def response_output_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares type and id, and the call_id and name of calls, in both directions.

    What a content filter cut may be missing from the final response.
    """
    final = stream.responses.lifecycle.final
    if final is None:
        return
    items = [(item.output_index, _identity(item.done.value or item.added.value)) for item in stream.items]
    streamed = [item for _, item in items]
    told = [_identity(entry) for entry in final_output(stream) if isinstance(entry, dict)]
    # An index is the place of an item in the output, whatever the order in which items begin.
    if all(type(index) is int for index, _ in items):
        streamed = [item for _, item in sorted(items, key=itemgetter(0))]
    if was_withdrawn(stream):
        streamed = [item for item in streamed if item in told]
    if streamed != told:
        yield Violation(
            event=final.event,
            place="response.output",
            expected=f"{counted(len(streamed), 'item')}: {_listed(streamed)}" if streamed else "no item",
            observed=f"{counted(len(told), 'item')}: {_listed(told)}" if told else "no item",
        )


def _identity(item: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(item.get(key) for key in IDENTITY)


def _listed(items: list[tuple[Any, ...]]) -> str:
    # An empty string is quoted, or nothing would be seen of it.
    return ", ".join(" ".join(str(part) or '""' for part in item if part is not None) for item in items)


_INCOMPLETE = "response.incomplete"


@trigger(absent="no incomplete response")
def has_incomplete(stream: ResponsesStream) -> bool:
    ends = stream.responses.lifecycle.of(_INCOMPLETE)
    return not was_cancelled(stream) and any(meant(snapshot) == "incomplete" for snapshot in ends)


@responses_rule(
    level=Level.SHOULD,
    statement="An incomplete response says why in `incomplete_details.reason`.",
    hurts="Clients cannot tell a length limit from a content filter.",
    sources=[_FULL],
    when=has_incomplete,
    promise=Promise.RESPONSES_LENGTH,
)
def response_incomplete_details(stream: ResponsesStream) -> Iterator[Violation]:
    """The reason may be `max_output_tokens`, `content_filter` or a newer one: the set is open.

    The API description does not require the key.
    """
    for snapshot in stream.responses.lifecycle.of(_INCOMPLETE):
        details = snapshot.response.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        if not isinstance(reason, str) or not reason:
            yield Violation(
                event=snapshot.event,
                place="response.incomplete_details.reason",
                expected="a reason, such as max_output_tokens or content_filter",
                observed=shown(reason),
            )


@trigger(absent="no failed response")
def has_failed(stream: ResponsesStream) -> bool:
    return bool(stream.responses.lifecycle.of("response.failed"))


@responses_rule(
    level=Level.MUST,
    statement="A failed response says why in `error`, with a code and a message.",
    hurts="Users see a failure without a reason; clients cannot tell what to retry.",
    sources=[_FULL, openapi("ResponseError")],
    when=has_failed,
)
def response_failed_error(stream: ResponsesStream) -> Iterator[Violation]:
    """`code` and `message` must both be strings."""
    for snapshot in stream.responses.lifecycle.of("response.failed"):
        error = snapshot.response.get("error")
        for key in ("code", "message"):
            value = error.get(key) if isinstance(error, dict) else None
            if not isinstance(value, str) or not value:
                yield Violation(
                    event=snapshot.event,
                    place=f"response.error.{key}",
                    expected="a string that is not empty",
                    observed=shown(value),
                )


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "Details of usage are part of it: cached tokens of the input's, reasoning tokens of the output's."
    ),
    hurts="Cost computed from the details comes out negative or too high.",
    sources=[openapi("ResponseUsage")],
    when=final_usage,
    promise=Promise.RESPONSES,
)
def response_usage_details(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares each detail with its total.

    Missing and null details are ignored, and so are those of one vendor only.
    """
    final = stream.responses.lifecycle.final
    for whole, parts in _DETAILS.items():
        total, details = final_usage(stream).get(whole), final_usage(stream).get(f"{whole}_details")
        for part in parts:
            some = details.get(part) if isinstance(details, dict) else None
            if final is not None and type(some) is int and type(total) is int and 0 <= total < some:
                yield Violation(
                    event=final.event,
                    place=f"response.usage.{whole}_details.{part}",
                    expected=f"at most {whole}, {total}",
                    observed=str(some),
                )


@responses_rule(
    level=Level.SHOULD,
    statement="A response that is completed has output.",
    hurts="Users see an empty answer, and nothing says why.",
    sources=[_FULL, API_REFERENCE],
    when=has_completed.unless("a resumed stream", resumed),
    promise=Promise.RESPONSES_TEXT,
    model=True,
    rests_on=["endpoint-streams"],
)
def response_output_nonempty(stream: ResponsesStream) -> Iterator[Violation]:
    """One item in the stream is enough.

    An item missing from the final response is reported by other rules.
    """
    final, output = stream.responses.lifecycle.final, stream.responses.output
    if final is not None and not output.items and not output.orphans and not final_output(stream):
        yield Violation(event=final.event, place="response.output", expected="an item", observed="none")
