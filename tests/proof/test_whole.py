"""Comparison of a stream's text with the text of its twin, the same request without streaming."""

import json
from dataclasses import replace

import pytest

from conformance.catalogue import Outcome
from conformance.exchange import Exchange, Piece
from conformance.judge import judge
from tests.played import played
from tests.proof.streams.chat import chunks, says
from tests.proof.streams.handmade import DONE

RULE = "twin-text"
CODE = "x2b9k"
WORDS = [f"{number}-{CODE}" for number in range(1, 31)]
WHOLE = " ".join(WORDS)


def verdict(
    streamed: str, whole: str = WHOLE, *, finish: str | None = "stop", wanted: str = WHOLE
) -> Outcome:
    """What becomes of the rule where the stream and its twin say these texts."""
    found: dict[str, Exchange] = {item.id: item for item in played()}
    document = json.loads(found["chat-twin"].body)
    document["choices"][0]["message"]["content"] = whole
    pieces = [streamed[at : at + 5] for at in range(0, len(streamed), 5)]
    bodies = {
        "chat-text": chunks(*says(*pieces), finish=finish) + DONE,
        "chat-twin": json.dumps(document).encode(),
    }
    pair = [
        replace(found[name], pieces=(Piece(data=body, at=0.1),), expected_text=wanted, nonce=CODE)
        for name, body in bodies.items()
    ]
    (outcome,) = [item.outcome for item in judge(pair) if item.requirement == RULE]
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
