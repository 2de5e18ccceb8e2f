"""Lets a session go on whose output finds no room, or no reader: its report is what counts."""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from conformance.output import drop_output

__all__ = ["survives"]


def survives(config: pytest.Config, tell: Callable[[str], None]) -> None:
    """Makes what pytest prints go nowhere once it cannot be written.

    `tell` is given one sentence then, unless the reader of the output closed it, who wants no more.
    """
    if not config.pluginmanager.has_plugin("terminalreporter"):
        return
    writer: Any = config.get_terminal_writer()

    def lost(error: OSError) -> None:
        file, nowhere = writer._file, Path(os.devnull).open("w")  # noqa: SLF001, SIM115 - kept to the end
        writer._file = nowhere  # noqa: SLF001
        drop_output(file)
        with suppress(OSError, ValueError):
            file.flush()  # what it holds back would fail again at the end
        if not isinstance(error, BrokenPipeError):
            tell(f"the output could not be written: {error.strerror or error}")

    def guarded(write: Callable[..., None]) -> Callable[..., None]:
        @wraps(write)
        def tries(*arguments: Any, **named: Any) -> None:
            try:
                write(*arguments, **named)
            except OSError as error:
                lost(error)

        return tries

    for name in ("write", "write_raw", "flush"):
        setattr(writer, name, guarded(getattr(writer, name)))
