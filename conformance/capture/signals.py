"""The signals that end a run as Ctrl-C does."""

import signal
from typing import Final

__all__ = ["ENDING"]

ENDING: Final = tuple(
    number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)
"""A supervisor or a closed terminal sends them. Windows has only the first."""
