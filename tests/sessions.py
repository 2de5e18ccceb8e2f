"""Runs sessions of pytest, each in a process that is forked when all that they need is imported already.

`tests/home.py` starts it, writes a line of JSON for each session, and reads one with its exit code. A session
has the folder, the environment and the output of its own; it must not care what is imported before it.
"""

import gc
import json
import os
import signal
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest
from _pytest.assertion import rewrite

from conformance.api import judge_exchanges
from conformance.report.page import render
from conformance.requirements import by_id
from tests.proof.streams import chat
from tests.proof.streams.handmade import exchange

__all__ = ["serve"]

_READY = (
    *("_pytest.junitxml", "hypothesis.internal.observability", "jinja2", "xml.etree.ElementTree"),
    *("conformance.plugin.hooks", "conformance.capture.terminal", "conformance.reference.server"),
)


def serve() -> None:
    """Answer line by line, until there are no more."""
    for name in _READY:
        import_module(name)
    # pytest tells of every module of a plugin that it cannot rewrite, as it is imported already.
    rewrite.AssertionRewritingHook._warn_already_imported = _silent  # type: ignore[method-assign]
    # What a first report makes once, schemas and templates, the sessions find made.
    (result,) = judge_exchanges([exchange(chat.LEGAL[0])])
    render(result.report, result.run.judgement.streams, by_id)
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            _run(asked)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps({"code": code}), flush=True)  # noqa: T201 - the answer


def _silent(self: rewrite.AssertionRewritingHook, name: str) -> None:
    """Say nothing."""


def _run(asked: Mapping[str, Any]) -> None:
    """Be the session; raises SystemExit."""
    signal.alarm(asked["seconds"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    for number, path in enumerate((os.devnull, asked["out"], asked["err"])):
        file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.argv = [pytest.__file__, *asked["arguments"]]
    sys.orig_argv = [sys.executable, "-m", "pytest", *asked["arguments"]]
    sys.path[0] = asked["folder"]
    raise SystemExit(pytest.main())


if __name__ == "__main__":
    serve()
