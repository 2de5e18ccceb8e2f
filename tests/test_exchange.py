"""The enumerations of an exchange: values of their members are accepted as text, and nothing else is."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.exchange import Api, Exchange, Expects, Need, Promise
from conformance.paths import schema
from conformance.scenarios import SCENARIOS, Addition

CHAT = Exchange(id="x", api=Api.CHAT)


def test_texts_of_members_become_members() -> None:
    """So that readers of stored exchanges and callers may pass what stands in their files."""
    fields: dict[str, Any] = {
        "api": "responses",
        "expects": "stream",
        "promises": ["responses-text"],
        "lacks": {"timing"},
    }
    made = Exchange(id="x", **fields)

    assert made.api is Api.RESPONSES
    assert made.expects is Expects.STREAM
    assert made.promises == (Promise.RESPONSES_TEXT,)
    assert made.lacks == {Need.TIMING}
    assert all(isinstance(item, Need) for item in made.lacks)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"api": "Chat"}, "the API of an exchange: there is no 'Chat', did you mean chat?"),
        ({"api": "both"}, "there is no 'both', there are chat, responses"),
        ({"api": ""}, "there is no '', there are chat, responses"),
        ({"api": None}, "there is no None"),
        ({"expects": "streams"}, "what an exchange expects: there is no 'streams', did you mean stream?"),
        ({"promises": ["usgae"]}, "the promises of an exchange: there is no 'usgae', did you mean usage?"),
        ({"lacks": {"timings"}}, "what an exchange lacks: there is no 'timings', did you mean timing?"),
        ({"lacks": {"end"}}, "no source lacks the end"),
    ],
)
def test_any_other_text_is_refused_with_what_was_meant(fields: dict[str, Any], said: str) -> None:
    """An exchange of an API that does not exist would be judged by a few rules, and pass."""
    with pytest.raises(ValueError, match=said.replace("?", r"\?")):
        replace(CHAT, **fields)


def test_the_schema_of_evidence_has_the_same_names() -> None:
    """It is what other programs read."""
    head = schema("evidence")["$defs"]["head"]["properties"]

    assert head["api"]["enum"] == list(Api)
    assert head["expects"]["enum"] == list(Expects)
    assert {*head["lacks"]["items"]["enum"], Need.END} == set(Need)


@pytest.mark.parametrize(
    "fields", [{"needs": ("chta",)}, {"also": (Addition(capability="chta", why="w", body={}),)}]
)
def test_a_scenario_of_an_unknown_capability_is_refused(fields: dict[str, Any]) -> None:
    """No provider could claim it."""
    said = r"scenario chat-text: there is no capability 'chta', did you mean chat\?"
    with pytest.raises(ValueError, match=said):
        replace(SCENARIOS[0], **fields)
