"""Runs pytest as `python -m pytest` does, and keeps in a log what it says on standard error.

It is run as a file, with the path of the log before the arguments of pytest: a terminal stays a terminal, and
pytest is the first to import this package.
"""

import re
import runpy
import sys
from pathlib import Path
from typing import Any, TextIO

KEPT = 16_000
"""Characters of standard error that are kept: the last ones."""

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""Colours, and the moves of a bar of progress."""
_REPLACED = re.compile(r"[^\n]*\r(?!\n)")  # what a bar of progress was before its last move


class _Heard:
    """A stream of text that remembers the end of what was written to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.text = ""

    def write(self, text: str) -> int:
        self.text = (self.text + text)[-KEPT:]
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def main() -> None:
    """Runs pytest with the arguments behind the log, and ends as it does."""
    log = Path(sys.argv.pop(1))
    log.unlink(missing_ok=True)  # that of an earlier night says nothing of this one
    sys.path[0] = str(Path.cwd())  # as `-m` has it
    heard = _Heard(sys.stderr)
    sys.stderr = heard
    try:
        runpy.run_module("pytest", run_name="__main__", alter_sys=True)
    finally:
        if text := _REPLACED.sub("", CONTROL.sub("", heard.text)):
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
