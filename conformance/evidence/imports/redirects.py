"""The redirects among the entries of a file: what one led to is an entry of its own, if it was followed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote, urljoin, urlsplit

from conformance.asked import api_asked
from conformance.evidence.imports.entry import Entry

__all__ = ["answers_in"]

_PORTS = {"http": 80, "https": 443}


def answers_in(entries: Sequence[Entry], locations: Sequence[str]) -> list[Entry]:
    """The entries in their order, without redirects that were followed or that no API gave.

    One that led to no later entry which asks for an answer of an API is itself the answer. `locations` are
    the addresses that the entries name, as they name them; "" for those whose headers alone may name one.
    """
    answers: list[Entry] = []
    later = _Later()
    for place in reversed(_in_time(entries)):
        entry = entries[place]
        target = _target(entry, locations[place])
        followed = bool(target) and later.took(target)
        later.add(entry)
        if target and (followed or not entry.ours):
            continue
        answers.append(replace(entry, led=target))
    # Where nothing is left, none of them asks an API, and an error names what they ask.
    return sorted(answers, key=lambda entry: entry.number) or list(entries)


class _Later:
    """The entries that were asked after one."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()  # those of an API by address, less those that were led to
        self._hosts: Counter[str] = Counter()  # the same by host
        self._known: set[str] = set()  # the addresses of all

    def add(self, entry: Entry) -> None:
        spelled, host = _spelled(entry.url)
        self._known.add(spelled)
        if entry.ours:
            self._asked[spelled] += 1
            self._hosts[host] += 1

    def took(self, target: str) -> bool:
        """Whether one of them is where a redirect led to; each is so for one redirect.

        A client may spell an address in more ways than are known here. Of a redirect to an API, any entry
        that asks an API of the host is taken for it, unless one has the very address.
        """
        spelled, host = _spelled(target)
        exact = self._asked[spelled] > 0
        if exact:
            self._asked[spelled] -= 1
        elif not host or spelled in self._known or self._hosts[host] < 1 or not _of_api(target):
            return False
        self._hosts[host] -= 1
        return True


def _target(entry: Entry, location: str) -> str:
    """The address that an entry led to; "" if it is no redirect."""
    headers = {name.lower(): value for name, value in entry.headers or ()}
    location = location or headers.get("location", "")
    if entry.status not in range(300, 400) or not location:
        return ""
    try:
        return urljoin(entry.url, location.strip())
    except ValueError:
        return location


def _of_api(url: str) -> bool:
    parts = urlsplit(url)
    return api_asked("POST", parts.path, parts.query) is not None


def _spelled(url: str) -> tuple[str, str]:
    """An address in one spelling, without user and fragment, and its host; "" for that of no address.

    Clients note where a redirect leads as it was sent, and what they ask as they understood it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
        path = urljoin("/", f"/{parts.path.lstrip('/')}").lstrip("/")  # without dot segments
    except ValueError:
        return url, ""
    host = parts.hostname or ""
    return f"{parts.scheme}://{host}:{port}/{unquote(path)}?{unquote(parts.query)}", host


def _in_time(entries: Sequence[Entry]) -> list[int]:
    """The places of the entries in the order of their times; those without a time stay where they are."""
    times = {place: time for place, entry in enumerate(entries) for time in _time(entry.started)}
    moved = dict(zip(times, sorted(times, key=times.__getitem__), strict=True))
    return [moved.get(place, place) for place in range(len(entries))]


def _time(text: str) -> Iterator[datetime]:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return
    yield time if time.tzinfo else time.replace(tzinfo=UTC)
