"""Bundles of the reference provider, and how a forger would change them."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from conformance.certify.bundle import CERTIFICATE, PAGE, PROFILE, REPORT, packed, unpacked
from conformance.certify.certificate import written
from conformance.certify.make import write_bundle
from conformance.certify.page import render
from conformance.certify.parts import parts_of
from conformance.certify.verify import Verification, verified
from conformance.evidence.format import Line, Seal
from conformance.plan import code_word
from conformance.profiles import profiles
from conformance.providers import EMBEDDED, Provider, find_providers
from conformance.reference.faults import FAULTS, Fault
from conformance.reference.server import Reference
from conformance.reference.wire import Ask, Reply
from conformance.run.conduct import Run
from conformance.run.live import Live
from conformance.run.origin import Settings
from conformance.run.result import Result
from conformance.run.selection import Selection

__all__ = [
    "FLAKY",
    "PROFILE_NAME",
    "Files",
    "Forgery",
    "bundle",
    "certified",
    "check",
    "content",
    "diligent",
    "edited",
    "everywhere",
    "files",
    "ran",
    "rearranged",
    "relisted",
    "repaged",
    "reported",
    "resealed",
]

Files = dict[str, bytes]
Forgery = Callable[[Files], Files]
PROFILE_NAME = "chat-structured"
"""The profile with the fewest requests: one scenario."""


def _second_alone(ask: Ask, reply: Reply) -> Reply:
    second = code_word("chat-json", 2).encode()
    return FAULTS["role-missing"].edit(ask, reply) if second in ask.body else reply


FLAKY = Fault(
    id="flaky", breaks=("role-first",), why="The role is missing in one of three.", edit=_second_alone
)


def ran(
    folder: Path, name: str = PROFILE_NAME, *, fault: Fault | None = None, samples: int = 3, **entry: Any
) -> Result:
    """The result of a run of the reference provider that is held to a profile."""
    profile = profiles().named(name)
    with Reference(fault) if fault else nullcontext() as server:
        base_url = server.base_url if isinstance(server, Reference) else EMBEDDED
        provider: Provider = replace(find_providers()["reference"], base_url=base_url, **entry)
        settings = Settings(
            report_dir=folder, started=datetime.now(UTC), command="pytest --certify", profiles=(profile,)
        )
        selection = Selection(profiles=(profile,), samples=samples)
        run = Run(Live([provider], settings, selection=selection), settings)
        run.execute()
    (result,) = run.results
    return result


@cache
def bundle(name: str = PROFILE_NAME, fault: Fault | None = None) -> bytes:
    """The bytes of a bundle; made once."""
    folder = Path(tempfile.mkdtemp(prefix="certify-"))
    try:
        result = ran(folder, name, fault=fault)
        path, _ = write_bundle(result, profiles().named(name), samples=3)
        return path.read_bytes()
    finally:
        shutil.rmtree(folder)


def certified() -> bytes:
    """The bundle of the reference provider itself."""
    return bundle()


def files(data: bytes) -> Files:
    """The files of a bundle."""
    found, problems = unpacked(data)
    assert not problems
    return found


def content(data: bytes | Files) -> dict[str, Any]:
    """What its certificate says."""
    there = files(data) if isinstance(data, bytes) else data
    told: dict[str, Any] = json.loads(there[CERTIFICATE])
    return told


def check(there: Files | bytes, today: date | None = None) -> Verification:
    """The check of a bundle, on the day of its run if no other is given."""
    data = there if isinstance(there, bytes) else packed(there)
    return verified(data, today or datetime.now(UTC).date())


Change = Callable[[dict[str, Any]], object]


def edited(data: bytes, kind: Line, change: Change, *, all_: bool = False) -> bytes:
    """Evidence with one line of a kind changed, or all of them, and with its digest as it was."""
    lines = [json.loads(line) for line in data.splitlines()]
    mine = [line for line in lines if line["line"] == kind]
    for line in mine if all_ else mine[:1]:
        change(line)
    return _dumped(lines)


def resealed(data: bytes) -> bytes:
    """Evidence whose sums and digest are right again, as a diligent forger would leave it."""
    lines = [json.loads(line) for line in data.splitlines()]
    end = lines[-1]
    pieces = [line["text"].encode() for line in lines if line["line"] == Line.PIECE]
    end["attempts"] = len([line for line in lines if line["line"] == Line.ATTEMPT])
    end["pieces"], end["bytes"] = len(pieces), len(b"".join(pieces))
    end["sha256"] = hashlib.sha256(b"".join(pieces)).hexdigest()
    seal = Seal()
    for line in _dumped(lines[:-1]).splitlines(keepends=True):
        seal.add(line)
    end["digest"] = seal.digest(end)
    return _dumped(lines)


def _dumped(lines: list[dict[str, Any]]) -> bytes:
    told = (json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
    return "".join(f"{line}\n" for line in told).encode()


def repaged(there: Files, change: Change = lambda _: None) -> Files:
    """A bundle with another certificate.json, and the page of that."""
    told = content(there)
    change(told)
    return {**there, CERTIFICATE: written(told), PAGE: render(told).encode()}


def relisted(there: Files) -> Files:
    """A bundle whose certificate lists the digests of what is there."""

    def listed(told: dict[str, Any]) -> None:
        told["report"] = _sha256(there[REPORT])
        told["profile"]["sha256"] = _sha256(there[PROFILE])
        known = {item["id"]: item["parts"] for item in told["evidence"]}
        names = {name.removeprefix("evidence/").removesuffix(".jsonl"): name for name in _evidence(there)}
        told["evidence"] = [
            {
                "id": one,
                "sha256": _sha256(there[names[one]]),
                "parts": _parts(there[names[one]], known.get(one, {})),
            }
            for one in [*filter(names.__contains__, known), *(one for one in names if one not in known)]
        ]

    return repaged(there, listed)


def _parts(data: bytes, before: dict[str, str]) -> dict[str, str]:
    try:
        return parts_of(data)
    except ValueError:  # of what cannot be read they stay as they were
        return before


def rearranged(there: Files, name: str) -> Files:
    """A bundle in which the last line of evidence fits the others, whose spelling is kept."""
    *lines, last = there[name].splitlines(keepends=True)
    end = json.loads(last)
    seal = Seal()
    for line in lines:
        seal.add(line)
    end["digest"] = seal.digest(end)
    return {**there, name: b"".join([*lines, _dumped([end])])}


def diligent(*steps: Forgery) -> Forgery:
    """The steps, and then every digest and the page made anew."""

    def forged(there: Files) -> Files:
        for step in steps:
            there = step(there)
        sealed = {
            name: resealed(data) if name.startswith("evidence/") else data for name, data in there.items()
        }
        return relisted(sealed)

    return forged


def everywhere(change: Change, kind: Line = Line.HEAD) -> Forgery:
    """A change of every exchange."""

    def forged(there: Files) -> Files:
        return {
            name: edited(data, kind, change, all_=True) if name.startswith("evidence/") else data
            for name, data in there.items()
        }

    return forged


def reported(there: Files, change: Change) -> Files:
    """A bundle with a change in every line of its report."""
    lines = [json.loads(line) for line in there[REPORT].splitlines()]
    for line in lines:
        change(line)
    told = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    return {**there, REPORT: told.encode()}


def _evidence(there: Mapping[str, bytes]) -> Iterator[str]:
    return (name for name in there if name.startswith("evidence/"))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
