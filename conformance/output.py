"""What becomes of output that cannot be written."""

import os
from contextlib import suppress
from typing import TextIO

__all__ = ["drop_output"]


def drop_output(stream: TextIO) -> None:
    """Makes what a stream holds back go nowhere: it is written when the process ends, and would fail.

    A stream that is no file of the system is left as it is.
    """
    with suppress(OSError, ValueError, AttributeError):  # what is no file of the system
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)
