"""Where the exchanges come from that are compared: a run, or whatever else evidence is read from."""

from collections.abc import Sequence
from pathlib import Path

from conformance.evidence import load
from conformance.exchange import Exchange
from conformance.report.stored import run_folder
from conformance.wirediff.compare import wire_difference
from conformance.wirediff.errors import NothingInCommonError, SeveralProvidersError, WireSourceError
from conformance.wirediff.records import WireDifference

__all__ = ["compared", "exchanges_at"]


def compared(direct: Path, gateway: Path) -> tuple[WireDifference, list[str]]:
    """What differs between two sources, and a sentence for each part of them that could not be read.

    Raises WireSourceError, SeveralProvidersError and NothingInCommonError.
    """
    one, unread = exchanges_at(direct)
    two, also_unread = exchanges_at(gateway)
    found = wire_difference(one, two)
    if not found.compared:
        raise NothingInCommonError(str(direct), str(gateway))
    return found, [*unread, *also_unread]


def exchanges_at(path: Path) -> tuple[Sequence[Exchange], list[str]]:
    """The exchanges of one provider, in order; those that only repeat another are left out.

    `path` is the folder of a run, its report.jsonl, the folder of a model, whose latest run it is, or any
    source of exchanges that docs/evidence.md lists. Raises WireSourceError and SeveralProvidersError.
    """
    exchanges, unreadable = load([run_folder(path) or path])
    kept = [one for one in exchanges if not one.again]
    if not kept:
        raise WireSourceError(str(path), str(unreadable[0].error.message) if unreadable else "")
    if len(providers := tuple(dict.fromkeys(one.provider for one in kept))) > 1:
        raise SeveralProvidersError(str(path), providers)
    return kept, list(map(str, unreadable))
