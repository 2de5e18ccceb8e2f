"""What a capture tells while it waits, to whoever wants to show it."""

from typing import Protocol

from conformance.exchange import Ended

__all__ = ["Progress", "Silent"]


class Progress(Protocol):
    """Told of every step of a capture, from the thread that captures. None of it may block."""

    def begins(self, provider: str, requests: int) -> None:
        """A provider is going to be sent this many requests."""

    def sends(self, provider: str, exchange: str) -> None:
        """An attempt of a request begins."""

    def waits(self, provider: str, exchange: str, seconds: float, why: str) -> None:
        """The next attempt of a request comes after a wait."""

    def receives(self, provider: str, exchange: str, size: int, events: int) -> None:
        """A piece of a body came: so many bytes and events of this body by now."""

    def ends(self, provider: str, exchange: str, ended: Ended) -> None:
        """An exchange is over; of every request, also of one that was not sent."""


class Silent:
    """Shows nothing."""

    def begins(self, provider: str, requests: int) -> None:
        """Nothing."""

    def sends(self, provider: str, exchange: str) -> None:
        """Nothing."""

    def waits(self, provider: str, exchange: str, seconds: float, why: str) -> None:
        """Nothing."""

    def receives(self, provider: str, exchange: str, size: int, events: int) -> None:
        """Nothing."""

    def ends(self, provider: str, exchange: str, ended: Ended) -> None:
        """Nothing."""
