"""What a certificate says to people beside its verdict, on page and terminal alike. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from conformance.text import counted

__all__ = ["broken_in", "install", "once", "reach", "sent"]

_HERE = ("localhost", "local", "internal", "lan", "home", "test")  # the last part of names of one network


def once(samples: int) -> str:
    """How often the suite sends each scenario of a certificate."""
    return f"each scenario is sent {samples} times, and one that expects a refusal once"


def sent(exchanges: Iterable[str]) -> str:
    """How often each scenario was sent, counted by the ids of the exchanges."""
    names = list(exchanges)
    again = sum(name.endswith(".again") for name in names)
    each = Counter(name.partition(".")[0] for name in names if not name.endswith(".again"))
    times = Counter(each.values())
    parts = [
        f"{counted(number, 'scenario')} {'once' if often == 1 else f'{often} times'}"
        for often, number in sorted(times.items(), reverse=True)
    ]
    parts += [f"{counted(again, 'request')} again for its timing"] if again else []
    return f"{counted(len(names), 'exchange')}{': ' if parts else ''}{', '.join(parts)}"


def broken_in(scenario: str, subjects: Sequence[str]) -> str:
    """Which samples of a scenario these are, such as `samples 1 and 3`; their names if they are groups."""
    numbers = [_sample(scenario, name) for name in subjects]
    if None in numbers or not numbers:
        return ", ".join(subjects)
    *most, last = [str(number) for number in sorted(filter(None, numbers))]
    return f"samples {', '.join(most)} and {last}" if most else f"sample {last}"


def _sample(scenario: str, subject: str) -> int | None:
    number = "1" if subject == scenario else subject.removeprefix(f"{scenario}.")
    return int(number) if number.isascii() and number.isdigit() else None


def reach(endpoint: str) -> str:
    """Why nobody but the vendor can ask an endpoint; "" if its address does not say so."""
    try:
        host = urlsplit(endpoint).hostname or ""
    except ValueError:
        return ""
    if not host or not _apart(host):
        return ""
    return f"Only its own computer or network reaches the endpoint, at {host}: nobody else can ask it again."


def _apart(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.rstrip(".").rpartition(".")[2] in _HERE


def install(version: str, commit: str) -> str:
    """Where to get the suite that made a bundle: no public address of it is known."""
    what = f"its commit {commit}" if commit else f"its version {version}"
    return (
        f"take {what} from the repository that you know as stream-conformance, or ask whoever gave you the "
        "bundle for it"
    )
