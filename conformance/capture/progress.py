"""The interface through which a capture reports its progress."""

from typing import Protocol

from conformance.exchange import Ended

__all__ = ["Progress", "Silent"]


class Progress(Protocol):
    """Called at every step of a capture, from the capturing thread. No method may block."""

    def begins(self, provider: str, requests: int) -> None:
        """A provider will be sent this many requests."""

    def sends(self, provider: str, exchange: str) -> None:
        """An attempt to send a request begins."""

    def waits(self, provider: str, exchange: str, seconds: float, why: str) -> None:
        """The next attempt will be made after this many seconds."""

    def receives(self, provider: str, exchange: str, size: int, events: int) -> None:
        """A piece of a body arrived. `size` and `events` count bytes and events of this body so far."""

    def ends(self, provider: str, exchange: str, ended: Ended) -> None:
        """An exchange is over. Called for every request, including those that were not sent."""


class Silent:
    """Progress that shows nothing."""

    def begins(self, provider: str, requests: int) -> None:
        """Does nothing."""

    def sends(self, provider: str, exchange: str) -> None:
        """Does nothing."""

    def waits(self, provider: str, exchange: str, seconds: float, why: str) -> None:
        """Does nothing."""

    def receives(self, provider: str, exchange: str, size: int, events: int) -> None:
        """Does nothing."""

    def ends(self, provider: str, exchange: str, ended: Ended) -> None:
        """Does nothing."""
