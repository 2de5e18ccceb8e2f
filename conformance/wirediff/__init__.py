"""What a gateway changes of the streams of its upstream, for `conformance diff --wire`."""

from conformance.wirediff.compare import wire_difference
from conformance.wirediff.records import Change, Kind, PerRequest, Side, Times, WireDifference

__all__ = ["Change", "Kind", "PerRequest", "Side", "Times", "WireDifference", "wire_difference"]
