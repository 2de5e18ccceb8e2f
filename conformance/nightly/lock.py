"""Keeps two nights out of one folder, whose reports and records would be taken for one another's."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from conformance.nightly.errors import NightUnderWayError
from conformance.run.errors import FolderUnusableError

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


__all__ = ["LOCK", "alone"]

LOCK = ".nightly.lock"
"""The file in the folder of the reports that a night holds open. It is empty, and stays."""

_TAKEN = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keeps other nights out of a folder, which is made. Raises NightUnderWayError and FolderUnusableError.

    The system gives the folder free when this process ends, however it is killed. A file system without
    locks keeps nobody out.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        file = (root / LOCK).open("ab")
    except OSError as error:
        raise FolderUnusableError(root, error.strerror or str(error)) from None
    with file:
        try:
            _lock(file)
        except OSError as error:
            if error.errno in _TAKEN:
                raise NightUnderWayError(root) from None
        yield
