"""What the options of a pytest session ask for: endpoints, or what is stored."""

from typing import Any

import pytest

from conformance.evidence.load import INPUT, Source, standard_input
from conformance.providers import find_providers
from conformance.run.options import Options, origin_of
from conformance.run.origin import Origin, Settings

__all__ = ["origin"]


def origin(config: pytest.Config, given: dict[str, Any], settings: Settings) -> Origin:
    """The origin of the exchanges that the options name. Raises ConformanceError."""
    here = config.invocation_params.dir
    named = given.get("--providers")
    options = Options(
        provider=given.get("--provider"),
        endpoint=given.get("--endpoint"),
        models=tuple(given.get("--model") or ()),
        api_key_env=given.get("--api-key-env") or "",
        headers=tuple(given.get("--header") or ()),
        scenarios=given.get("--scenarios") or "",
        samples=given.get("--samples"),
        budget=given.get("--budget"),
        concurrency=given.get("--concurrency") or "",
        deadline=given.get("--deadline") or "",
        resume=given.get("--resume") or "",
        replay=tuple(_source(config, path) for path in dict.fromkeys(given.get("--replay") or ())),
        request=given.get("--request") or "",
    )
    return origin_of(options, find_providers(here / named if named else None, folder=here), settings)


def _source(config: pytest.Config, path: str) -> Source:
    """What is replayed; the standard input is read now, past pytest's capturing of it."""
    if path != INPUT:
        return path
    capturing = config.pluginmanager.getplugin("capturemanager")
    if capturing is None:
        return standard_input()
    capturing.suspend_global_capture(in_=True)
    try:
        return standard_input()
    finally:
        capturing.resume_global_capture()
