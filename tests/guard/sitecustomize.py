"""The guard of the tests: it stops a process from connecting to anything but this machine.

The test session installs it explicitly. Python processes that the tests start have this folder on their
PYTHONPATH, where Python finds it under the name that it imports before anything else.

It uses the interpreter's audit hooks, so no library, thread or saved reference to a function can bypass it.
It also writes down every connection that it refuses: code may swallow the exception, but not the line in the
file, and the session fails the test that caused it.
"""

import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from ipaddress import ip_address, ip_network
from typing import Any

__all__ = ["ATTEMPTS", "TEST", "AwayError", "install"]

ATTEMPTS = "TESTS_AT_HOME_ATTEMPTS"
"""The variable with the path of the file that takes what was refused, a line each."""

TEST = "TESTS_AT_HOME_TEST"
"""The variable that tells a process which test started it."""

_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_SENDING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_ASKING = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_KEPT: dict[str, str] = {}  # both variables as they were at first, for those who empty their environment
_WHAT_TO_DO = (
    "Tests ask nobody but this machine, which is 127.0.0.0/8, ::1 and localhost. Let a server on 127.0.0.1 "
    "answer instead (`Reference` of conformance/reference/server.py, `Hostile` of tests/capture/hostile.py), "
    "or plan without sending."
)


class AwayError(BaseException):
    """Somebody asked for an address that is not of this machine.

    No Exception, since the capture takes those for faults of the network, which belong into its evidence.
    """


def install() -> None:
    """Refuse from now on, to the end of the process. A second call changes nothing."""
    if hasattr(socket.socket.connect, "__wrapped__"):
        return
    for name, least in {"connect": 1, "connect_ex": 1, "sendto": 2, "sendmsg": 4}.items():
        setattr(socket.socket, name, _checked_first(getattr(socket.socket, name), least))
    _KEPT.update({name: os.environ[name] for name in (ATTEMPTS, TEST) if name in os.environ})
    sys.addaudithook(_heard)


def _checked_first(method: Callable[..., Any], least: int) -> Callable[..., Any]:
    """A method of sockets whose address, the last of at least so many arguments, is checked at once.

    The interpreter tells its audit hooks when somebody was asked for the name of the host already.
    """

    @wraps(method)
    def checked(self: socket.socket, *arguments: Any) -> Any:
        if len(arguments) >= least:
            _check(self, arguments[-1])
        return method(self, *arguments)

    return checked


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _SENDING:
        _check(*arguments)
    elif event in _ASKING and arguments[0]:  # no name means this machine
        _check_host(*arguments[:2])
    elif event == "socket.getnameinfo":
        _check_host(arguments[0][0])


def _check(sender: socket.socket, address: Any) -> None:
    if sender.family == socket.AF_UNIX:
        return
    if sender.family not in (socket.AF_INET, socket.AF_INET6):
        _refuse(f"{address!r} of the family {sender.family!r}")
    # What is connected already has no address; one of another form is a mistake, and told as one.
    if isinstance(address, tuple) and len(address) > 1:
        _check_host(*address[:2])


def _check_host(host: Any, port: Any = None) -> None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
    if name.lower() != "localhost" and not _loopback(name):
        _refuse((name or "no host") + (f" port {port}" if port else ""))


def _loopback(name: str) -> bool:
    try:
        address = ip_address(name)
    except ValueError:  # a name, which somebody would have to be asked for
        return False
    return any(address in network for network in _LOOPBACK)


def _refuse(wanted: str) -> None:
    message = f"{_who()} asked for {wanted}, and was refused. {_WHAT_TO_DO}"
    path = os.environ.get(ATTEMPTS) or _KEPT.get(ATTEMPTS)
    if path:
        with suppress(OSError), open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 - starts faster
            file.write(f"{message}\n")
    raise AwayError(message)


def _who() -> str:
    """The test at fault, and the process where it is not the session's own."""
    test = os.environ.get("PYTEST_CURRENT_TEST")
    starter = os.environ.get(TEST) or _KEPT.get(TEST)
    if not starter:
        return test or "A module, while the tests were collected, or something after their end,"
    command = " ".join(" ".join(sys.orig_argv).split())
    return f"{f'{test}, in a' if test else 'A'} process of {starter}, {command[:120]!r},"


if __name__ == "sitecustomize":
    install()
