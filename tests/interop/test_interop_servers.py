"""The tables of real servers fit together, and aimock's fixtures answer what the suite asks."""

import json
from pathlib import Path
from string import Template

import pytest

from conformance.plan import Plan, plan
from conformance.providers import Provider, Providers, find_providers
from conformance.reference.faults import FAULTS
from interop import servers
from interop.expected import expectations
from interop.fixtures import fixtures
from interop.servers import FREE_PORTS, SERVERS, UPSTREAMS

HERE = Path(servers.__file__).parent


@pytest.fixture
def providers(tmp_path: Path) -> Providers:
    """The providers, with every name filled in as a run does it."""
    filled = dict.fromkeys(SERVERS, "1") | dict.fromkeys(UPSTREAMS, "http://127.0.0.1:1/v1")
    path = tmp_path / "interop.toml"
    path.write_text(Template((HERE / "providers.toml").read_text(encoding="utf-8")).substitute(filled))
    return find_providers(path, folder=tmp_path, environment={})


def test_every_provider_of_a_run_has_an_entry_and_expectations(providers: Providers) -> None:
    expected = expectations((HERE / "expected.toml").read_text(encoding="utf-8"))
    named = {name for server in SERVERS.values() for run in server.runs for name in run.providers}
    assert named <= set(providers)
    assert named == set(expected)


def test_every_file_that_a_server_takes_exists() -> None:
    for server in SERVERS.values():
        for name in (*server.pinned, *server.copied, *server.filled):
            assert (HERE / server.name / name).is_file(), f"{server.name}/{name}"


def test_every_name_in_the_command_that_starts_a_server_is_filled_in() -> None:
    known = {"port", *SERVERS, *UPSTREAMS, *FREE_PORTS}
    for server in SERVERS.values():
        for word in server.start:
            assert set(Template(word).get_identifiers()) <= known, f"{server.name}: {word}"


def test_every_server_is_told_to_listen_on_loopback_alone() -> None:
    for server in SERVERS.values():
        files = [(HERE / server.name / name).read_text(encoding="utf-8") for name in server.copied]
        assert any("127.0.0.1" in text for text in (*server.start, *files)), server.name


def test_every_fault_of_an_upstream_exists() -> None:
    assert {fault for fault in UPSTREAMS.values() if fault} <= set(FAULTS)


@pytest.mark.parametrize("path", sorted(HERE.glob("*/package-lock.json")), ids=lambda path: path.parent.name)
def test_packages_are_pinned_by_content_and_name_no_registry(path: Path) -> None:
    packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
    assert all("integrity" in item for name, item in packages.items() if name)
    assert not any("resolved" in item for item in packages.values())


def _plan(provider: Provider, *, cut: bool = False) -> Plan:
    return plan(provider, scenarios=["smoke"] if cut else [])


def test_every_prompt_gets_the_answer_that_it_asks_for(providers: Providers) -> None:
    whole = _plan(providers["aimock"])
    rows = fixtures(whole, _plan(providers["aimock-cut"], cut=True))["fixtures"]
    answers = {row["match"]["userMessage"]: row["response"] for row in rows if "model" not in row["match"]}
    for item in whole.requests:
        asked = item.exchange.asked
        if "malformed" in item.exchange.promises:
            continue
        said = asked["messages"][0]["content"] if "messages" in asked else asked["input"]
        answer = answers[said if isinstance(said, str) else said[0]["content"]]
        if {"tools", "responses-tools"} & set(item.exchange.promises):
            arguments = tuple(call["arguments"] for call in answer["toolCalls"])
            assert arguments == item.exchange.expected_arguments
            assert len(arguments) == (2 if item.exchange.id == "chat-tool-parallel" else 1)
        elif item.exchange.expects == "stream" and item.exchange.expected_text:
            assert answer["content"] == item.exchange.expected_text
            assert ("reasoning" in answer) is ("reasoning" in item.exchange.id)


def test_streams_are_cut_for_the_model_that_is_asked_for_it(providers: Providers) -> None:
    rows = fixtures(_plan(providers["aimock"]), _plan(providers["aimock-cut"], cut=True))["fixtures"]
    short = [row for row in rows if "truncateAfterChunks" in row]
    assert short
    assert rows[: len(short)] == short, "of fixtures that match, the first one answers"
    assert {row["match"]["model"] for row in short} == {"cut-mock"}
