"""Recorded streams: OpenAI's own break nothing, and those of other vendors only what is known.

The recordings were published by other people; they are kept beside a checkout and never in it.
"""

from collections import defaultdict

import pytest

from conformance.catalogue import Level, Outcome, Verdict
from conformance.evidence.load import load
from conformance.exchange import Exchange
from conformance.judge import judge_exchange
from conformance.requirements import by_id
from tools.shared import RECORDINGS, absent

pytestmark = pytest.mark.skipif(bool(absent(RECORDINGS)), reason=absent(RECORDINGS))

EARLY = "Recorded before 29 May 2025, when OpenAI began to send sequence numbers."
OPENAI = {
    "openai.chat.20": {
        "content-type-event-stream": (
            "The proxy that made the recording wrote application/json over a body that is an event stream."
        ),
    },
    "openai.responses.08": {
        "item-done": "Three mcp_list_tools items overlap and two never end; no other such stream is known.",
    },
    **{
        f"openai.responses.{number}": {"sequence-number-present": EARLY}
        for number in ("02", "09", "15", "16", "19", "26")
    },
}
"""By recording, the MUSTs that it breaks, and why that says nothing against the rule."""

ROLES = "The role is in every delta."
KEY_LATE = "The key finish_reason is left out until it has a value."
FINISH_TWICE = "finish_reason comes twice, again on the usage chunk."
ON_CHOICES = "Usage stands on a chunk that has choices."
UNASKED = "Usage is sent though nobody asked for it."
PER_CHUNK = "created changes from chunk to chunk."
RUNNING = "Usage comes in a chunk with choices and again, or in every chunk."
NO_DONE = "There is no [DONE]."
NO_ROLE = "There is no role in the first delta."
APART = "Reasoning tokens are counted outside of completion_tokens."
ERROR_FIELDS = "An error inside a stream has no param, or no type and a number as its code."
ERROR_EVENT = "An error after a start with status 200 comes as `event: error`, without [DONE]."
AZURE_FIRST = (
    "The first chunk has empty id, object and model, created 0 and the results of the prompt filter."
)

VENDORS: dict[str, dict[str, str]] = {
    "avian": {
        "created-constant": "The first chunk has another id and time than all others.",
        "finish-reason-once": FINISH_TWICE,
        "id-constant": "The first chunk has another id than all others.",
        "role-repeated": ROLES,
        "usage-empty-choices": ON_CHOICES,
    },
    "azure": {
        "choice-delta": "A chunk of the filter has a choice without delta, in place of the role.",
        "chunk-object": AZURE_FIRST,
        "created-constant": PER_CHUNK,
        "created-seconds": AZURE_FIRST,
        "finish-reason-key": KEY_LATE,
        "id-nonempty": AZURE_FIRST,
        "role-first": "The chunk with the role was replaced by one of the filter.",
        "usage-details": APART,
    },
    "bedrock-mantle": {
        "content-index-order": "The one part of the message after reasoning has content_index 1.",
        "created-at-integer": "created_at is written with a fraction.",
        "event-line-type": "There is no event: line.",
        "event-type-known": "Reasoning parts are announced by events that OpenAI does not have.",
        "part-added-first": "Reasoning parts are announced by events that OpenAI does not have.",
    },
    "deepseek": {
        "usage-empty-choices": ON_CHOICES,
    },
    "gpustack": {
        "created-constant": PER_CHUNK,
        "done-present": NO_DONE,
        "role-first": NO_ROLE,
        "usage-empty-choices": ON_CHOICES,
    },
    "groq": {
        "control-text": "Reasoning begins with the tag <think>, in its own field.",
        "created-constant": PER_CHUNK,
        "error-inband-done": ERROR_EVENT,
        "error-inband-fields": ERROR_FIELDS,
        "event-name-chat": ERROR_EVENT,
        "id-constant": "The compound model has another id in every chunk.",
        "role-first": NO_ROLE,
        "usage-once": RUNNING,
        "usage-unasked": UNASKED,
    },
    "huggingface-router": {"usage-once": RUNNING, "usage-unasked": UNASKED},
    "litellm-proxy": {
        "finish-reason-key": KEY_LATE,
        "finish-reason-present": "Of two choices only the first has an end.",
        "role-first": "Of two choices only the first has a role.",
        "usage-empty-choices": ON_CHOICES,
    },
    "llama.cpp": {"created-constant": PER_CHUNK},
    "mistral": {
        "content-string": "Models that reason send content as a list of blocks.",
        "done-terminated": "The last event is not closed by a blank line.",
        "tool-type-first": "Fragments of tool calls have no type.",
        "usage-unasked": UNASKED,
    },
    "ollama": {"created-constant": PER_CHUNK, "role-repeated": ROLES},
    "openai": {"text-logprobs": "logprobs are missing on text deltas in 26 of OpenAI's streams."},
    "openrouter": {
        "error-inband-fields": ERROR_FIELDS,
        "event-line-type": "There is no event: line.",
        "finish-reason-once": FINISH_TWICE,
        "finish-reason-present": "One answer with a tool call never has a finish_reason.",
        "items-overlap": "The message begins before the reasoning is done.",
        "response-output-agrees": "The reasoning item of the final response has an id of its own.",
        "role-repeated": ROLES,
        "sse-field-unknown": "One recording begins inside a line: what came before its first event is lost.",
        "usage-details": APART,
        "usage-empty-choices": ON_CHOICES,
    },
    "perplexity": {
        "chunk-object": "The last chunk calls itself chat.completion.done.",
        "done-present": NO_DONE,
        "finish-reason-key": KEY_LATE,
        "role-repeated": ROLES,
        "usage-empty-choices": ON_CHOICES,
        "usage-once": RUNNING,
    },
    "snowflake": {
        "created-seconds": "created is 0.",
        "finish-reason-key": KEY_LATE,
        "finish-reason-present": "There is no finish_reason at all.",
        "id-nonempty": "id is empty everywhere.",
        "role-repeated": ROLES,
    },
    "vercel-gateway": {"usage-details": APART, "usage-empty-choices": ON_CHOICES},
    "xai": {
        "created-constant": PER_CHUNK,
        "finish-reason-key": KEY_LATE,
        "usage-arithmetic": APART,
        "usage-details": APART,
    },
    "zai": {"finish-reason-key": KEY_LATE, "role-repeated": ROLES, "usage-empty-choices": ON_CHOICES},
}
"""By provider, what its recordings break or are advised against, and what explains it."""


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    """Every recording."""
    found, unreadable = load([RECORDINGS])
    assert not unreadable
    return found


@pytest.fixture(scope="module")
def verdicts(exchanges: list[Exchange]) -> dict[str, list[Verdict]]:
    """The verdicts on each recording."""
    return {exchange.id: judge_exchange(exchange) for exchange in exchanges}


def test_no_recording_is_an_error_of_ours(verdicts: dict[str, list[Verdict]]) -> None:
    """Nor does any raise; every one has verdicts that pass."""
    assert verdicts
    for name, found in verdicts.items():
        assert [verdict for verdict in found if verdict.outcome is Outcome.ERROR] == [], name
        assert [verdict for verdict in found if verdict.outcome is Outcome.PASS], name


def test_openai_fails_nothing_but_what_is_explained(verdicts: dict[str, list[Verdict]]) -> None:
    """And every explanation is still needed."""
    failed = {
        name: {verdict.requirement for verdict in found if verdict.outcome is Outcome.FAIL}
        for name, found in verdicts.items()
        if name.startswith("openai.")
    }
    assert {name: ids for name, ids in failed.items() if ids} == {
        name: set(ids) for name, ids in OPENAI.items()
    }


def test_other_vendors_break_only_what_they_are_known_for(
    exchanges: list[Exchange], verdicts: dict[str, list[Verdict]]
) -> None:
    """Something new is a fault of ours until somebody has looked; something gone is taken off the table."""
    found: dict[str, set[str]] = defaultdict(set)
    for exchange in exchanges:
        for verdict in verdicts[exchange.id]:
            explained = OPENAI.get(exchange.id, {})
            if verdict.outcome in (Outcome.FAIL, Outcome.WARN) and verdict.requirement not in explained:
                found[exchange.provider].add(verdict.requirement)
    assert dict(found) == {provider: set(ids) for provider, ids in VENDORS.items()}


def test_openai_is_never_known_for_breaking_a_must() -> None:
    """What OpenAI does not keep is no MUST."""
    assert [name for name in VENDORS["openai"] if by_id(name).level is Level.MUST] == []
