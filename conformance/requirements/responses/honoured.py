"""Requirements that a response does what its request asks: tools, format, limits, and what to include."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.item import Item
from conformance.assemble.payload import parse
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.fitting import schema_misfit
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import (
    ANSWER,
    fewest_output_tokens,
    final_item,
    final_output,
    final_usage,
    has_completed,
    item_text,
    streamed_text,
    texts_of,
)
from conformance.requirements.structured import asked_schema, misfit, repeated
from conformance.requirements.tools.offered import Call, Tool, made_calls, offered_tools, tool_choice
from conformance.sources import FUNCTION_CALLING, STRUCTURED_OUTPUTS, openapi
from conformance.subject import ResponsesStream
from conformance.text import clipped, shown

_REQUEST = openapi("CreateResponse")
_INCLUDE = openapi("IncludeEnum")
# What the text of a message rests on, where it is put together of its deltas.
_STREAMED = (
    *("part-added-first", "output-index-present", "item-added-first"),
    *("text-cumulative", "text-done-agrees"),
)


def _refused(stream: ResponsesStream) -> bool:
    return any(text.text for _, text in texts_of(stream, "refusal"))


@trigger(absent="the choice of tools was left to the model, or the response was not completed")
def choice_obliged(stream: ResponsesStream) -> bool:
    # A response without any output is reported by `response-output-nonempty`.
    answered = has_completed(stream) and bool(stream.items or final_output(stream))
    return tool_choice(stream).obliges and answered and not stream.resumed


def _entries(stream: ResponsesStream) -> list[dict[str, Any]]:
    return [entry for entry in final_output(stream) if isinstance(entry, dict)]


@responses_rule(
    level=Level.MUST,
    statement=(
        "`tool_choice` is obeyed: a forced call is made, of the tool that it names; `none` makes none; "
        "`allowed_tools` are the only ones that are called."
    ),
    hurts="Extraction and routing read an answer in prose where a call was certain.",
    sources=[FUNCTION_CALLING, openapi("ToolChoiceParam")],
    when=choice_obliged.unless("it was refused", _refused),
    needs=[Need.REQUEST],
    capability="responses-forced-tools",
    model=True,
)
def response_tool_choice(stream: ResponsesStream) -> Iterator[Violation]:
    """An endpoint without forced calls should refuse them. The call of a hosted tool is a call too."""
    choice = tool_choice(stream)
    hosted = [item for item in stream.items if item.type.endswith(("_call", "_approval_request"))]
    called = [call.name for call in made_calls(stream)]
    if not hosted and any(str(entry.get("type")).endswith("_call") for entry in _entries(stream)):
        return  # a call that was never announced is reported by other rules
    wrong, expected = False, ""
    if choice.mode == "none":
        wrong, expected = bool(hosted), "no call"
    elif choice.named:
        wrong, expected = choice.named not in called, f"a call of {choice.named}"
    elif choice.mode == "required":
        wrong, expected = not hosted, "a call of some tool"
    if not wrong and choice.allowed is not None and not choice.allowed.issuperset(called):
        wrong, expected = True, f"calls of {' or '.join(sorted(choice.allowed))} only"
    if wrong:
        observed = ", ".join(called) or ", ".join(item.type for item in hosted)
        yield Violation(
            event=hosted[0].added.event if hosted else stream.responses.events.last.event,
            place="response.output",
            expected=expected,
            observed=f"a call of {observed}" if observed else "no call",
        )


@trigger(absent="parallel calls were not switched off, or none was made")
def parallel_calls_off(stream: ResponsesStream) -> list[Call]:
    return made_calls(stream) if stream.asked.get("parallel_tool_calls") is False else []


@responses_rule(
    level=Level.MUST,
    statement="A response holds at most one call where `parallel_tool_calls` is false.",
    hurts="Callers that run one tool at a time run the first call and lose the others.",
    sources=[FUNCTION_CALLING, openapi("ParallelToolCalls")],
    when=parallel_calls_off,
    needs=[Need.REQUEST],
    capability="responses-parallel-tools",
    model=True,
    rests_on=["output-index-unique"],
)
def response_parallel_calls(stream: ResponsesStream) -> Iterator[Violation]:
    """Counts the calls of functions and of custom tools; hosted tools run one after the other."""
    made = parallel_calls_off(stream)
    if len(made) > 1:
        yield Violation(
            event=made[1].event,
            place="response.output",
            expected="one call",
            observed=f"calls of {', '.join(call.name or '?' for call in made)}",
        )


@trigger(absent="no strict function was called to the end")
def strict_calls(stream: ResponsesStream) -> list[tuple[Call, Tool]]:
    """The completed calls of functions that the request says are strict.

    OpenAI does not keep to the schema in parallel calls, so several calls count only where these are off.
    """
    strict = {(tool.name, tool.namespace): tool for tool in offered_tools(stream) if tool.strict}
    serial = stream.asked.get("parallel_tool_calls") is False
    return [
        (call, strict[call.name, call.namespace])
        for call in made_calls(stream)
        if call.ended
        and call.arguments is not None
        and call.kind == "function"
        and (call.alone or serial)
        and (call.name, call.namespace) in strict
    ]


@responses_rule(
    level=Level.MUST,
    statement="The arguments of a strict function are JSON that fits its schema.",
    hurts="Code that relies on the schema raises, or runs the tool with something else.",
    sources=[STRUCTURED_OUTPUTS, FUNCTION_CALLING],
    when=strict_calls,
    promise=Promise.RESPONSES_TOOLS,
    needs=[Need.REQUEST],
    capability="responses-tools",
    model=True,
    rests_on=["arguments-done-agrees"],
)
def response_arguments_strict(stream: ResponsesStream) -> Iterator[Violation]:
    """Where the request has `strict: true`. What the token limit cut is reported by `response-call-cut`."""
    for call, tool in strict_calls(stream):
        text = call.arguments or ""
        value, wrong = parse(text)
        if wrong and text.strip() and _used_up(stream):
            continue
        if wrong := wrong or schema_misfit(value, tool.schema):
            yield Violation(
                event=call.last,
                place="item.arguments",
                expected=f"arguments that fit the strict schema of {call.name}",
                observed=f"{clipped(text, 60)!r}: {wrong}",
            )


@trigger(absent="no JSON was asked for, or no text was completed")
def documents_asked(stream: ResponsesStream) -> list[tuple[int, str]]:
    """The texts that must be JSON, each with the event that ends its item.

    Left out are comments between calls, and texts beside a call or a refusal.
    """
    called = any(item.type.endswith("_call") and item.type != "web_search_call" for item in stream.items)
    if _schema(stream) is None or not has_completed(stream) or stream.resumed or called or _refused(stream):
        return []
    return [
        (item.done.event, _text(item))
        for item in stream.items
        if item.type == "message" and item.done.event and item.done.value.get("phase") != "commentary"
    ]


def _text(item: Item) -> str:
    text, any_delta = streamed_text(item, "output_text")
    return text if any_delta else item_text(item.done.value, "output_text")


@responses_rule(
    level=Level.MUST,
    statement="A text that a JSON schema was asked for is JSON that fits the schema.",
    hurts="Code that parses the answer raises.",
    sources=[STRUCTURED_OUTPUTS, openapi("TextResponseFormatJsonSchema")],
    when=documents_asked,
    promise=Promise.RESPONSES_JSON,
    needs=[Need.REQUEST],
    capability="responses-structured-output",
    model=True,
    rests_on=_STREAMED,
)
def response_structured_output(stream: ResponsesStream) -> Iterator[Violation]:
    """An endpoint without structured output should refuse `text.format`; prose is a violation.

    The schema is binding only with `strict: true`; without it, any valid JSON is accepted.
    """
    schema = _schema(stream)
    for event, text in documents_asked(stream):
        if schema is not None and (wrong := misfit(text, schema)):
            yield Violation(
                event=event,
                place="item.content",
                expected="JSON that fits the schema of the request",
                observed=wrong,
            )


@responses_rule(
    level=Level.SHOULD,
    statement="JSON that was asked for comes once.",
    hurts="Code that parses the answer raises, as the same document follows it.",
    sources=[STRUCTURED_OUTPUTS],
    when=documents_asked,
    promise=Promise.RESPONSES_JSON,
    needs=[Need.REQUEST],
    model=True,
    rests_on=_STREAMED,
)
def response_structured_once(stream: ResponsesStream) -> Iterator[Violation]:
    """Real models of OpenAI have written the whole document twice, so the level is SHOULD."""
    for event, text in documents_asked(stream):
        if again := repeated(text):
            yield Violation(
                event=event,
                place="item.content",
                expected="one JSON document",
                observed=f"the same document {len(again)} times: {clipped(text, 80)!r}",
            )


def _schema(stream: ResponsesStream) -> dict[str, Any] | None:
    text = stream.asked.get("text")
    form = text.get("format") if isinstance(text, dict) else None
    return asked_schema(form, form)


def _limit(stream: ResponsesStream) -> int | None:
    limit = stream.asked.get("max_output_tokens")
    return limit if type(limit) is int and limit > 0 else None


def _spent(stream: ResponsesStream) -> int | None:
    spent = final_usage(stream).get("output_tokens")
    return spent if type(spent) is int else None


@trigger(absent="no token limit was asked for, or nothing tells how many tokens came")
def counted_limit(stream: ResponsesStream) -> bool:
    limit, came = _limit(stream), fewest_output_tokens(stream)
    return limit is not None and (_spent(stream) is not None or came > limit)


def _used_up(stream: ResponsesStream) -> bool:
    limit, spent = _limit(stream), _spent(stream)
    return limit is not None and spent is not None and spent >= limit


def _end(stream: ResponsesStream) -> int:
    final = stream.responses.lifecycle.final
    return final.event if final is not None else 0


@responses_rule(
    level=Level.MUST,
    statement="A response has no more tokens than `max_output_tokens` allows.",
    hurts="Cost and length are not what the caller set.",
    sources=[_REQUEST],
    when=counted_limit,
    promise=Promise.RESPONSES_LENGTH,
    needs=[Need.REQUEST],
    capability="responses-max-tokens",
)
def response_max_tokens(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares the limit with the endpoint's own count, in which reasoning counts, and with the text."""
    limit, spent, came = _limit(stream), _spent(stream), fewest_output_tokens(stream)
    if limit is not None and spent is not None and spent > limit:
        yield Violation(
            event=_end(stream),
            place="response.usage.output_tokens",
            expected=f"at most {limit}",
            observed=str(spent),
        )
    elif limit is not None and came > limit:
        told = "" if spent is None else f", of which usage counts {spent}"
        yield Violation(
            event=max(text.deltas.events[-1] for _, text in texts_of(stream, *ANSWER) if text.deltas.events),
            place="delta",
            expected=f"at most {limit} tokens",
            observed=f"a text of {came} tokens or more{told}",
        )


@trigger(absent="no function call in a completed response that used up its token limit")
def calls_at_the_limit(stream: ResponsesStream) -> list[Call]:
    """The function calls of a response that is completed although it used up its token limit."""
    if not (has_completed(stream) and _used_up(stream)):
        return []
    return [call for call in made_calls(stream) if call.kind == "function" and call.arguments is not None]


@responses_rule(
    level=Level.SHOULD,
    statement="A response whose call was cut by `max_output_tokens` is incomplete.",
    hurts="Clients run a tool with half of its arguments.",
    sources=[openapi("Response")],
    when=calls_at_the_limit,
    needs=[Need.REQUEST],
    rests_on=["response-length-status"],
)
def response_call_cut(stream: ResponsesStream) -> Iterator[Violation]:
    """A call counts as cut where its arguments break off and as many tokens are counted as are allowed."""
    for call in calls_at_the_limit(stream)[-1:]:
        if call.arguments is not None and parse(call.arguments)[1]:
            yield Violation(
                event=_end(stream),
                place="response.status",
                expected=f"incomplete, since {_spent(stream)} of {_limit(stream)} tokens were used",
                observed=f"completed, with the arguments {shown(call.arguments, 60)}",
            )


def _included(stream: ResponsesStream, what: str) -> bool:
    include = stream.asked.get("include")
    return isinstance(include, list) and what in include


@trigger(absent="encrypted reasoning was not asked for, or there was no reasoning")
def sealed_reasoning(stream: ResponsesStream) -> list[Item]:
    """The finished reasoning items, where the request includes their encrypted content."""
    if not _included(stream, "reasoning.encrypted_content"):
        return []
    done = [item for item in stream.items if item.type == "reasoning" and item.done.event]
    return [item for item in done if item.done.value.get("status") != "incomplete"]


@responses_rule(
    level=Level.SHOULD,
    statement="A reasoning item has its `encrypted_content` where `include` asks for it.",
    hurts="Clients that store nothing at the endpoint cannot go on: the next turn lacks its reasoning.",
    sources=[_INCLUDE, openapi("ReasoningItem")],
    when=sealed_reasoning,
    capability="responses-encrypted-reasoning",
    needs=[Need.REQUEST],
)
def reasoning_encrypted(stream: ResponsesStream) -> Iterator[Violation]:
    """Looks at the finished item, and at the final response where that has one."""
    for item in sealed_reasoning(stream):
        for place, event, value in (
            ("item", item.done.event, item.done.value),
            ("response.output.*", _end(stream), final_item(stream, item)),
        ):
            if value and not value.get("encrypted_content"):
                yield Violation(
                    event=event,
                    place=f"{place}.encrypted_content",
                    expected="encrypted reasoning, as `include` asks",
                    observed=shown(value["encrypted_content"])
                    if "encrypted_content" in value
                    else "no such key",
                )
                break


@trigger(absent="no custom tool was called with an input")
def custom_inputs(stream: ResponsesStream) -> list[Item]:
    """The finished calls of custom tools that have an input."""
    if stream.resumed:
        return []
    calls = [item for item in stream.items if item.type == "custom_tool_call"]
    return [item for item in calls if item.done.value.get("input")]


@responses_rule(
    level=Level.SHOULD,
    statement="The input of a custom tool is streamed by `custom_tool_call_input` deltas and a done event.",
    hurts="Clients that collect the input as it comes, such as coding agents, run the tool with none.",
    sources=[openapi("ResponseCustomToolCallInputDeltaEvent"), FUNCTION_CALLING],
    when=custom_inputs,
    promise=Promise.RESPONSES_CUSTOM,
    needs=[Need.END],
)
def custom_input_streamed(stream: ResponsesStream) -> Iterator[Violation]:
    """One of the two alone is reported by `arguments-done-present` or `arguments-deltas-present`."""
    for item in custom_inputs(stream):
        texts = [text for text in item.texts.values() if text.slot == "input"]
        if not any(text.deltas.texts or text.done.event or text.start for text in texts):
            yield Violation(
                event=item.done.event,
                place="item.input",
                expected="response.custom_tool_call_input.delta and .done before it",
                observed=f"{shown(item.done.value.get('input'), 60)} in the finished item alone",
            )
