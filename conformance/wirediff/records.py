"""What a gateway changed of the streams of its upstream: plain data. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["ChangeKind", "PerRequest", "Side", "Times", "WireChange", "WireDifference"]


class ChangeKind(StrEnum):
    """What was changed, in the order in which it is told."""

    STATUS = "status"
    ENDING = "ending"  # how the body ended: closed by the server, or lost
    BODY = "body"  # a stream in place of a document, or a body that is neither
    HEADER_ADDED = "header-added"
    HEADER_DROPPED = "header-dropped"
    HEADER_CHANGED = "header-changed"
    FRAMING = (
        "framing"  # comments, `event:` lines, line ends, the terminator, the way in which JSON is written
    )
    DROPPED = "dropped"  # events of the upstream of which nothing came
    INSERTED = "inserted"  # events that the upstream does not send
    MERGED = "merged"  # several events became one
    SPLIT = "split"  # one event became several
    REORDERED = "reordered"  # events that come before or behind their neighbours
    KEY_DROPPED = "key-dropped"
    KEY_ADDED = "key-added"
    KEY_RENAMED = "key-renamed"  # the same value under another name
    RETYPED = "retyped"  # a value of another JSON type
    CHANGED = "changed"  # another value of the same type


@dataclass(frozen=True, slots=True, kw_only=True)
class WireChange:
    """One kind of change at one place.

    `place` is the path of a JSON value, with `*` for each array index: `choices.*.delta.role`; or the name of
    a header, of an event or of a part of the framing. `count` is how often it was seen, in events where
    events have it, and `scenarios` in which exchanges. `events` names the sorts of event in which it was
    seen, if the API has any. `direct` and `gateway` are an example of both sides.
    """

    kind: ChangeKind
    place: str
    count: int
    scenarios: tuple[str, ...]
    events: tuple[str, ...]
    direct: str
    gateway: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PerRequest:
    """A value that every answer has anew, such as an id, so that its difference says nothing."""

    place: str
    count: int
    scenarios: tuple[str, ...]
    direct: str
    gateway: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When an answer came, in seconds since its request was sent; None if that is not known.

    `first` is its first event or byte, `last` its last. `mean` and `longest` are pauses between two events.
    """

    first: float | None = None
    mean: float | None = None
    longest: float | None = None
    last: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two runs: whom it asked, and the exchanges that the other run has no counterpart of."""

    provider: str
    models: tuple[str, ...]
    exchanges: int
    alone: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()  # not asked, or without an answer on either side


@dataclass(frozen=True, slots=True, kw_only=True)
class WireDifference:
    """All that differs between the answers of an endpoint and those of a gateway in front of it.

    `compared` are the ids of the exchanges of which both sides have an answer; `named_otherwise` gives for
    those that were found by their request the id on the side of the gateway, where it is another. `times`
    holds those of both sides by exchange. `left_out` counts changes at further places, where there were too
    many places to keep.
    """

    direct: Side
    gateway: Side
    compared: tuple[str, ...]
    changes: tuple[WireChange, ...]
    per_request: tuple[PerRequest, ...]
    times: Mapping[str, tuple[Times, Times]]
    named_otherwise: Mapping[str, str] = field(default_factory=dict)
    left_out: int = 0
