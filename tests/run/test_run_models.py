"""Several models of one endpoint in one run: each in turn, with items and a report of its own."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.capture.progress import Progress
from conformance.capture.run import CaptureResult, Job
from conformance.exchange import Ended
from conformance.plan import plan
from conformance.providers import Provider, Providers
from conformance.run.conduct import Run
from conformance.run.live import Live, _targets
from conformance.run.options import Options, endpoint, origin_of
from conformance.run.selection import Selection
from tests.played import played
from tests.run.conftest import settings

URL = "http://127.0.0.1:9/v1"
ANSWERS = {item.id: item for item in played()}


def origin(*models: str, scenarios: str = "chat-text") -> Live:
    """The origin of a run that asks some models of one endpoint."""
    options = Options(endpoint=URL, models=models, scenarios=scenarios)
    live = origin_of(options, Providers({}), settings(None), {})
    assert isinstance(live, Live)
    return live


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The models that are asked at the same time, round by round; the reference answers."""
    asked: list[list[str]] = []

    def instead(jobs: Sequence[Job], *, progress: Progress | None = None) -> CaptureResult:
        assert progress is not None
        asked.append([job.plan.requests[0].exchange.model for job in jobs])
        exchanges = {
            job.plan.provider.name: tuple(
                replace(ANSWERS[item.exchange.id], model=item.exchange.model, provider=job.plan.provider.name)
                for item in job.plan.requests
            )
            for job in jobs
        }
        return CaptureResult(exchanges=exchanges, interrupted="stop" in asked[-1])

    monkeypatch.setattr("conformance.capture.run.capture", instead)
    return asked


def conducted(folder: Path, *providers: Provider) -> Run:
    """A run of some providers with two scenarios, conducted to its end."""
    how = settings(folder)
    live = Live(providers, how, selection=Selection(scenarios=("chat-text", "chat-awkward")), environment={})
    run = Run(live, how)
    run.execute()
    return run


def model(name: str, url: str = URL) -> Provider:
    """An endpoint with one of its models."""
    return endpoint(url, model=name, configuration="here")


def test_one_model_is_called_by_its_endpoint_alone() -> None:
    """As is none at all, which the endpoint then lists, and one that is named twice."""
    for models in (("a",), (), ("a", "a"), ("", "a")):
        items = origin(*models).plan()
        assert {item.provider for item in items} == {"127.0.0.1-9"}


def test_items_of_several_models_bear_their_names() -> None:
    """As slugs, however a model is spelt; two names that would be the same get a number."""
    items = origin("openai/gpt-5", "Acme Large", "acme.large", "acme-large", "東京").plan()
    assert list(dict.fromkeys(item.provider for item in items)) == [
        "127.0.0.1-9-openai-gpt-5",
        "127.0.0.1-9-acme-large",
        "127.0.0.1-9-acme.large",
        "127.0.0.1-9-acme-large-4",
        "127.0.0.1-9",
    ]
    assert len({item.id for item in items}) == len(items)


def test_what_a_run_says_first_names_every_model() -> None:
    """And counts the requests to all of them."""
    one, two = origin("a").words, origin("a", "b").words
    assert "asks 127.0.0.1-9: at most 1 request" in one
    assert "asks 127.0.0.1-9-a, 127.0.0.1-9-b: at most 2 requests" in two


def test_each_model_has_a_report_of_its_own(rounds: list[list[str]], tmp_path: Path) -> None:
    """Under its own name, of the same endpoint; one model is asked when the one before is done."""
    run = conducted(tmp_path, model("a"), model("b"))

    assert rounds == [["a"], ["b"]]
    assert [(item.provider, item.run.judgement.model) for item in run.results] == [
        ("127.0.0.1-9", "a"),
        ("127.0.0.1-9", "b"),
    ]
    pages = {path.relative_to(tmp_path).parts[:2] for path in tmp_path.glob("*/*/*/index.html")}
    assert pages == {("127.0.0.1-9", "a"), ("127.0.0.1-9", "b")}
    for item in run.items:
        ruling, result = run.ruling(item)  # type: ignore[arg-type]
        assert item.provider.endswith(f"-{result.run.judgement.model}")
        assert ruling in result.gate.rulings


def test_different_endpoints_are_asked_at_the_same_time(rounds: list[list[str]], tmp_path: Path) -> None:
    """Each with the first of its models, then with the second."""
    other = "http://127.0.0.1:8/v1"
    conducted(tmp_path, model("a"), model("b"), model("c", other), model("d", other), model("e"))
    assert rounds == [["a", "c"], ["b", "d"], ["e"]]


def test_after_ctrl_c_no_further_model_is_asked(rounds: list[list[str]], tmp_path: Path) -> None:
    """Its report says that nothing was sent; what was captured before is kept."""
    run = conducted(tmp_path, model("stop"), model("b"), model("c"))

    assert rounds == [["stop"]]
    assert run.interrupted
    assert [result.run.key for result in run.results] == [
        "127.0.0.1-9-stop",
        "127.0.0.1-9-b",
        "127.0.0.1-9-c",
    ]
    for result in run.results[1:]:
        assert {item.ended for item in result.exchanges} == {Ended.NOT_SENT}
        assert "stopped" in result.report.footer.incomplete
        assert result.run.folder is not None
        assert sorted(path.stem for path in result.run.folder.glob("evidence/*")) == sorted(
            item.id for item in result.exchanges
        )


def test_only_the_models_of_selected_items_are_asked(rounds: list[list[str]], tmp_path: Path) -> None:
    """As with -k and the name of a model."""
    how = settings(tmp_path)
    live = Live([model("a"), model("b")], how, selection=Selection(scenarios=("chat-text",)), environment={})
    run = Run(live, how)
    run.execute([item for item in run.items if item.provider.endswith("-b")])
    assert rounds == [["b"]]


def test_reasoning_that_is_claimed_of_an_endpoint_is_of_its_model() -> None:
    """There is no other that could be named for it."""
    claimed = endpoint(URL, model="m", claims={"reasoning": True}, configuration="here")
    (sent,) = plan(claimed, scenarios=["chat-reasoning"]).requests
    assert "reasoning" in sent.exchange.promises
    for claims in ({}, {"reasoning": False}, {"tools": True}):
        assert endpoint(URL, model="m", claims=claims, configuration="here").models == {}


def test_labels_are_unique() -> None:
    """Also where a model is called as another one is with its number."""
    labels = _targets([model("a-2"), model("a"), model("A"), model("a-3")])
    assert len(labels) == 4
