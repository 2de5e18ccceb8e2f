"""The vendors that the project supports from the start, each asked in the form that its documentation shows.

No test can reach them: the reference provider answers instead, because the environment overrides the base
URL. The tests look at what the suite sends.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from conformance.capture.run import Job, capture
from conformance.catalogue import Outcome
from conformance.dialects import DIALECTS
from conformance.exchange import Exchange
from conformance.judge import judge
from conformance.plan import plan
from conformance.providers import Provider, find_providers
from conformance.reference.server import Reference
from tests import home

KEY = "sk-of-a-test-and-long-enough"


@dataclass(frozen=True)
class Documented:
    """What a vendor's documentation says of its requests."""

    key_variable: str
    url: str
    apis: frozenset[str]
    tokens: str
    claims: frozenset[str]
    dialects: tuple[str, ...] = ()


VENDORS = {
    "zenmux": Documented(
        key_variable="ZENMUX_API_KEY",
        url="https://zenmux.ai/api/v1",
        apis=frozenset({"chat", "responses"}),
        tokens="max_completion_tokens",
        claims=frozenset({"chat", "usage", "tools", "reasoning", "responses"}),
        dialects=("responses-data-only",),
    ),
    "mume": Documented(
        key_variable="MUME_API_KEY",
        url="https://mume.ai/api/v1",
        apis=frozenset({"chat", "responses"}),
        tokens="max_tokens",
        claims=frozenset({"chat", "responses", "responses-tools"}),
    ),
    "yuhuan-studio": Documented(
        key_variable="YUHUAN_STUDIO_API_KEY",
        url="https://api.yuhuanstudio.com/v1",
        apis=frozenset({"chat", "responses"}),
        tokens="max_tokens",
        claims=frozenset({"chat", "usage", "tools", "forced-tools", "structured-output", "reasoning"}),
    ),
    "inferex": Documented(
        key_variable="INFEREX_API_KEY",
        url="https://inferexapi.cloudvoice.in/v1",
        apis=frozenset({"chat", "responses"}),
        tokens="max_tokens",
        claims=frozenset({"chat"}),
        dialects=("error-detail",),
    ),
    "onysoft": Documented(
        key_variable="ONYSOFT_API_KEY",
        url="https://api.onysoft.com/v1",
        apis=frozenset({"chat", "responses"}),
        tokens="max_tokens",
        claims=frozenset({"chat"}),
        dialects=("usage-unasked",),
    ),
}


def overridden(name: str, base_url: str) -> Provider:
    """A vendor's entry with its base URL and model from the environment."""
    variable = name.upper().replace("-", "_")
    environment = {f"{variable}_BASE_URL": base_url, f"{variable}_MODEL": "reference"}
    return find_providers(folder=Path("/nowhere"), environment=environment).named(name)


@pytest.mark.parametrize("name", VENDORS)
def test_an_entry_says_what_the_documentation_says(name: str) -> None:
    """Address, key variable, claims, and a page that says so."""
    entry = find_providers(folder=Path("/nowhere"), environment={}).named(name)
    documented = VENDORS[name]

    assert entry.base_url == documented.url
    assert entry.api_key_env == documented.key_variable
    assert {claim for claim, works in entry.claims.items() if works} == documented.claims
    assert entry.dialects == documented.dialects
    pages = {source.url for dialect in entry.dialects for source in DIALECTS[dialect].sources}
    assert not entry.dialects or pages & {*entry.source}
    assert entry.source
    assert all(page.startswith("https://") for page in entry.source)


@cache
def asked(name: str) -> tuple[Exchange, ...]:
    """A whole run of a vendor's entry, answered by the reference provider."""
    with Reference() as server, TemporaryDirectory() as folder:
        sent = plan(overridden(name, server.base_url))
        return capture([Job(plan=sent, evidence=Path(folder), key=KEY)]).exchanges[name]


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendor_is_asked_as_documented(name: str) -> None:
    """Bearer key, token parameter, both APIs, and nothing that was not documented turned on."""
    documented, done = VENDORS[name], asked(name)

    assert {exchange.api for exchange in done} == documented.apis
    for exchange in done:
        assert exchange.request is not None
        assert dict(exchange.request.headers)["authorization"] == "[not kept]"
        assert KEY not in repr(exchange)
    text = body(done, "chat-text")
    assert text["stream"] is True
    assert set(text) == {"model", "messages", "stream", "stream_options", documented.tokens}
    assert body(done, "chat-reasoning").keys() <= {*text, "reasoning_effort"}
    if "responses" in documented.claims:
        assert isinstance(body(done, "responses-text")["input"], str)
        assert body(done, "responses-messages")["input"][0].keys() == {"type", "role", "content"}


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendor_that_answers_like_openai_conforms(name: str) -> None:
    """Judged by its own claims; what it does not claim is answered here all the same."""
    broken = [verdict for verdict in judge(asked(name)) if verdict.outcome in (Outcome.FAIL, Outcome.ERROR)]
    assert broken == []


@pytest.mark.parametrize("name", VENDORS)
def test_without_a_key_nothing_is_sent(name: str, tmp_path: Path) -> None:
    """One message that names the variable, and exit code 4."""
    variable = name.upper().replace("-", "_")
    done = home.session("--provider", name, cwd=tmp_path, variables={f"{variable}_MODEL": "m"})

    assert done.returncode == 4
    assert f"the environment variable {VENDORS[name].key_variable} is not set" in done.stderr + done.stdout


def body(done: tuple[Exchange, ...], name: str) -> dict[str, Any]:
    """The request body of a scenario."""
    exchange = next(item for item in done if item.id == name)
    assert exchange.request is not None
    value: dict[str, Any] = json.loads(exchange.request.body)
    return value
