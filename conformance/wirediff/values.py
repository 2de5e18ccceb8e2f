"""Compares the JSON values of events that belong together, path by path. Pure."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.text import counted, same_but_redacted, shown
from conformance.wirediff.collect import EXAMPLE, Collector, generated, prefix
from conformance.wirediff.flat import FlatValue, Leaf, beneath, parent_in, topmost
from conformance.wirediff.records import ChangeKind
from conformance.wirediff.texts import Relation, related_whole

__all__ = ["Course", "FlatValueCache", "compare_one", "compare_several"]

ABSENT = "absent"
_REMEMBERED = 64  # values that are held flattened
_TEXTS = frozenset(
    {
        "arguments",
        "content",
        "delta",
        "input",
        "output_text",
        "reasoning",
        "reasoning_content",
        "refusal",
        "summary",
        "text",
        "transcript",
    }
)
"""The last keys of values that are a model's own words."""
_COUNTED = ("usage", "logprobs")  # what a model's words decide: their number and how likely they are
_HOLLOW: tuple[Any, ...] = (None, "", 0, False)  # values that are the same by chance


@dataclass(slots=True)
class Course:
    """What is known of the exchange whose values are compared.

    `spoken` are the paths of texts that are compared piece by piece elsewhere, `renamed` those that have
    another name behind the gateway. `retold` says that the model's words differ, as they do where a model is
    asked twice, and `one_answer` that its stream has the same words on both sides, so that other words beside
    it were changed.
    """

    collector: Collector
    spoken: frozenset[str] = frozenset()
    renamed: Mapping[str, str] | None = None
    retold: bool = False
    one_answer: bool = False


class FlatValueCache:
    """Flattened values by their number, the last few of them kept."""

    def __init__(self, make: Callable[[int], FlatValue]) -> None:
        self._make = make
        self._kept: OrderedDict[int, FlatValue] = OrderedDict()

    def __getitem__(self, number: int) -> FlatValue:
        if number in self._kept:
            self._kept.move_to_end(number)
        else:
            self._kept[number] = self._make(number)
            if len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
        return self._kept[number]


def compare_one(course: Course, direct: FlatValue, gateway: FlatValue, event: str = "") -> None:
    """Compares two values of which each is the only one that belongs to the other."""
    before, after = _under_new_names(course, direct, event), gateway.leaves
    # What was in an object that is now null is not told of as well.
    replaced = {
        path: None for path in before if path in after and before[path][0].sort != after[path][0].sort
    }
    gone = (path for path in before if path not in after and not beneath(path, replaced))
    new = (path for path in after if path not in before and not beneath(path, replaced))
    dropped, added = dict.fromkeys(topmost(gone)), dict.fromkeys(topmost(new))
    renamed = _renamed(before, after, dropped, added)
    olds = _examples([old for old, _ in renamed], before)
    names = _examples([name for _, name in renamed], after)
    for old, name in renamed:
        example = olds[old], names[name]
        course.collector.change(ChangeKind.KEY_RENAMED, f"{old} → {name}", *example, event=event, words=True)
        del dropped[old], added[name]
    # Of several objects in an array, some may have lost a key or got one.
    uneven = {path: fewer for path in before if path in after and (fewer := _fewer(path, before, after))}
    _tell(
        course,
        ChangeKind.KEY_DROPPED,
        [*dropped, *(path for path in uneven if uneven[path] > 0)],
        before,
        event,
    )
    _tell(
        course, ChangeKind.KEY_ADDED, [*added, *(path for path in uneven if uneven[path] < 0)], after, event
    )
    retyped: dict[str, None] = {}
    for path in before:
        if path in after and not (path in uneven or beneath(path, retyped)):
            inside = f"{path}.*"
            arrays = before[path][0].sort == after[path][0].sort == "array"
            if arrays and not (inside in before and inside in after):
                continue  # what only one of them holds is told as added or dropped
            _values(course, path, before[path], after[path], retyped, event)
    for path, keys in direct.orders.items():
        others = gateway.orders.get(path)
        if others and keys != others and _order_differs(keys, others):
            name = f"{path}: " if path else ""
            example = f"{name}{_listed(keys)}", f"{name}{_listed(others)}"
            course.collector.change(
                ChangeKind.FRAMING, "the order of keys", *example, event=event, words=True
            )
            break  # once for an event, however many objects it has


def compare_several(
    course: Course,
    one: FlatValue,
    others: Sequence[FlatValue],
    kind: ChangeKind,
    event: str = "",
    *,
    values: bool = False,
) -> None:
    """Compares an event with those that it was made of, or became.

    `kind` is what it is called where it alone has a key. With `values` the values are compared as well.
    """
    mine = _under_new_names(course, one, event) if kind is ChangeKind.KEY_DROPPED else one.leaves
    theirs = [
        other.leaves if kind is ChangeKind.KEY_DROPPED else _under_new_names(course, other, event)
        for other in others
    ]
    held: dict[str, list[list[Leaf]]] = {}
    for other in theirs:
        # One large event may have become many small ones, or many small ones a large one.
        few, many = sorted((mine, other), key=len)
        for path in few:
            if path in many:
                held.setdefault(path, []).append(other[path])
    alone = topmost(path for path in mine if path not in held)
    _tell(course, kind, alone, mine, event)
    if not values:
        return
    retyped: dict[str, None] = {}
    for path, leaves in mine.items():
        has = held.get(path)
        # Of several events each has its own share: what one of them has is not changed.
        if has and not beneath(path, retyped) and not _shared(leaves[0], has):
            _values(course, path, has[0], leaves, retyped, event)


def _fewer(path: str, before: Mapping[str, list[Leaf]], after: Mapping[str, list[Leaf]]) -> int:
    """How many objects lack a key behind the gateway, of as many objects on both sides."""
    fewer = len(before[path]) - len(after[path])
    parent = path.rpartition(".")[0]
    if not fewer or path.endswith("*") or parent not in before or parent not in after:
        return 0
    return fewer if len(before[parent]) == len(after[parent]) else 0


def _shared(leaf: Leaf, others: Sequence[list[Leaf]]) -> bool:
    sorts = {other[0].sort for other in others}
    if leaf.sort == "array" or "null" in (leaf.sort, *sorts):
        return True
    return leaf.sort in sorts and (leaf.sort == "object" or any(other[0] == leaf for other in others))


def _under_new_names(course: Course, direct: FlatValue, event: str) -> Mapping[str, list[Leaf]]:
    """The leaves of the upstream, those of a renamed text by their new name, which is told."""
    names = course.renamed
    if not names or not any(path in direct.leaves for path in names):
        return direct.leaves
    found: dict[str, list[Leaf]] = {}
    for path, leaves in direct.leaves.items():
        if path in names and names[path] not in direct.leaves and leaves[0].sort == "string":
            text = shown(leaves[0].value, EXAMPLE)
            place = f"{path} → {names[path]}"
            course.collector.change(ChangeKind.KEY_RENAMED, place, text, text, event=event, words=True)
            path = names[path]  # noqa: PLW2901 - by its new name
        found[path] = leaves
    return found


def _renamed(
    before: Mapping[str, list[Leaf]],
    after: Mapping[str, list[Leaf]],
    dropped: Mapping[str, None],
    added: Mapping[str, None],
) -> list[tuple[str, str]]:
    """Keys of one object with the same value, which is none that many keys have by chance."""
    if not (dropped and added):
        return []
    by_value: dict[tuple[str, str], str] = {}
    for path, value in _whole(added, after):
        by_value.setdefault((path.rpartition(".")[0], value), path)
    found = []
    for path, value in _whole(dropped, before):
        new = by_value.pop((path.rpartition(".")[0], value), None)
        if new is not None:
            found.append((path, new))
    return found


def _whole(paths: Mapping[str, None], leaves: Mapping[str, list[Leaf]]) -> Iterator[tuple[str, str]]:
    """The values at paths of which none is in another, each with all that is in it, as one text.

    Those that say too little to be known again are left out.
    """
    inside: dict[str, list[Any]] = {}
    for name, held in leaves.items():
        if path := parent_in(name, paths):
            told = [(leaf.sort, leaf.value) for leaf in held]
            inside.setdefault(path, []).append((name.removeprefix(path), told))
    for path in paths:
        first = leaves[path][0]
        if first.sort in ("object", "array"):
            if path in inside:
                yield path, repr(inside[path])
            continue
        hollow = first.sort in ("null", "boolean") or first.value in _HOLLOW
        if not hollow:
            yield path, repr([(leaf.sort, leaf.value) for leaf in leaves[path]])


def _tell(
    course: Course, kind: ChangeKind, paths: Sequence[str], leaves: Mapping[str, list[Leaf]], event: str
) -> None:
    for path, example in _examples(paths, leaves).items():
        sides = (example, ABSENT) if kind is ChangeKind.KEY_DROPPED else (ABSENT, example)
        framing = path == "event:"
        place = "`event:` lines" if framing else path
        told = ChangeKind.FRAMING if framing else kind
        course.collector.change(told, place, *sides, event=event, words=True)


def _values(
    course: Course,
    path: str,
    before: Sequence[Leaf],
    after: Sequence[Leaf],
    retyped: dict[str, None],
    event: str,
) -> None:
    collector = course.collector
    for one, two in zip(before, after, strict=False):
        if one.sort != two.sort:
            retyped[path] = None
            example = _typed(one), _typed(two)
            collector.change(ChangeKind.RETYPED, path, *example, event=event, words=True)
        elif one.sort == "array" and one.value != two.value:
            if course.retold and any(key in path for key in _COUNTED):
                collector.per_request(path, one.value, two.value)
            else:
                example = counted(one.value, "item"), counted(two.value, "item")
                collector.change(ChangeKind.CHANGED, path, *example, event=event, words=True)
        elif one.value != two.value:
            _other_value(course, path, one.value, two.value, event)
        elif one.sort not in ("object", "array", "null"):
            collector.kept(path)


def _other_value(course: Course, path: str, before: Any, after: Any, event: str) -> None:
    collector, last = course.collector, path.rpartition(".")[2]
    if path in course.spoken:
        return
    strings = isinstance(before, str) and isinstance(after, str)
    if strings and same_but_redacted(before, after):  # each side has the credentials of its own request
        collector.kept(path)
    elif generated(path):
        if prefix(before) != prefix(after):
            collector.change(ChangeKind.CHANGED, f"the form of {path}", before, after, event=event)
        else:
            collector.per_request(path, before, after)
    elif last in _TEXTS and strings:
        retold = course.retold or (not course.one_answer and related_whole(before, after) is Relation.OTHER)
        if retold and before and after:
            course.retold = True
            collector.per_request(path, before, after)
        else:
            collector.change(ChangeKind.CHANGED, path, before, after, event=event)
    elif course.retold and (any(key in path for key in _COUNTED) or last == "finish_reason"):
        collector.per_request(path, before, after)
    else:
        collector.change(ChangeKind.CHANGED, path, before, after, event=event)


def _examples(paths: Sequence[str], leaves: Mapping[str, list[Leaf]]) -> dict[str, str]:
    """What is at some paths, as it is shown."""
    if not paths:
        return {}
    keys: dict[str, list[str]] = {}
    for name in leaves:
        path, _, key = name.rpartition(".")
        keys.setdefault(path, []).append(key)
    return {path: _shown(leaves[path][0], keys.get(path, ())) for path in paths}


def _shown(leaf: Leaf, keys: Sequence[str]) -> str:
    match leaf.sort:
        case "object":
            return _listed(keys)
        case "array":
            return f"an array of {leaf.value}"
        case _:
            return shown(leaf.value, EXAMPLE)


def _typed(leaf: Leaf) -> str:
    if leaf.sort in ("object", "array", "null"):
        return leaf.sort
    return f"{leaf.sort} {shown(leaf.value, EXAMPLE)}"


def _listed(keys: Sequence[str]) -> str:
    inside = ", ".join(keys[:8]) + (", …" if len(keys) > 8 else "")
    return f"{{{inside}}}"


def _order_differs(keys: Sequence[str], others: Sequence[str]) -> bool:
    held, wanted = frozenset(keys), frozenset(others)
    return [key for key in keys if key in wanted] != [key for key in others if key in held]
