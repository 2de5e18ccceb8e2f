"""The pytest plugin: the fixture `conforming`, the options, and the switch that activates the suite.

The plugin is installed beside the tests of any project and must not disturb them. Its options exist only in a
run that names one of them (or asks for help), and the rest of the package is imported only then, or when the
fixture is used.
"""

from collections.abc import Generator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.api import Conforming

__all__ = ["conforming"]

_SUITE = Path(__file__).parents[1] / "suite"  # `conformance.suite`, without importing it

_OPTIONS: dict[str, dict[str, Any]] = {
    "--provider": {
        "metavar": "NAME",
        "help": "ask a provider of providers.toml; several with commas; `all`: those whose key is set",
    },
    "--endpoint": {"metavar": "URL", "help": "ask an endpoint that is in no file, by its base URL"},
    "--model": {
        "action": "append",
        "metavar": "MODEL",
        "help": "the model of --endpoint; may be repeated, for one report a model; left out, the only one "
        "that it lists",
    },
    "--api-key-env": {"metavar": "VARIABLE", "help": "the environment variable with the key of --endpoint"},
    "--header": {
        "action": "append",
        "metavar": "NAME:VALUE",
        "help": "a further header of requests to --endpoint; may be repeated",
    },
    "--scenarios": {
        "metavar": "NAMES",
        "help": "send these scenarios only, with commas between; `smoke` is a cheap set of them",
    },
    "--profile": {
        "action": "append",
        "metavar": "NAMES",
        "help": "send and gate only what these profiles hold, with commas between: chat-core, chat-tools, "
        "chat-reasoning, chat-structured, responses-core, responses-tools, responses-reasoning",
    },
    "--certify": {
        "action": "append",
        "metavar": "PROFILE",
        "help": "certify that one profile is kept: each of its scenarios is sent three times, or once if it "
        "expects a refusal, and the bundle written that `conformance verify` checks",
    },
    "--samples": {
        "type": int,
        "metavar": "N",
        "help": "send every scenario N times; one that expects a refusal once",
    },
    "--budget": {"type": int, "metavar": "N", "help": "send at most N requests to each provider"},
    "--concurrency": {
        "metavar": "N",
        "help": "keep at most N requests open at each provider; `auto` (default) finds out what it bears",
    },
    "--deadline": {
        "metavar": "SECONDS",
        "help": "end the whole run after so many seconds: what is open is cut off, what is left is not sent, "
        "and the report says so",
    },
    "--resume": {
        "metavar": "RUN",
        "help": "go on with a run that was cut off, in its folder: repeat its command and add that folder, "
        "or `latest`; what was recorded whole is not asked for again",
    },
    "--replay": {
        "action": "append",
        "metavar": "PATH",
        "help": "judge stored evidence or recordings, no network: a file, a folder, a zip or a run, or "
        "`-` for the standard input; may be repeated",
    },
    "--request": {
        "metavar": "FILE",
        "help": "the body of the request, as JSON, where what is replayed holds none",
    },
    "--providers": {
        "metavar": "FILE",
        "help": "look providers up in FILE before ./providers.toml and the packaged one",
    },
    "--report-dir": {"metavar": "DIR", "help": "write reports below DIR instead of ./reports"},
    "--baseline": {
        "action": "append",
        "metavar": "RUN",
        "help": "turn red only for what the run at RUN does not break: its folder or report.jsonl, or the "
        "folder of a model for its latest run; may be repeated, once a provider",
    },
    "--fail-on": {
        "choices": ("must", "should"),
        "help": "what turns a run red: violations of MUST (default), or of SHOULD too",
    },
}


@pytest.fixture(scope="session")
def conforming() -> "Conforming":
    """Asserts that an answer conforms: `conforming(response)`, or bytes and what else is known about them.

    Takes the arguments of `conformance.judge_stream`, and `fail_on` and `allow` of `Result.assert_conforms`.
    Returns the result. See docs/api.md.
    """
    from conformance.api import assert_conforming  # noqa: PLC0415 - costs other projects nothing

    return assert_conforming


def _destination(name: str) -> str:
    return "conformance_" + name.removeprefix("--").replace("-", "_")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None]:
    """Adds the options after the project's own, if any of them is used.

    If the project has an option of the same name, that option stays the project's.
    """
    named = {argument.partition("=")[0] for argument in args}
    if not named & {*_OPTIONS, "-h", "--help"}:
        yield
        return
    # Until the options exist, pytest takes their values for test paths and runs conftest.py there.
    values = {value for name, value in pairwise(args) if name in _OPTIONS}
    known = early_config.known_args_namespace
    known.file_or_dir = [path for path in known.file_or_dir if path not in values]
    yield
    group = parser.getgroup("conformance", "conformance of OpenAI-compatible streaming APIs")
    for name, attributes in _OPTIONS.items():
        if not _taken(parser, name):
            group.addoption(name, dest=_destination(name), **attributes)


def _taken(parser: pytest.Parser, name: str) -> bool:
    try:
        _, unknown = parser.parse_known_and_unknown_args([f"{name}=x"])
    except pytest.UsageError:  # the project's own option, of another kind
        return True
    return not unknown


def _suite_named(config: pytest.Config) -> bool:
    for argument in config.args:
        path = Path(config.invocation_params.dir, argument.partition("::")[0]).resolve()
        if path == _SUITE or _SUITE in path.parents:
            return True
    return False


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Activates the suite if an option asks for it, or a path or `testpaths` names it."""
    chosen = {
        name: value for name in _OPTIONS if (value := config.getoption(_destination(name), None)) is not None
    }
    if not chosen and not _suite_named(config):
        return
    from conformance.plugin.hooks import activate  # noqa: PLC0415 - costs other projects nothing

    activate(config, chosen)
