"""The public functions that ask an endpoint and read what is stored, and what importing them loads."""

import asyncio
import json
import logging
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr  # type: ignore[import-untyped]

import conformance
from conformance import ConformanceError, Outcome, Result
from conformance.capture.run import CaptureResult
from conformance.reference.faults import FAULTS
from conformance.reference.server import Reference
from tests import home
from tests.played import BARE, played
from tests.plugin.streams import CLEAN, NO_DONE

KEY = "sk-a-key-of-nobody-0123456789"


def broken(result: Result) -> set[str]:
    """The MUSTs that are broken."""
    return {verdict.requirement for verdict in result.verdicts if verdict.outcome is Outcome.FAIL}


@pytest.fixture
def reference() -> Iterator[str]:
    """The address of the reference provider."""
    with Reference() as running:
        yield running.base_url


def test_an_endpoint_is_run_without_pytest(
    reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that pytest sends, judged; written only when asked."""
    monkeypatch.chdir(tmp_path)
    result = conformance.run_endpoint(reference, model="reference", api_key=KEY)
    assert result.sentence.startswith("Conforms: ")
    assert len(result.exchanges) == BARE
    assert list(tmp_path.iterdir()) == []
    page = result.write(tmp_path / "a" / "b")
    assert page == tmp_path / "a" / "b" / "index.html"
    assert len(list((page.parent / "evidence").iterdir())) == BARE
    assert all(KEY not in path.read_text() for path in page.parent.rglob("*.*"))
    (again,) = conformance.judge_exchanges(conformance.load(page.parent))
    assert {(item.subject, item.requirement): item.outcome for item in again.verdicts} == {
        (item.subject, item.requirement): item.outcome for item in result.verdicts
    }


def test_an_endpoint_is_run_within_a_loop(reference: str, capfd: pytest.CaptureFixture[str]) -> None:
    """As in a notebook; and nothing is shown unless it is asked for."""

    async def run() -> Result:
        await asyncio.sleep(0)
        return conformance.run_endpoint(reference, model="reference", scenarios=["smoke"])

    asyncio.run(run()).assert_conforms()
    assert capfd.readouterr() == ("", "")
    conformance.run_endpoint(reference, model="reference", scenarios=["chat-text"], progress=True)
    assert "1 of 1 request answered" in capfd.readouterr().err


def test_a_fault_of_an_endpoint_is_asserted() -> None:
    """With the wire of the stream that shows it."""
    with Reference(fault=FAULTS["role-missing"]) as spoiled:
        result = conformance.run_endpoint(spoiled.base_url, model="reference", scenarios=["chat-text"])
    with pytest.raises(AssertionError, match=r"breaks role-first .* in chat-text"):
        result.assert_conforms()


def test_a_run_that_was_stopped_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever called it is to stop, too."""
    text = next(item for item in played() if item.id == "chat-text")
    given = CaptureResult(exchanges={"127.0.0.1-9": (text,)}, interrupted=True)
    monkeypatch.setattr("conformance.capture.run.capture", lambda *_, **__: given)
    with pytest.raises(KeyboardInterrupt):
        conformance.run_endpoint("http://127.0.0.1:9/v1", model="m", scenarios=["chat-text"])


def test_one_answer_is_judged_by_itself() -> None:
    """What is said of a whole run is said of none."""
    result = conformance.judge_stream(CLEAN)
    assert {verdict.subject for verdict in result.verdicts} == {"stream"}


def test_an_endpoint_that_is_not_there_does_not_conform() -> None:
    """It cannot be judged, and that is no pass."""
    result = conformance.run_endpoint("http://127.0.0.1:9/v1", model="m")
    with pytest.raises(
        AssertionError, match=r"cannot connect to http://127\.0\.0\.1:9/v1: connection refused"
    ):
        result.assert_conforms()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"base_url": "host/v1"}, "no http or https address"),
        ({"base_url": "http://[::1"}, "no http or https address"),
        ({"scenarios": ["smok"]}, "no scenario is named 'smok'"),
        ({"fail_on": "x"}, "fail_on is 'x'"),
        ({"samples": 0}, "samples 0 is no whole number of 1 or more"),
        ({"samples": "2"}, "samples '2' is no whole number of 1 or more"),
        ({"scenarios": "smok"}, "no scenario is named 'smok'"),
        (
            {"scenarios": ["chat-tool"], "claims": {"tools": False}},
            "there is nothing to send to 127.0.0.1-9: chat-tool: the provider says",
        ),
        ({"claims": {"tool": True}}, "no capability is named 'tool'"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_sent(given: dict[str, Any], said: str) -> None:
    """With a hint."""
    arguments: dict[str, Any] = {"base_url": "http://127.0.0.1:9/v1", "model": "m"} | given
    with pytest.raises(ConformanceError, match=said):
        conformance.run_endpoint(**arguments)


def test_load_tells_what_it_could_not_read(tmp_path: Path) -> None:
    """The rest is there; of nothing at all it is an error."""
    (tmp_path / "good.sse").write_text(CLEAN)
    (tmp_path / "bad.json").write_text("{")
    exchanges = conformance.load(tmp_path)
    assert [item.id for item in exchanges] == ["good"]
    assert ["bad.json" in str(item) for item in exchanges.unreadable] == [True]
    (result,) = conformance.judge_exchanges(exchanges)
    assert not result.complete
    with pytest.raises(AssertionError, match=r"not everything could be read:\n.*bad\.json"):
        result.assert_conforms()
    with pytest.raises(ConformanceError, match=r"bad\.json: it is not JSON"):
        conformance.load(tmp_path / "bad.json")


def test_each_provider_has_a_result_of_its_own(tmp_path: Path) -> None:
    """In the order of the exchanges."""
    for name, provider, body in (("1", "b", CLEAN), ("2", "a", NO_DONE), ("3", "b", CLEAN)):
        value = {"api": "chat", "provider": provider, "body": body}
        (tmp_path / f"{name}.json").write_text(json.dumps(value))
    results = conformance.judge_exchanges(conformance.load(tmp_path))
    assert [(item.provider, len(item.exchanges), len(broken(item))) for item in results] == [
        ("b", 2, 0),
        ("a", 1, 1),
    ]


def test_the_fixture_reads_cassettes(conforming: Any, reference: str, tmp_path: Path) -> None:
    """What vcrpy plays back is a response of httpx; the gateway that was recorded drops the role."""
    request = {"model": "reference", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    good, bad = str(tmp_path / "good.yaml"), str(tmp_path / "bad.yaml")
    with vcr.use_cassette(good):
        httpx.post(f"{reference}/chat/completions", json=request)
    with Reference(fault=FAULTS["role-missing"]) as spoiled, vcr.use_cassette(bad):
        httpx.post(f"{spoiled.base_url}/chat/completions", json=request)
    with vcr.use_cassette(good, record_mode="none"):
        assert conforming(httpx.post(f"{reference}/chat/completions", json=request)).exit_code == 0
    with vcr.use_cassette(bad, record_mode="none"):
        answer = httpx.post(f"{spoiled_address(bad)}/chat/completions", json=request)
    with pytest.raises(AssertionError, match="role-first") as caught:
        conforming(answer)
    assert "bytes " in str(caught.value)
    assert "who suffers " in str(caught.value)


def spoiled_address(cassette: str) -> str:
    """The base URL that a cassette was recorded at."""
    (line,) = [item for item in Path(cassette).read_text().splitlines() if "uri: " in item]
    return line.partition("uri: ")[2].removesuffix("/chat/completions")


@pytest.mark.parametrize(
    "code",
    [
        "import conformance",
        "import conformance.plugin",
        "import conformance; conformance.judge_stream(b'data: {}\\n\\n')",
        "import conformance; dir(conformance); conformance.Outcome, conformance.Result",
    ],
)
def test_nothing_is_loaded_before_it_is_used(code: str) -> None:
    """No HTTP client, no server, no templates, no terminal; pytest for the plugin alone."""
    heavy = {"httpx", "uvicorn", "starlette", "rich", "jinja2", "click", "tenacity"}
    heavy |= set() if "plugin" in code else {"pytest"}
    ended = f"{code}\nimport sys\nprint(sorted({heavy!r} & set(sys.modules)))"
    assert home.run([sys.executable, "-c", ended]).stdout == "[]\n"


def test_the_public_names_are_there() -> None:
    """All of them, and no others by accident."""
    for name in conformance.__all__:
        assert getattr(conformance, name) is not None
    assert dir(conformance) == sorted(conformance.__all__)
    with pytest.raises(AttributeError, match="module 'conformance' has no attribute 'judge_streams'"):
        vars(conformance)["__getattr__"]("judge_streams")


def test_two_runs_at_once_keep_the_libraries_silent(caplog: pytest.LogCaptureFixture) -> None:
    """Whichever ends first; and a person's own level is back afterwards, and never lowered meanwhile."""
    logging.getLogger("httpx").setLevel(logging.ERROR)
    logging.getLogger("httpcore").setLevel(logging.DEBUG)
    try:
        with Reference() as one, Reference() as other, ThreadPoolExecutor() as pool:
            runs = [
                pool.submit(conformance.run_endpoint, item.base_url, model="reference", scenarios=chosen)
                for item, chosen in ((one, ["chat-text"]), (other, ["smoke"]))
            ]
            for run in runs:
                run.result().assert_conforms()
        assert [record for record in caplog.records if record.name.startswith("http")] == []
        assert logging.getLogger("httpx").level == logging.ERROR
        assert logging.getLogger("httpcore").level == logging.DEBUG
    finally:
        logging.getLogger("httpx").setLevel(logging.NOTSET)
        logging.getLogger("httpcore").setLevel(logging.NOTSET)
