"""What a gateway changes of the streams of its upstream, for `conformance diff --wire`."""

from conformance.wirediff.compare import wire_difference
from conformance.wirediff.records import ChangeKind, PerRequest, Side, Times, WireChange, WireDifference

__all__ = ["ChangeKind", "PerRequest", "Side", "Times", "WireChange", "WireDifference", "wire_difference"]
