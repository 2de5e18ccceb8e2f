"""The standard output of a command, whose reader may close it before the end, as `head` does."""

from typing import Any, TextIO

from conformance.output import drop_output

__all__ = ["QuietOutput"]


class QuietOutput:
    """A stream that goes nowhere once its reader has closed the pipe, so that the exit code stays true.

    click would end the command with exit code 1, which says that something is broken.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        if not self._closed:
            try:
                return self._stream.write(text)
            except BrokenPipeError:
                self._leave()
        return len(text)

    def flush(self) -> None:
        if not self._closed:
            try:
                self._stream.flush()
            except BrokenPipeError:
                self._leave()

    def _leave(self) -> None:
        self._closed = True
        drop_output(self._stream)
