"""The meaning of the user's options, and which ones are refused before anything is sent."""

from pathlib import Path
from typing import Any

import pytest

from conformance.errors import ConformanceError
from conformance.providers import Provider, Providers
from conformance.run.live import Live
from conformance.run.options import (
    Options,
    endpoint,
    names_in,
    origin_of,
    positive,
    providers_in,
    scenario_names,
)
from conformance.run.origin import Origin
from conformance.run.stored import StoredRun
from tests.played import REFERENCE
from tests.run.conftest import settings

ACME = Provider(name="acme", base_url="https://acme.example/v1", api_key_env="ACME_KEY", model="m")
LOCAL = Provider(name="local", base_url="http://127.0.0.1:9/v1", model="m")
KNOWN = Providers({"reference": REFERENCE, "acme": ACME, "local": LOCAL})


def origin(environment: dict[str, str] | None = None, **options: Any) -> Origin:
    """Where the exchanges come from, by these options."""
    return origin_of(Options(**options), KNOWN, settings(None), environment or {})


@pytest.mark.parametrize(
    "options",
    [
        {"provider": "acme", "endpoint": "http://127.0.0.1:9/v1", "models": ("m",)},
        {"provider": "acme", "replay": ("stored",)},
        {"endpoint": "http://127.0.0.1:9/v1", "models": ("m",), "replay": ("stored",)},
        {"provider": "", "endpoint": "http://127.0.0.1:9/v1", "models": ("m",)},
    ],
)
def test_only_one_option_says_what_is_judged(options: dict[str, Any]) -> None:
    """The message names those that were given."""
    with pytest.raises(ConformanceError, match="do not go together") as caught:
        origin(**options)

    assert caught.value.message.startswith(" and ".join(Options(**options).sources))


@pytest.mark.parametrize(
    "options",
    [{"samples": 0}, {"samples": -1}, {"budget": 0}, {"budget": -5}],
    ids=["no-samples", "fewer", "no-budget", "less"],
)
def test_numbers_below_one_are_refused(options: dict[str, Any]) -> None:
    """Rather than taken for none that was given; of a replay nothing is asked of them."""
    with pytest.raises(ConformanceError, match="is no whole number of 1 or more"):
        origin(provider="acme", **options)

    assert [positive("n", number) for number in (None, 1, 2)] == [None, 1, 2]


def test_samples_and_budget_are_those_of_the_plan() -> None:
    """As they were typed, once and without a budget where they were not."""
    live = origin(provider="acme", samples=2, budget=3, scenarios="chat-text, chat-n")
    plain = origin(provider="acme")
    assert isinstance(live, Live)
    assert isinstance(plain, Live)

    sent = live._selection.plan(ACME)
    assert [item.exchange.id for item in sent.requests] == ["chat-text", "chat-n", "chat-text.2"]
    assert (plain._selection.samples, plain._selection.budget) == (1, None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"models": ("m",)}, "--model belongs to --endpoint"),
        ({"provider": "acme", "api_key_env": "K"}, "--api-key-env belongs to --endpoint"),
        ({"provider": "acme", "headers": ("a:b",)}, "--header belongs to --endpoint"),
        ({"models": ("m",), "headers": ("a:b",)}, "--model and --header belong to --endpoint"),
        (
            {"endpoint": "http://127.0.0.1:9/v1", "models": ("m",), "headers": ("a",)},
            "has no name with a colon",
        ),
        (
            {"endpoint": "http://127.0.0.1:9/v1", "models": ("m",), "headers": (" :b",)},
            "has no name with a colon",
        ),
        ({"endpoint": "ftp://host/v1", "models": ("m",)}, "no http or https address"),
        ({"provider": "acme", "scenarios": "chat-txt"}, "no scenario is named 'chat-txt'"),
    ],
)
def test_what_does_not_fit_is_refused(options: dict[str, Any], said: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ConformanceError, match=said):
        origin(**options)


def test_nothing_named_is_the_reference() -> None:
    """Which needs no key."""
    assert origin().words.startswith("asks reference: at most ")


def test_a_replay_asks_nobody() -> None:
    """It is judged as it is stored."""
    assert isinstance(origin(replay=("stored",)), StoredRun)


@pytest.mark.parametrize(
    ("environment", "names"),
    [({"ACME_KEY": "sk"}, ["acme"]), ({"ACME_KEY": "sk", "REFERENCE_API_KEY": " "}, ["acme"])],
)
def test_all_are_those_whose_key_is_set(environment: dict[str, str], names: list[str]) -> None:
    """A provider without a key is asked by its name alone."""
    assert [item.name for item in providers_in("all", KNOWN, environment)] == names


@pytest.mark.parametrize("environment", [{}, {"ACME_KEY": ""}, {"ACME_KEY": " "}])
def test_all_of_nobody_is_refused(environment: dict[str, str]) -> None:
    """A blank key is none, and keeps no other provider from being asked."""
    with pytest.raises(ConformanceError, match="not one provider's key is set"):
        providers_in("all", KNOWN, environment)


def test_names_stand_once_between_commas() -> None:
    """With blanks around them."""
    assert names_in(" a, b ,,a,") == ("a", "b")
    assert scenario_names(["smoke", "chat-text"]) == ("smoke", "chat-text")
    assert [item.name for item in providers_in("local,acme", KNOWN, {})] == ["local", "acme"]


def test_an_endpoint_is_named_by_its_host_and_port() -> None:
    """And claims nothing unless it is said."""
    made = endpoint("https://API.example.com/v1", model="m", configuration="here")

    assert (made.name, made.claims) == ("api.example.com-443", {})
    assert endpoint("http://127.0.0.1:8000/v1", model="m", configuration="").name == "127.0.0.1-8000"


def test_a_header_is_sent_as_it_was_typed() -> None:
    """Its value may hold further colons."""
    live = origin(endpoint="http://127.0.0.1:9/v1", models=("m",), headers=("X-Title: a:b", "x:y"))
    assert isinstance(live, Live)

    (provider,) = live._targets.values()
    assert provider.headers == {"X-Title": "a:b", "x": "y"}
    assert Path(provider.configuration).name == "the command line"
