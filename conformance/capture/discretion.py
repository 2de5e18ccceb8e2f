"""The logs of the HTTP libraries, which would leak addresses and headers."""

import logging
from threading import Lock
from types import TracebackType
from typing import Final

__all__ = ["DISCREET"]


class _Discretion:
    """Silences the logs of the HTTP libraries, which would leak URLs and headers, while any capture runs."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running = 0
        self._levels: dict[str, int] = {}

    def __enter__(self) -> None:
        with self._lock:
            self._running += 1
            if self._running > 1:
                return
            for name in ("httpx", "httpcore"):
                logger = logging.getLogger(name)
                self._levels[name] = logger.level
                logger.setLevel(max(logger.getEffectiveLevel(), logging.WARNING))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._running -= 1
            if not self._running:
                for name, level in self._levels.items():
                    logging.getLogger(name).setLevel(level)


DISCREET: Final = _Discretion()
"""Whatever asks endpoints does so inside a `with` statement of it, be it several at once."""
