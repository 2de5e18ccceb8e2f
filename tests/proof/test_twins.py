"""Comparison of a stream with its twin, the same request without streaming: text, end and usage."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.catalogue import Outcome
from conformance.exchange import Exchange, Piece
from conformance.judge import judge
from tests.played import played
from tests.proof.streams.chat import chunk, chunks, says
from tests.proof.streams.handmade import DONE, Json

RULE = "twin-text"
CODE = "x2b9k"
WORDS = [f"{number}-{CODE}" for number in range(1, 31)]
WHOLE = " ".join(WORDS)


def counts(more: Json) -> Json:
    """A usage with these counts."""
    return {"prompt_tokens": 9, "total_tokens": 9 + more["completion_tokens"], **more}


def verdict(
    streamed: str,
    whole: str = WHOLE,
    *,
    finish: str | None = "stop",
    wanted: str = WHOLE,
    rule: str = RULE,
    usage: Json | None = None,
    others: Json | None = None,
) -> Outcome:
    """What becomes of a rule where the stream and its twin say these texts.

    `usage` and `others` are the completion tokens and further counts of the stream and of its twin.
    """
    found: dict[str, Exchange] = {item.id: item for item in played()}
    document = json.loads(found["chat-twin"].body)
    document["choices"][0]["message"]["content"] = whole
    document["usage"] = counts(others or {"completion_tokens": 90})
    streaming = chunk(usage=counts(usage or {"completion_tokens": 90}))
    pieces = [streamed[at : at + 5] for at in range(0, len(streamed), 5)]
    bodies = {
        "chat-text": chunks(*says(*pieces), finish=finish) + streaming + DONE,
        "chat-twin": json.dumps(document).encode(),
    }
    pair = [
        replace(found[name], pieces=(Piece(data=body, at=0.1),), expected_text=wanted, nonce=CODE)
        for name, body in bodies.items()
    ]
    (outcome,) = [item.outcome for item in judge(pair) if item.requirement == rule]
    return outcome


@pytest.mark.parametrize(
    "streamed",
    [
        WHOLE,
        WHOLE + "\n",
        f"Here you are: {WHOLE}.",
        "\n".join(WORDS),
        ", ".join(WORDS),
        f"**{WHOLE}**",
    ],
)
def test_a_text_that_is_whole_passes(streamed: str) -> None:
    """A greeting, and what stands between the numbers, differ from run to run."""
    assert verdict(streamed) is Outcome.PASS


@pytest.mark.parametrize(
    "streamed",
    [
        WHOLE[:40] + WHOLE[45:],
        WHOLE.replace(" ", ""),
        WHOLE.replace("7-", "77-", 1),
        WHOLE[5:],
        WHOLE[:-5],
        WHOLE[:40] + WHOLE[30:],
        WORDS[0] + " " + WHOLE,
        " ".join([*WORDS[:4], WORDS[5], WORDS[4], *WORDS[6:]]),
        WHOLE.replace("7", "\ufffd"),
        "",
    ],
    ids=[
        "lost",
        "spaces-lost",
        "digit-doubled",
        "begin-lost",
        "end-lost",
        "doubled",
        "first-twice",
        "moved",
        "replaced",
        "empty",
    ],
)
def test_a_text_that_is_whole_only_without_streaming_is_a_warning(streamed: str) -> None:
    """The model cannot be blamed: it writes the whole text when nobody streams."""
    assert verdict(streamed) is Outcome.WARN


@pytest.mark.parametrize(
    "whole", ["", "I can't.", " ".join(WORDS[:-1]), WHOLE.replace("7-", "8-"), f"{WHOLE} 31-{CODE}"]
)
@pytest.mark.parametrize("streamed", [" ".join(WORDS[1:]), f"{WHOLE} 32-{CODE}"])
def test_a_model_that_errs_without_streaming_says_nothing_of_the_stream(whole: str, streamed: str) -> None:
    """It may err with it, too."""
    assert verdict(streamed, whole) is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("finish", ["length", "content_filter", None])
def test_a_stream_that_was_cut_is_not_compared(finish: str | None) -> None:
    """Other rules tell of its end."""
    assert verdict(WHOLE[:40], finish=finish) is Outcome.NOT_APPLICABLE


def test_a_prompt_without_a_certain_answer_is_not_compared() -> None:
    """As where a provider has prompts of its own."""
    assert verdict("Hello", "Good day", wanted="") is Outcome.NOT_APPLICABLE


ENDS = "twin-finish-reason"
COUNTS = "twin-completion-tokens"


def test_the_same_text_that_ends_otherwise_is_a_warning() -> None:
    """White space between the words does not make another text of it."""
    assert verdict(WHOLE, rule=ENDS, finish="length") is Outcome.WARN
    assert verdict(WHOLE.replace(" ", "\n"), rule=ENDS, finish="length") is Outcome.WARN
    assert verdict(WHOLE, rule=ENDS) is Outcome.PASS


@pytest.mark.parametrize("streamed", [WHOLE[:40], WHOLE + " Done.", ""])
def test_another_text_may_end_otherwise(streamed: str) -> None:
    """A longer answer runs into the limit, a shorter one does not."""
    assert verdict(streamed, rule=ENDS, finish="length") is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("tokens", [90 * 60, 90 * 3, 40])
def test_the_same_text_of_other_tokens_is_a_warning(tokens: int) -> None:
    """In either direction."""
    assert verdict(WHOLE, rule=COUNTS, usage={"completion_tokens": tokens}) is Outcome.WARN


@pytest.mark.parametrize("tokens", [90, 91, 120, 188, 50])
def test_tokens_that_differ_by_less_than_half_pass(tokens: int) -> None:
    """A text has several spellings in tokens."""
    assert verdict(WHOLE, rule=COUNTS, usage={"completion_tokens": tokens}) is Outcome.PASS


def test_tokens_of_reasoning_do_not_count() -> None:
    """A model thinks longer one time than another."""
    thought = {"completion_tokens": 2090, "completion_tokens_details": {"reasoning_tokens": 2000}}
    assert verdict(WHOLE, rule=COUNTS, usage=thought) is Outcome.PASS


@pytest.mark.parametrize("tokens", [0, -3])
def test_counts_that_other_requirements_report_are_not_compared(tokens: int) -> None:
    """Nothing and less than nothing."""
    assert verdict(WHOLE, rule=COUNTS, usage={"completion_tokens": tokens}) is Outcome.NOT_APPLICABLE


def test_other_texts_have_other_tokens() -> None:
    """They are not compared."""
    many = {"completion_tokens": 9000}
    assert verdict(WHOLE + " Done.", rule=COUNTS, usage=many) is Outcome.NOT_APPLICABLE


# Damage that has a name


DAMAGED = "twin-text-damaged"


@pytest.mark.parametrize("streamed", [WHOLE + WHOLE, f"{WHOLE}\n\n{WHOLE}"])
def test_a_text_that_was_damaged_in_a_way_that_has_a_name_fails(streamed: str) -> None:
    """And the milder rule leaves it to that one."""
    assert verdict(streamed, rule=DAMAGED) is Outcome.FAIL
    assert verdict(streamed) is Outcome.PASS


@pytest.mark.parametrize("streamed", [WHOLE, f"Here you are: {WHOLE}.", f"**{WHOLE}**", WHOLE[:40], "No."])
def test_another_text_is_not_damaged(streamed: str) -> None:
    """A model may answer otherwise."""
    assert verdict(streamed, rule=DAMAGED) is Outcome.PASS


@pytest.mark.parametrize("whole", ["", f"Here you are: {WHOLE}", WHOLE + WHOLE])
def test_a_twin_that_is_not_exact_proves_no_damage(whole: str) -> None:
    """The model may write so by itself."""
    assert verdict(WHOLE + WHOLE, whole, rule=DAMAGED) is Outcome.NOT_APPLICABLE


def swapped(exchange: Exchange, change: Callable[[str], str]) -> Exchange:
    """An exchange with its whole body changed."""
    body = change(exchange.body.decode())
    assert body != exchange.body.decode()
    return replace(exchange, pieces=(Piece(data=body.encode(), at=0.1),))


def told(stream: str, twin: str, change: Callable[[str], str], *, plain: bool = False) -> dict[str, Outcome]:
    """The outcomes of the rules on twins when the stream, or with `plain` its twin, is changed."""
    found: dict[str, Exchange] = {item.id: item for item in played()}
    one, other = found[stream], found[twin]
    pair = [one, swapped(other, change)] if plain else [swapped(one, change), other]
    verdicts = [item for item in judge(pair) if item.requirement.startswith("twin-")]
    return {item.requirement: item.outcome for item in verdicts if item.outcome is not Outcome.PASS}


def warned(found: dict[str, Outcome]) -> set[str]:
    """The rules that are broken, if none fails."""
    assert Outcome.FAIL not in found.values()
    return {rule for rule, outcome in found.items() if outcome is Outcome.WARN}


def in_order(first: str, second: str) -> Callable[[str], str]:
    """Two texts in each other's place."""
    return lambda body: body.replace(first, "\0").replace(second, first).replace("\0", second)


PARALLEL = ("chat-tool-parallel", "chat-tool-parallel-twin")
CALL = ("responses-tool", "responses-tool-twin")
TEXT = ("responses-text", "responses-text-twin")


def test_calls_in_another_order_are_a_warning() -> None:
    """Each of them is there."""
    assert warned(told(*PARALLEL, in_order("Paris", "Rome"), plain=True)) == {"twin-arguments"}


def test_other_arguments_than_without_streaming_are_a_warning() -> None:
    """In either API."""
    assert warned(told(*PARALLEL, lambda body: body.replace("Par", "Lar"))) == {"twin-arguments"}
    assert warned(told(*CALL, lambda body: body.replace("Par", "Lar"))) == {"twin-arguments"}


def test_arguments_that_are_exact_in_the_stream_alone_are_a_warning() -> None:
    """The model can write them, so what it wrote without streaming is told of; if both differ, nothing is."""
    assert warned(told(*CALL, lambda body: body.replace("Paris", "Lyon"), plain=True)) == {"twin-arguments"}
    found: dict[str, Exchange] = {item.id: item for item in played()}
    pair = [swapped(found[name], lambda body: body.replace("Par", "Lar")) for name in CALL]
    outcomes = {item.requirement: item.outcome for item in judge(pair)}
    assert outcomes["twin-arguments"] is outcomes["twin-arguments-damaged"] is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("whole", [WHOLE[:40] + WHOLE[45:], WHOLE.replace("7-", "77-", 1), "", "No."])
def test_a_text_that_is_whole_in_the_stream_alone_is_a_warning(whole: str) -> None:
    """What was lost without streaming was lost on the way too."""
    assert verdict(WHOLE, whole) is Outcome.WARN


@pytest.mark.parametrize("whole", [WHOLE + WHOLE, WHOLE + "\n\n" + WHOLE])
def test_a_text_that_is_damaged_without_streaming_alone_fails(whole: str) -> None:
    """It was repeated on the way."""
    assert verdict(WHOLE, whole, rule=DAMAGED) is Outcome.FAIL


def test_arguments_that_are_damaged_without_streaming_alone_fail() -> None:
    """They hold every character that is often damaged."""
    found = told(*PARALLEL, lambda body: body.replace("é", "Ã©").replace("漢", "æ¼¢"), plain=True)
    assert found == {"twin-arguments-damaged": Outcome.FAIL} or Outcome.WARN in found.values()


@pytest.mark.parametrize("whole", [f"Here you are: {WHOLE}.", ", ".join(WORDS)])
def test_an_answer_that_says_the_same_in_other_words_is_right(whole: str) -> None:
    """As in a stream."""
    assert verdict(WHOLE, whole) is Outcome.PASS


@pytest.mark.parametrize(
    ("twin", "old", "new", "broken"),
    [
        (TEXT, '"status": "completed",\n  "back', '"status": "incomplete",\n  "back', "twin-finish-reason"),
        (TEXT, '"input_tokens": ', '"input_tokens": 1', "twin-prompt-tokens"),
        (TEXT, '"output_tokens": ', '"output_tokens": 12', "twin-completion-tokens"),
        (CALL, '"output_tokens": ', '"output_tokens": 12', "twin-completion-tokens"),
        (CALL, '"type": "function_call"', '"type": "reasoning"', "twin-tool-calls"),
        (
            CALL,
            '"name": "get_weather"\n    }',
            '"name": "other"\n    }',
            "twin-tool-calls",
        ),
    ],
)
def test_a_response_is_compared_with_its_twin(twin: tuple[str, str], old: str, new: str, broken: str) -> None:
    """Its status, its calls and its usage."""
    found = told(*twin, lambda body: body.replace(old, new), plain=True)
    assert warned(found) == {broken}


def test_a_response_that_failed_or_never_ended_is_not_compared() -> None:
    """Other rules tell of its end."""
    for change in (
        lambda body: body.replace("completed", "failed"),
        lambda body: body[: body.index("event: response.completed")],
    ):
        found = told(*TEXT, change)
        assert {*found.values()} == {Outcome.NOT_APPLICABLE}
