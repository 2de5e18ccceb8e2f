"""Requirements on how a stream compares with the same answer unstreamed, in either API.

The *twin* of a stream is the answer to the same request without `stream: true`. A twin is *exact* where it
says what the prompt dictates: then the model can, and what the stream says otherwise happened on the way.
Where the stream is exact and the twin is not, it happened to the twin.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from conformance.catalogue import Family, Level, Violation, trigger
from conformance.requirements.damage import Damage, argument_damages, arguments_agree, damages
from conformance.requirements.declare import twins_rule
from conformance.requirements.pairs import Pair, both_told, held_at, side_by_side
from conformance.requirements.told import AnswerContent, usage_of
from conformance.sources import API_REFERENCE, FUNCTION_CALLING, openapi
from conformance.subject import Answer, Twins
from conformance.text import shown

_SLACK = 8
"""Tokens by which the counts of the same text may differ beyond their double: marks of begin and end."""
_WORD = re.compile(r"\w++(?:-\w++)*+")


# The end


@trigger(absent="the answer of the stream and that of its twin are not the same")
def same_answers(twins: Twins) -> tuple[AnswerContent, AnswerContent] | None:
    """What both say, if their texts agree but for white space, and their calls by name; else None."""
    both = both_told(twins)
    if both is None:
        return None
    streamed, whole = both
    alike = streamed.text.split() == whole.text.split() and _names(streamed) == _names(whole)
    return both if alike else None


def _names(said: AnswerContent) -> list[str]:
    return sorted(call.name for call in said.calls)


@twins_rule(
    family=Family.CHAT,
    level=Level.SHOULD,
    statement="The same answer ends with the same finish_reason or status, streamed or not.",
    hurts="Code that works without streaming takes another branch with it.",
    sources=[API_REFERENCE],
    when=same_answers,
    model=True,
    rests_on=["finish-reason-value", "finish-reason-tools", "tool-markup", "control-text", "response-status"],
)
def twin_finish_reason(twins: Twins) -> Iterator[Violation]:
    """Judged only where the texts agree and as many tools are called: other answers may end otherwise."""
    both = same_answers(twins)
    if both is not None:
        streamed, whole = both[0].end, both[1].end
        if streamed is not None and streamed != whole:
            yield Violation(
                place=held_at(twins, "end"),
                expected=f"{shown(whole)}, as without streaming",
                observed=shown(streamed),
            )


# The text


@trigger(absent="an answer did not end by itself, or neither is what the prompt asks for")
def words_due(twins: Twins) -> Pair | None:
    """The two answers, if one of them has the code words that the prompt asks for, and the other ended.

    None if both differ from the prompt, so that a model's mistake is not blamed on the endpoint.
    """
    due, code = twins.stream.exchange.expected_text.split(), twins.stream.exchange.nonce
    if not due or not code:
        return None
    pair = side_by_side(twins, lambda said: _coded(said.text, code) == due)
    return pair if pair is not None and pair.other.ended else None


def _coded(text: str, code: str) -> list[str]:
    # A hyphen is a part of a word, so words that lost the space between them count as one.
    return [found[0] for found in _WORD.finditer(text) if code in found[0]]


@trigger(absent="neither answer is the text that the prompt dictates")
def exact_text(twins: Twins) -> Pair | None:
    """The two answers, if one of them is the text that the prompt dictates."""
    due = twins.stream.exchange.expected_text.strip()
    return side_by_side(twins, lambda said: said.text.strip() == due) if due else None


def _text_damages(twins: Twins) -> tuple[Damage, ...]:
    """What was done to the text of one answer; nothing if the other is not exact."""
    pair = exact_text(twins)
    return damages(twins.stream.exchange.expected_text.strip(), pair.other.text) if pair is not None else ()


@twins_rule(
    family=Family.CHAT,
    level=Level.SHOULD,
    statement="What the same request gets whole in one form, streamed or not, is whole in the other.",
    hurts="Pieces of the text are lost, doubled or moved on the way, and only in one of the two forms.",
    sources=[API_REFERENCE],
    when=words_due,
    reports=["vllm-project/vllm#30866"],
    model=True,
    rests_on=[
        *("content-string", "content-cumulative", "answer-nonempty", "text-cumulative"),
        *("endpoint-streams", "output-index-present", "item-added-first", "part-added-first"),
        *("part-type", "text-deltas-present"),
    ],
)
def twin_text(twins: Twins) -> Iterator[Violation]:
    """Text between the code words is ignored.

    A model may answer differently each time, so the level is SHOULD. What was damaged in a way that has a
    name is left to `twin-text-damaged`.
    """
    pair, code = words_due(twins), twins.stream.exchange.nonce
    if pair is None or _text_damages(twins):
        return
    wanted, found = _coded(pair.right.text, code), _coded(pair.other.text, code)
    if wanted != found:
        pairs = enumerate(zip(found, wanted, strict=False))
        at = next((at for at, (one, other) in pairs if one != other), min(len(found), len(wanted)))
        yield Violation(
            place=f"{held_at(twins, 'text', streamed=pair.streamed)}, word {at + 1}",
            expected=f"{shown(' '.join(wanted[max(0, at - 1) : at + 2]))}, {pair.words}",
            observed=shown(" ".join(found[max(0, at - 1) : at + 2])),
        )


@twins_rule(
    family=Family.CHAT,
    level=Level.MUST,
    statement="A text that is right in one form is not encoded, escaped or repeated in the other.",
    hurts="Readers see 'Ã©', '&amp;', '?' or everything twice, where they stream or where they do not.",
    sources=[API_REFERENCE],
    when=exact_text,
    rests_on=["answer-damaged", "text-repeated", "text-repeats-thoughts"],
)
def twin_text_damaged(twins: Twins) -> Iterator[Violation]:
    """The two answers, streamed and not, disagree in a way in which models do not differ: it has a name."""
    pair, ways = exact_text(twins), _text_damages(twins)
    if pair is not None and ways:
        yield Violation(
            place=held_at(twins, "text", streamed=pair.streamed),
            expected=f"{shown(pair.right.text.strip(), 80)}, {pair.words}",
            observed=f"{shown(pair.other.text, 80)}, which {ways[0].name}",
        )


# The calls


@trigger(absent="neither answer calls a tool")
def called_tools(twins: Twins) -> Pair | None:
    """The stream beside its twin if that calls tools, or else the twin beside a stream that does."""
    return side_by_side(twins, lambda said: bool(said.calls))


@twins_rule(
    family=Family.TOOLS,
    level=Level.SHOULD,
    statement="The same request calls as many tools, by the same names, streamed or not.",
    hurts="A call that is there in one form is lost in the other.",
    sources=[API_REFERENCE, openapi("ChatCompletionMessageToolCall")],
    when=called_tools,
    reports=["lmstudio-ai/lmstudio-bug-tracker#723"],
    model=True,
    rests_on=[
        *("endpoint-streams", "item-added-first", "finish-reason-without-calls", "tool-markup"),
        *("tool-name-form", "tool-name-offered", "claim-kept"),
    ],
)
def twin_tool_calls(twins: Twins) -> Iterator[Violation]:
    """A model may answer differently each time, so the level is SHOULD."""
    pair = called_tools(twins)
    if pair is not None and _names(pair.right) != _names(pair.other):
        yield Violation(
            place=held_at(twins, "calls", streamed=pair.streamed),
            expected=f"{', '.join(call.name for call in pair.right.calls)}, {pair.words}",
            observed=", ".join(call.name for call in pair.other.calls) or "no call",
        )


@trigger(absent="neither answer is the calls that the prompt dictates, or others are made in the other")
def exact_calls(twins: Twins) -> Pair | None:
    """The two answers, if one makes the calls that are dictated, and the other calls the same tools."""
    due = twins.stream.exchange.expected_arguments

    def exact(said: AnswerContent) -> bool:
        return bool(said.calls) and all(
            any(arguments_agree(one, call.arguments) for one in due) for call in said.calls
        )

    pair = side_by_side(twins, exact)
    return pair if pair is not None and _names(pair.right) == _names(pair.other) else None


def _arguments(twins: Twins) -> list[tuple[str, str]]:
    """The arguments of each call that are right, and those in the other answer."""
    pair = exact_calls(twins)
    if pair is None:
        return []
    calls = zip(pair.right.calls, pair.other.calls, strict=True)
    return [(one.arguments, other.arguments) for one, other in calls]


@twins_rule(
    family=Family.TOOLS,
    level=Level.MUST,
    statement="Arguments that are right in one form are not encoded, escaped or altered in the other.",
    hurts="The tool writes 'Ã©' or '&amp;' into files and databases, where the client streams or not.",
    sources=[FUNCTION_CALLING],
    when=exact_calls,
    reports=["openclaw/openclaw#35207"],
    rests_on=["answer-damaged"],
)
def twin_arguments_damaged(twins: Twins) -> Iterator[Violation]:
    """The two answers, streamed and not, disagree in a way in which models do not differ: it has a name."""
    pair = exact_calls(twins)
    for number, (right, found) in enumerate(_arguments(twins)):
        ways = () if arguments_agree(right, found) else argument_damages(right, found)
        if pair is not None and ways:
            yield Violation(
                place=f"{held_at(twins, 'calls', streamed=pair.streamed)}.{number}",
                expected=f"{shown(right, 100)}, {pair.words}",
                observed=f"{shown(found, 100)}, which {ways[0].name}",
            )


@twins_rule(
    family=Family.TOOLS,
    level=Level.SHOULD,
    statement="The same request calls tools with the same arguments, in the same order, streamed or not.",
    hurts="The tool is run on other data, or on less, in one of the two forms.",
    sources=[FUNCTION_CALLING],
    when=exact_calls,
    model=True,
    rests_on=[
        *("tool-function-present", "tool-arguments-strict", "response-arguments-strict"),
        *("answer-altered", "tool-markup"),
    ],
)
def twin_arguments(twins: Twins) -> Iterator[Violation]:
    """Judged where one answer calls them with what the prompt dictates.

    A model may answer differently each time, so the level is SHOULD. Arguments of a stream that are no JSON
    object, or an empty one, are reported by other rules.
    """
    pair, pairs = exact_calls(twins), _arguments(twins)
    for number, (right, found) in enumerate(pairs):
        if pair is None or arguments_agree(right, found) or argument_damages(right, found):
            continue
        if pair.streamed and _is_object(right) and not _is_object(found):
            continue
        moved = any(arguments_agree(other, found) for other, _ in pairs)
        another = f", which another call has {pair.words.removeprefix('as ')}" if moved else ""
        yield Violation(
            place=f"{held_at(twins, 'calls', streamed=pair.streamed)}.{number}",
            expected=f"{shown(right, 100)}, {pair.words}",
            observed=f"{shown(found, 100)}{another}",
        )


def _is_object(text: str) -> bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and bool(value)


# The usage


@trigger(absent="no usage in the stream or in its twin")
def prompt_tokens(twins: Twins) -> tuple[int, int] | None:
    """The tokens of the prompt, of the stream and of its twin; None if either has none."""
    streamed, whole = _prompt_count(twins.stream), _prompt_count(twins.plain)
    return None if streamed is None or whole is None else (streamed, whole)


def _prompt_count(answer: Answer) -> int | None:
    usage = usage_of(answer)
    count = usage.get("prompt_tokens", usage.get("input_tokens"))
    return count if type(count) is int else None


@twins_rule(
    family=Family.USAGE,
    level=Level.SHOULD,
    statement="The same request counts the same prompt tokens, streamed or not.",
    hurts="Cost depends on whether one streams.",
    sources=[openapi("CompletionUsage"), openapi("ResponseUsage")],
    when=prompt_tokens,
    reports=["vllm-project/vllm#8625"],
)
def twin_prompt_tokens(twins: Twins) -> Iterator[Violation]:
    """The two prompts are identical."""
    counts = prompt_tokens(twins)
    if counts is not None and counts[0] != counts[1]:
        yield Violation(
            place=held_at(twins, "prompt"),
            expected=f"{counts[1]}, as without streaming",
            observed=str(counts[0]),
        )


@trigger(absent="the answers differ, or no usage counts the tokens of both")
def completion_tokens(twins: Twins) -> tuple[int, int] | None:
    """The tokens of the stream's answer and of its twin's, without those of reasoning.

    None where the answers differ, and where the model reasons and either usage does not say how much.
    """
    both = same_answers(twins)
    if both is None or not (both[0].text or _same_calls(*both)):
        return None
    reasons = both[0].reasons or both[1].reasons
    streamed = _spoken_count(usage_of(twins.stream), reasons=reasons)
    whole = _spoken_count(usage_of(twins.plain), reasons=reasons)
    return None if streamed is None or whole is None else (streamed, whole)


def _same_calls(one: AnswerContent, other: AnswerContent) -> bool:
    pairs = zip(one.calls, other.calls, strict=False)
    return bool(one.calls) and all(arguments_agree(b.arguments, a.arguments) for a, b in pairs)


def _spoken_count(usage: dict[str, Any], *, reasons: bool) -> int | None:
    count = usage.get("completion_tokens", usage.get("output_tokens"))
    details = usage.get("completion_tokens_details", usage.get("output_tokens_details"))
    thought = details.get("reasoning_tokens") if isinstance(details, dict) else None
    if type(count) is not int or count <= 0 or (reasons and type(thought) is not int):
        return None  # counts of 0 or less are reported by `usage-counts` and `usage-integers`
    return count - thought if type(thought) is int and thought <= count else count


@twins_rule(
    family=Family.USAGE,
    level=Level.SHOULD,
    statement="The same answer counts about as many completion tokens, streamed or not.",
    hurts="Cost depends on whether one streams, or is made up.",
    sources=[openapi("CompletionUsage"), openapi("ResponseUsage")],
    when=completion_tokens,
    rests_on=["usage-counts", "max-tokens-honoured", "response-max-tokens"],
)
def twin_completion_tokens(twins: Twins) -> Iterator[Violation]:
    """A text has several spellings in tokens, so only counts that differ by more than half are reported."""
    counts = completion_tokens(twins)
    if counts is not None and max(counts) > 2 * min(counts) + _SLACK:
        yield Violation(
            place=held_at(twins, "completion"),
            expected=f"about {counts[1]}, as without streaming",
            observed=f"{counts[0]}, for the same answer",
        )
