"""A fault of the suite itself, told without the values that pytest would show of it."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from conformance.errors import ConformanceError
from conformance.evidence import Redactor
from conformance.gate import ExitCode

__all__ = ["TOLD", "faults_told", "shown_fault"]

TOLD = "the suite itself failed; please report this, with the lines above"


@contextmanager
def faults_told(tell: Callable[[str], object], secrets: Callable[[], tuple[str, ...]]) -> Iterator[None]:
    """Ends the session with exit code 3 after an exception that is no mistake of the user.

    pytest itself would show arguments and, with --showlocals, the variables of every frame, which hold keys.
    """
    try:
        yield
    except (ConformanceError, pytest.UsageError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told here
        tell(shown_fault(error, secrets()))
        # Without the frames below, of which pytest would show the arguments.
        ending = pytest.exit.Exception(TOLD, returncode=ExitCode.INTERNAL)
    else:
        return
    raise ending from None


def shown_fault(error: BaseException, secrets: tuple[str, ...]) -> str:
    """The traceback of an exception, with no variables and no secrets."""
    text = "".join(traceback.format_exception(error))
    return Redactor(secrets, loopback=True).text(text)
