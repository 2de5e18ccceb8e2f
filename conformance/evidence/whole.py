"""Puts files in place whole: a process that is killed leaves the old file or the new one."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

__all__ = ["put_whole"]


@contextmanager
def put_whole(path: Path) -> Iterator[Path]:
    """The path of a hidden neighbour to write, which then takes the place of `path`.

    No two writers have the same neighbour, so of those who write one file at once the last decides. After an
    exception there is no neighbour, and `path` is as it was. Raises OSError.
    """
    neighbour = path.with_name(f".{path.name}.{token_hex(4)}.part")
    try:
        yield neighbour
        neighbour.replace(path)
    except BaseException:
        with suppress(OSError):
            neighbour.unlink()
        raise
