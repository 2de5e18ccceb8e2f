"""The option --certify: what it refuses, and the bundle at the end of the run."""

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.certify.beside import beside_line
from conformance.certify.bundle import MOST_EXCHANGES
from conformance.certify.certificate import CERTIFIED, SAMPLES, Json
from conformance.certify.configuration import replaced_keys
from conformance.certify.errors import (
    CertifyBodyError,
    CertifyLimitError,
    CertifyManyError,
    CertifyOptionError,
    CertifyPromptsError,
    CertifySamplesError,
    CertifySeveralError,
    ItemsDeselectedError,
    SuiteChangedError,
)
from conformance.certify.make import write_bundle
from conformance.certify.problems import Problem
from conformance.certify.suite import changes
from conformance.certify.verify import verified
from conformance.certify.words import broken_in
from conformance.errors import ConformanceError
from conformance.gate import ExitCode, FailOn, worst
from conformance.paths import near
from conformance.plan import AGAIN, plan
from conformance.plugin.nodes import SuiteItem
from conformance.providers import Provider
from conformance.report.visible import one_line
from conformance.run.conduct import Run
from conformance.run.live import Live
from conformance.run.options import named_profiles
from conformance.run.result import Result
from conformance.standing import Profile, Stand

__all__ = ["Certifying", "certifying"]

_WIDTH = 400
_PART = "a certificate rests on every requirement of its profile, on every scenario"
_STOPS = "a certificate tells of all that is broken, not of the first alone"
_STORED = "a certificate rests on answers that were just asked for, not on stored ones"
_ONE_RUN = "a certificate rests on one run from its beginning to its end"
# Options of pytest, each with what tells that it was given and why it is refused.
_OF_PYTEST: Mapping[str, tuple[Callable[[Any], object], str]] = {
    "-k": (lambda option: option.keyword, _PART),
    "-m": (lambda option: option.markexpr, _PART),
    "--deselect": (lambda option: option.deselect, _PART),
    "--ignore": (lambda option: option.ignore or option.ignore_glob, _PART),
    "--last-failed": (lambda option: getattr(option, "lf", False), _PART),
    "--stepwise": (lambda option: getattr(option, "stepwise", False), _STOPS),
    "--maxfail (-x)": (lambda option: option.maxfail, _STOPS),
    "--collect-only": (lambda option: option.collectonly, "nothing is asked, so there is nothing to certify"),
}
# Options of the suite.
_OF_OURS: Mapping[str, str] = {
    "--scenarios": _PART,
    "--profile": "--certify names the profile itself",
    "--budget": "a certificate rests on every request of its profile",
    "--deadline": "a certificate rests on a run that is not cut off",
    "--resume": _ONE_RUN,
    "--replay": _STORED,
    "--request": _STORED,
    "--baseline": "what was broken before is broken all the same",
    "--endpoint": "a certificate says what the endpoint claims and who stands behind it, so write an entry "
    "in providers.toml that says both",
}


def certifying(config: pytest.Config, options: dict[str, Any]) -> Profile | None:
    """The profile that --certify names; None without it. Fills in how often each scenario is sent.

    Raises ConformanceError for whatever a certificate does not go with.
    """
    named = options.get("--certify")
    if named is None:
        return None
    for name, (given, why) in _OF_PYTEST.items():
        if given(config.option):
            raise CertifyOptionError(name, why)
    for name, why in _OF_OURS.items():
        if options.get(name):
            raise CertifyOptionError(name, why)
    if options.get("--fail-on") == FailOn.SHOULD:
        raise CertifyOptionError("--fail-on should", "a certificate rests on what its profile holds alone")
    if any("::" in argument for argument in config.args):
        raise CertifyOptionError("the names of items", _PART)
    found = named_profiles(named)
    if len(found) != 1:
        raise CertifySeveralError(tuple(profile.id for profile in found))
    samples = options.get("--samples")
    if samples is not None and samples < SAMPLES:
        raise CertifySamplesError(samples, SAMPLES)
    options["--samples"] = samples or SAMPLES
    if why := changes():
        raise SuiteChangedError(why)
    return found[0]


class Certifying:
    """Writes the bundles of a session, and says what became of them."""

    def __init__(self, run: Run, profile: Profile, samples: int) -> None:
        """`samples` is how often each scenario is sent. Raises ConformanceError like `_check`."""
        for provider in run.origin.providers if isinstance(run.origin, Live) else ():
            _check(provider, profile, samples)
        self._run = run
        self._profile = profile
        self._samples = samples
        self._lines: list[tuple[str, dict[str, bool]]] = []
        self._codes: list[ExitCode] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Sees that nothing was taken out before anything is sent, and makes the bundles behind it."""
        possible = len(self._run.items)
        there = sum(isinstance(item, SuiteItem) for item in session.items)
        if there < possible:
            raise pytest.UsageError(str(ItemsDeselectedError(possible - there, possible)))
        yield
        for result in self._run.results:
            self._bundle(result)

    def _bundle(self, result: Result) -> None:
        try:
            secrets = self._run.origin.secrets
            path, content = write_bundle(result, self._profile, samples=self._samples, secrets=secrets)
        except ConformanceError as error:
            self._codes.append(ExitCode.USAGE)
            self._lines.append((f"error: {error.one_line}", {"red": True}))
        except OSError as error:
            self._codes.append(ExitCode.ERROR)
            why = error.strerror or str(error)
            self._lines.append((f"error: the bundle could not be written: {why}", {"red": True}))
        else:
            code = _code(result)
            self._lines += list(_told(path, content, good=code is ExitCode.CONFORMS))
            if code is ExitCode.CONFORMS:
                # Its maker learns before the customers do what a check says, as of a clock that is wrong.
                checked = verified(path.read_bytes(), datetime.now(UTC).date())
                code = checked.exit_code
                self._lines += list(map(_doubted, checked.problems))
            self._codes.append(code)

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Prints what was certified, what was flaky, and where the bundle is."""
        if self._lines:
            terminalreporter.section("certificate", sep="=", bold=True)
        for line, markup in self._lines:
            terminalreporter.write_line(line, **markup)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """A run that conforms and certifies nothing is red."""
        yield
        if self._codes and session.exitstatus in tuple(ExitCode):
            code = worst([ExitCode(session.exitstatus), *self._codes])
            nothing = code is ExitCode.CONFORMS and ExitCode.NOTHING in self._codes
            session.exitstatus = ExitCode.NOTHING if nothing else code


def _check(provider: Provider, profile: Profile, samples: int) -> None:
    """Raises ConformanceError for a provider whose entry changes what is asked, or leaves some of it out."""
    if provider.prompts:
        raise CertifyPromptsError(provider.name, tuple(sorted(provider.prompts)))
    if keys := replaced_keys(provider, profile):
        raise CertifyBodyError(provider.name, keys)
    sent, whole = (
        len(plan(provider, scenarios=profile.sends, samples=samples, budget=budget).requests)
        for budget in (None, sys.maxsize)
    )
    if sent < whole:
        raise CertifyLimitError(provider.name, whole - sent)
    if sent + AGAIN > MOST_EXCHANGES:
        raise CertifyManyError(provider.name, sent, MOST_EXCHANGES - AGAIN)


def _code(result: Result) -> ExitCode:
    """The exit code of a run as a certificate sees it: what is not testable stands in its way."""
    stand = result.profiles[0].stand if result.profiles else Stand.NOT_TESTABLE
    if result.exit_code is not ExitCode.CONFORMS or (stand is Stand.KEPT and result.complete):
        return result.exit_code
    return ExitCode.NOTHING if stand is Stand.NOT_APPLICABLE else ExitCode.VIOLATION


def _doubted(problem: Problem) -> tuple[str, dict[str, bool]]:
    return one_line(f"`conformance verify` says of it: {problem}", _WIDTH), {"red": True}


def _told(path: Path, content: Json, *, good: bool) -> Iterator[tuple[str, dict[str, bool]]]:
    colour = {"green": True} if good else {"red": True}
    yield f"{content['verdict']}: {one_line(content['says'], _WIDTH)}", {"bold": True, **colour}
    for item in content["result"]["flaky"]:
        broken, kept = (broken_in(item["scenario"], item[key]) for key in ("broken", "kept"))
        where = f"broken in {broken}, kept in {kept}"
        yield f"flaky: {item['requirement']} on {item['scenario']}: {where}", {"yellow": True}
    if line := beside_line(content["result"]["beside"]):
        yield one_line(line, _WIDTH), {"yellow": True}
    if content["reach"]:
        yield one_line(content["reach"], _WIDTH), {"yellow": True}
    yield f"bundle  {near(path)}", {}
    # Of a bundle that is no certificate, the command says the same again, and ends with exit code 1.
    if content["verdict"] == CERTIFIED:
        yield f"check it with `conformance verify {near(path)}`", {}
