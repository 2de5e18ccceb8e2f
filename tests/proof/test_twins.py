"""Comparison of a stream with its twin, the same request without streaming: text, end and usage."""

import json
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
        WHOLE + WHOLE,
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
        "twice",
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
@pytest.mark.parametrize("streamed", [WHOLE, " ".join(WORDS[1:])])
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
