"""A recorder on a loopback port, from its first request to the reports."""

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Self

from conformance.capture.discretion import DISCREET
from conformance.capture.served import LocalServer
from conformance.providers import Provider
from conformance.record.address import Upstream, base_of
from conformance.record.errors import UpstreamUnusableError
from conformance.record.proxy import Proxy
from conformance.record.session import Session
from conformance.run.origin import Settings
from conformance.run.result import Result

__all__ = ["Recording"]

_SWITCH = 0.0005  # seconds after which the thread that judges lets the one that forwards go on


class Recording:
    """Stands in front of an upstream inside a `with` statement; afterwards `results` writes the reports."""

    def __init__(
        self,
        provider: Provider,
        settings: Settings,
        tell: Callable[[str], None],
        *,
        port: int = 0,
        drop_requests: bool = False,
    ) -> None:
        """`provider` is the upstream. `port` 0 takes a free one. `tell` is given a line for each exchange.

        Raises NotAnAddressError, UpstreamUnusableError and ProxyUnusableError.
        """
        self._upstream = Upstream(provider.base_url)
        self._provider = provider
        self._session = Session(provider, settings, tell, drop_requests=drop_requests)
        self._proxy = Proxy(self._upstream, self._session, provider.name, loopback=provider.loopback)
        self._served = LocalServer(self._proxy, "recorder", port, dated=False)
        self._interval = 0.0

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._served.port

    @property
    def base_url(self) -> str:
        """What an application uses in place of the upstream's base URL."""
        return base_of(self.port)

    @property
    def passed_on(self) -> int:
        """How many requests were passed on that are not judged."""
        return self._session.passed_on

    @property
    def lost(self) -> int:
        """How many exchanges and reports could not be written."""
        return self._session.lost

    def __enter__(self) -> Self:
        """Begins to listen. Raises OSError if the port cannot be used, and UpstreamUnusableError."""
        self._served.__enter__()
        self._proxy.port = self.port
        if self._provider.loopback and self._upstream.port == self.port:
            self._served.__exit__(None, None, None)
            raise UpstreamUnusableError(self._upstream.url, "it is the recorder itself")
        DISCREET.__enter__()
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._served.__exit__(kind, error, trace)
        sys.setswitchinterval(self._interval)
        DISCREET.__exit__(kind, error, trace)

    def results(self) -> list[Result]:
        """Waits until everything is judged, and writes a report for each model."""
        return self._session.close()
