"""The enumerations of an exchange: values of their members are accepted as text, and nothing else is."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.exchange import Api, Ended, Exchange, Expects, Need, Piece, Promise, Request
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


PIECE = Piece(data=b"data: {}\n\n", at=0.1)
POSTED = Request(url="https://example.com/v1/chat/completions", body="{}")
WHOLE = replace(
    CHAT,
    request=POSTED,
    status=200,
    headers=(("server", "acme"),),
    pieces=(PIECE,),
    ended=Ended.CLOSED,
)


@pytest.mark.parametrize(
    ("fields", "lacking"),
    [
        ({}, set()),
        ({"request": None}, {Need.REQUEST}),
        ({"request": replace(POSTED, body="")}, {Need.REQUEST}),
        ({"request": replace(POSTED, body="", method="GET")}, set()),
        ({"status": None}, {Need.STATUS}),
        ({"headers": ()}, {Need.HEADERS}),
        ({"pieces": (replace(PIECE, at=None),)}, {Need.TIMING}),
        ({"pieces": (replace(PIECE, at=None), PIECE)}, set()),
        ({"ended": Ended.UNKNOWN}, {Need.ENDING}),
        ({"ended": Ended.NO_CONNECTION, "status": None, "headers": (), "pieces": ()}, set()),
        (
            {"ended": Ended.UNKNOWN, "status": None, "headers": (), "pieces": ()},
            {Need.STATUS, Need.HEADERS, Need.TIMING, Need.ENDING},
        ),
    ],
)
def test_an_exchange_lacks_what_is_not_given(fields: dict[str, Any], lacking: set[Need]) -> None:
    """Where no answer came, an answer has nothing to lack; a request that is posted has a body."""
    given = {
        name: getattr(WHOLE, name)
        for name in ("id", "api", "request", "status", "headers", "pieces", "ended")
    }
    assert Exchange(**(given | fields)).lacks == lacking


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
