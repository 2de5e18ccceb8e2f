"""The guard: which connections it refuses, however they are made, and which it allows."""

import asyncio
import os
import socket
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest

from tests import home
from tests.capture.hostile import GOOD, Hostile
from tests.guard.sitecustomize import ATTEMPTS, AwayError

SOON = 0.3  # seconds, where a guard that is broken lets an attempt through


def _socket(host: str, kind: socket.SocketKind = socket.SOCK_STREAM) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    made.settimeout(SOON)
    return made


def connect(host: str) -> None:
    with _socket(host) as made:
        made.connect((host, 9))


def connect_ex(host: str) -> None:
    with _socket(host) as made:
        made.connect_ex((host, 9))


def create_connection(host: str) -> None:
    socket.create_connection((host, 9), SOON).close()


def sendto(host: str) -> None:
    with _socket(host, socket.SOCK_DGRAM) as made:
        made.sendto(b"x", 0, (host, 9))


def sendmsg(host: str) -> None:
    with _socket(host, socket.SOCK_DGRAM) as made:
        made.sendmsg([b"x"], [], 0, (host, 9))


def getaddrinfo(host: str) -> None:
    socket.getaddrinfo(host.encode(), 9)


def gethostbyname(host: str) -> None:
    socket.gethostbyname(host)


def gethostbyname_ex(host: str) -> None:
    socket.gethostbyname_ex(host)


def gethostbyaddr(host: str) -> None:
    socket.gethostbyaddr(host)


def getnameinfo(host: str) -> None:
    socket.getnameinfo((host, 9), 0)


def open_connection(host: str) -> None:
    async def opened() -> None:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, 9), SOON)
        writer.close()

    asyncio.run(opened())


def sock_connect(host: str) -> None:
    async def connected() -> None:
        with _socket(host) as made:
            made.setblocking(False)
            await asyncio.wait_for(asyncio.get_running_loop().sock_connect(made, (host, 9)), SOON)

    asyncio.run(connected())


def _url(host: str) -> str:
    return f"http://[{host}]:9/" if ":" in host else f"http://{host}:9/"


def urlopen(host: str) -> None:
    urllib.request.urlopen(_url(host), timeout=SOON).close()  # noqa: S310 - of http, as written above


def httpx_get(host: str) -> None:
    httpx.get(_url(host), timeout=SOON)


def httpx_async(host: str) -> None:
    async def got() -> None:
        async with httpx.AsyncClient(timeout=SOON) as client:
            await client.get(_url(host))

    asyncio.run(got())


WAYS = (
    connect,
    connect_ex,
    create_connection,
    sendto,
    sendmsg,
    getaddrinfo,
    gethostbyname,
    gethostbyname_ex,
    gethostbyaddr,
    getnameinfo,
    open_connection,
    sock_connect,
    urlopen,
    httpx_get,
    httpx_async,
)
# Where nobody answers, so that a guard that is broken disturbs nobody.
AWAY = {
    "public": "192.0.2.1",
    "private": "10.255.255.1",
    "link-local": "169.254.0.1",
    "any": "0.0.0.0",  # noqa: S104 - the system takes it for this machine, and others for a mistake
    "next-before": "126.255.255.255",
    "next-after": "128.0.0.1",
    "public-6": "2001:db8::1",
    "local-6": "fd00::1",
    "mapped": "::ffff:127.0.0.1",
    "name": "vendor.example",
    "name-of-a-network": "printer.local",
    "localhost-of-others": "localhost.example",
    "loopback-of-others": "127.0.0.1.example",
}
HERE = ("127.0.0.1", "127.8.9.10", "::1", "localhost", "LOCALHOST")
Way = Callable[[str], None]


def _only(error: BaseException) -> BaseException:
    """The one exception of groups in groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


@pytest.mark.parametrize("host", AWAY.values(), ids=AWAY)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_an_address_of_others_is_refused(
    way: Way, host: str, attempts: Path, request: pytest.FixtureRequest
) -> None:
    """Before anybody is asked; the error names it and the test, and says what to do."""
    with pytest.raises(BaseException) as refused:  # noqa: PT011 - which one is looked at below
        way(host)
    error = _only(refused.value)
    assert isinstance(error, AwayError), repr(error)
    assert not isinstance(error, Exception)
    (line,) = attempts.read_text().splitlines()
    assert line == str(error)
    shown = str(ip_address(host)) if way is httpx_async and ":" in host else host
    assert line.startswith(f"{request.node.nodeid} (call) asked for {shown}")
    assert "Let a server on 127.0.0.1 answer instead" in line


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
@pytest.mark.parametrize("method", ["connect", "connect_ex", "sendto", "sendmsg"])
def test_what_is_below_the_sockets_of_the_library_is_refused_too(
    method: str, host: str, attempts: Path
) -> None:
    """As of a library that kept a method from before the guard was there."""
    kind = socket.SOCK_DGRAM if method.startswith("send") else socket.SOCK_STREAM
    made = socket.SocketType(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    made.settimeout(SOON)
    before = {"sendto": (b"x",), "sendmsg": ([b"x"], [], 0)}.get(method, ())
    with pytest.raises(AwayError):
        getattr(made, method)(*before, (host, 9))
    made.close()
    assert host in attempts.read_text()


def test_no_host_is_this_machine(attempts: Path) -> None:
    """Of a server, which listens."""
    assert socket.getaddrinfo(None, 9)
    assert not attempts.exists()


def test_what_is_connected_already_has_no_address(attempts: Path) -> None:
    with _socket("127.0.0.1", socket.SOCK_DGRAM) as server, _socket("127.0.0.1", socket.SOCK_DGRAM) as client:
        server.bind(("127.0.0.1", 0))
        client.connect(server.getsockname())
        client.sendmsg([b"x"])
        assert server.recv(1) == b"x"
    assert not attempts.exists()


@pytest.mark.parametrize("host", HERE)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_this_machine_is_not(way: Way, host: str, attempts: Path) -> None:
    """Whether somebody listens there or not."""
    with suppress(OSError, httpx.HTTPError):
        way(host)
    assert not attempts.exists()


def test_a_server_of_this_machine_answers(attempts: Path) -> None:
    with Hostile([GOOD]) as server:
        assert httpx.get(f"{server.base_url}/models").status_code == 200
        assert httpx.get(f"http://localhost:{server.port}/").status_code == 200
    assert not attempts.exists()


def test_sockets_of_the_file_system_are_of_this_machine(tmp_path: Path, attempts: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)
    assert not attempts.exists()


def test_other_families_of_addresses_are_refused(attempts: Path) -> None:
    """A virtual machine has one to ask its host by."""
    if not hasattr(socket, "AF_VSOCK"):
        pytest.skip("this system has no such family")
    try:
        made = socket.socket(socket.AF_VSOCK)
    except OSError as error:
        pytest.skip(f"this system makes no such socket: {error}")
    with made, pytest.raises(AwayError, match="AF_VSOCK"):
        made.connect((2, 9))
    assert attempts.exists()


def test_a_mistake_in_an_address_is_told_as_one(attempts: Path) -> None:
    with _socket("127.0.0.1") as made, pytest.raises(TypeError):
        made.connect("127.0.0.1")
    with _socket("127.0.0.1") as made, pytest.raises(TypeError):
        made.connect()  # type: ignore[call-arg]
    assert not attempts.exists()


def test_this_session_has_a_file_of_its_own() -> None:
    """Which a session that a test starts shares, unless it is told another."""
    assert Path(os.environ[ATTEMPTS]).parent.is_dir()
    assert home.environment()[ATTEMPTS] == os.environ[ATTEMPTS]
