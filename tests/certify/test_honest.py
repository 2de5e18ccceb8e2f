"""Evidence that is as it was recorded, and that a check for tricks must not take for one."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import pytest

from conformance.certify.recorded import misheaded, otherwise_dated
from conformance.certify.swapped import copies
from conformance.exchange import Api, Attempt, Exchange, Piece, Request
from conformance.providers import Provider

ASKED = "2026-11-26T12:00:00Z"


def answered(name: str, gaps: Sequence[float] = (), date: str = "") -> Exchange:
    """An exchange whose pieces came with these gaps."""
    times = accumulate([0.125, *gaps])
    return Exchange(
        id=name,
        api=Api.CHAT,
        provider="acme",
        model="m",
        started=ASKED,
        status=200,
        headers=(("Date", date),),
        pieces=tuple(Piece(data=b"x", at=at) for at in times),
    )


@pytest.mark.parametrize(
    ("gaps", "told"),
    [
        ((0.0, 0.016, 0.015, 0.031, 0.0, 0.016, 0.015), False),
        ((0.0,) * 8, False),
        ((0.000_013, 0.020_481, 0.019_977, 0.020_002, 0.020_1), True),
    ],
)
def test_by_a_clock_that_ticks_seldom_no_answer_is_a_copy(gaps: Sequence[float], *, told: bool) -> None:
    """Two answers then have the same gaps by chance."""
    assert bool([*copies([answered("one", gaps), answered("other", gaps)])]) is told


def test_a_date_of_another_zone_is_told_in_utc() -> None:
    """One that no calendar has in UTC is told of by nobody."""
    (problem,) = otherwise_dated([answered("one", date="Thu, 26 Nov 2026 12:00:00 +0200")])
    assert problem.message.startswith("dated 2026-11-26T10:00Z by the endpoint")
    assert not [*otherwise_dated([answered("one", date="Thu, 26 Nov 2026 14:00:00 +0200")])]
    assert not [*otherwise_dated([answered("one", date="Fri, 31 Dec 9999 23:59:59 -1400")])]


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://acme.example:443", "acme.example"),
        ("http://acme.example:80", "acme.example"),
        ("http://ACME.example:0443", "acme.example:443"),
        ("http://acme.example:", "acme.example"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://[::1]:443", "[::1]"),
        ("https://[::1]", "[::1]"),
    ],
)
def test_the_host_of_a_request_lacks_the_port_that_its_address_need_not_name(origin: str, host: str) -> None:
    """Every client leaves it out, and writes other ports and names in one way."""
    url = f"{origin}/v1/chat/completions"
    asked = replace(
        answered("one"),
        attempts=(Attempt(started=0.0, status=200),),
        request=Request(method="POST", url=url, headers=(("Host", host),)),
    )
    other = replace(asked, request=Request(url=url, headers=(("Host", f"not.{host}"),)))
    entry = Provider(name="acme", base_url=f"{origin}/v1")
    assert not [*misheaded(entry, [asked])]
    assert [problem.code for problem in misheaded(entry, [other])] == ["asked-otherwise"]


@pytest.mark.parametrize("url", ["http://[broken/v1", "http://acme.example:99999/v1"])
def test_the_host_of_what_is_no_address_is_left_to_the_check_of_addresses(url: str) -> None:
    """A forger may write anything there, and the check goes on."""
    asked = replace(
        answered("one"),
        attempts=(Attempt(started=0.0, status=200),),
        request=Request(url=url, headers=(("Host", "acme.example"),)),
    )
    assert not [*misheaded(Provider(name="acme", base_url="http://acme.example/v1"), [asked])]
