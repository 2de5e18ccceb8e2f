"""The cost of comparing grows with the number of events, for any input; what is kept is bounded."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.wirediff import ChangeKind, streams, wire_difference
from conformance.wirediff.flat import MOST, FlatValue, flat
from tests.test_bounds import FOUR, steps
from tests.wirediff.pairs import chunk, compared, deltas, document, event

Frames = Callable[[int], list[bytes]]


def pieces(count: int) -> list[bytes]:
    return [chunk({"content": f"t{place} "}) for place in range(count)]


HOSTILE: dict[str, tuple[Frames, Frames]] = {
    "the same": (pieces, pieces),
    "reversed": (pieces, lambda count: pieces(count)[::-1]),
    "merged": (pieces, lambda count: deltas("".join(f"t{place} " for place in range(count)))),
    "split": (lambda count: deltas("".join(f"t{place} " for place in range(count))), pieces),
    "other words": (pieces, lambda count: [chunk({"content": f"{place}u"}) for place in range(2 * count)]),
    "choices": (pieces, lambda count: [chunk({"content": "x"}, index=place) for place in range(count)]),
    "empty": (pieces, lambda count: [chunk()] * count),
    "types": (
        lambda count: [event({"type": f"a{place}"}) for place in range(count)],
        lambda count: [event({"type": f"b{place}"}) for place in range(count)],
    ),
}


@pytest.mark.parametrize("shape", HOSTILE)
def test_an_event_is_looked_at_a_few_times(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the stream is: its values are compared with those of its partners, never with all."""
    looked = 0

    def counted(value: object, name: str | None = None) -> FlatValue:
        nonlocal looked
        looked += 1
        return flat(value, name)

    monkeypatch.setattr(streams, "flat", counted)
    direct, gateway = HOSTILE[shape]
    for count in (50, 400):
        looked = 0
        compared(direct(count), gateway(count))
        assert looked <= 8 * count


def test_what_is_kept_is_bounded() -> None:
    """Of places that a stream makes up, the first thousands are told and the others counted."""
    found = compared(
        [chunk({"content": "a"})] * 3000, [event({"choices": [], f"k{at}": at}) for at in range(3000)]
    )
    assert len(found.changes) <= 2_000
    assert found.left_out > 0


def test_a_value_of_any_size_and_depth_is_compared_to_its_bound() -> None:
    wide = {f"k{place}": place for place in range(2 * MOST)}
    (row,) = wire_difference([document(wide)], [document(wide | {"k0": "x"})]).changes
    assert (row.kind, row.place) == (ChangeKind.RETYPED, "k0")
    assert len(flat(wide).leaves) < 2 * MOST
    deep = b"[" * 100_000 + b"]" * 100_000
    found = compared([b"data: " + deep + b"\n\n"], [b'data: {"a":' * 3 + b"\n\n"])
    assert {one.kind for one in found.changes} == {ChangeKind.DROPPED, ChangeKind.INSERTED}


def objects(name: str, count: int) -> list[bytes]:
    keys: dict[str, Any] = {f"{name}{at}": {"x": f"value {at}"} for at in range(count)}
    return [chunk(**keys)]


WIDE: dict[str, tuple[Frames, Frames]] = {
    "objects under other names": (
        lambda count: objects("a", count),
        lambda count: objects("b", count),
    ),
    "many keys, and many pieces": (
        lambda count: [chunk({"content": "x" * count}, **{f"k{at}": 1 for at in range(count)})],
        lambda count: deltas(*"x" * count),
    ),
}


@pytest.mark.parametrize("shape", WIDE)
def test_the_keys_of_an_event_are_not_each_looked_for_among_all(shape: str) -> None:
    direct, gateway = WIDE[shape]

    def compare(count: int) -> int:
        return steps(lambda: compared(direct(count), gateway(count)))

    compare(4)
    assert compare(400) < FOUR * compare(100)


def test_values_very_deep_inside_others_are_left_out() -> None:
    """The path of each holds the names of all."""
    assert len(flat(json.loads("[" * 900 + "]" * 900)).leaves) == 65
