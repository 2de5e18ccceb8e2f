"""The content of a certificate, made of a report and its evidence. Pure.

Whoever checks a bundle makes it again of the evidence in it and compares: nothing in a certificate is only
claimed, but who the vendor is and what cannot be seen from outside. Schema: `schemas/certificate.json`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from conformance.catalogue import Outcome, Verdict
from conformance.certify.beside import beside
from conformance.certify.parts import parts_of
from conformance.certify.suite import Suite
from conformance.certify.words import reach
from conformance.compare import pair_of
from conformance.exchange import Exchange, Expects
from conformance.gate import Ruling
from conformance.providers import EMBEDDED
from conformance.report.records import Report
from conformance.requirements import by_id
from conformance.standing import Profile, Stand, Standing, breaks, holds
from conformance.text import counted, ended

__all__ = [
    "CERTIFIED",
    "DAYS",
    "FORMAT",
    "NOT_CERTIFIED",
    "PROVES",
    "SAMPLES",
    "VERSION",
    "Json",
    "certificate",
    "endpoint_of",
    "evidence_name",
    "written",
]

FORMAT = "stream-conformance/certificate"
VERSION = 1
DAYS = 180
"""How long a certificate is valid, in days from the day of the run."""
SAMPLES = 3
"""How often each scenario of a profile is sent at least; one that expects a refusal is sent once."""
CERTIFIED = "certified"
NOT_CERTIFIED = "not certified"
PROVES = (
    "This bundle proves that the verdict follows from the evidence in it, which anyone can judge again. It "
    "does not prove who sent the bytes: that is the word of whoever signed it or handed it out."
)

_TELLING = ("server", "via", "openai-version")  # headers in which a service names its software
_VALUES = 8  # different values of one header that are listed
_PATHS = ("/chat/completions", "/responses")
_BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)
_UNSURE = (Outcome.NOT_TESTABLE, Outcome.ERROR)

Json = dict[str, Any]


def certificate(
    report: Report,
    exchanges: Sequence[Exchange],
    *,
    profile: Profile,
    configuration: Json,
    vendor: Mapping[str, str],
    suite: Suite,
    samples: int,
    files: Mapping[str, bytes],
) -> Json:
    """The content of `certificate.json`.

    `files` are the other files of the bundle by their names, the evidence of each exchange among them.
    """
    header, footer = report.header, report.footer
    (standing,) = footer.profiles
    by_name = {one.id: one for one in exchanges}
    rulings = [item for item in report.rulings if holds(profile, item.verdict, by_name)]
    issued = date.fromisoformat(header.started[:10])
    kept = standing.stand is Stand.KEPT and footer.complete
    return {
        "format": FORMAT,
        "version": VERSION,
        "verdict": CERTIFIED if kept else NOT_CERTIFIED,
        "says": _says(report, profile, standing, suite),
        "proves": PROVES,
        "issued": issued.isoformat(),
        "expires": (issued + timedelta(days=DAYS)).isoformat(),
        "provider": header.provider,
        "models": list(dict.fromkeys(_tried(exchanges))),
        "endpoint": endpoint_of(exchanges),
        # Whoever has the suite has its reference provider.
        "reach": "" if configuration["base_url"] == EMBEDDED else reach(endpoint_of(exchanges)),
        "vendor": dict(vendor),
        "suite": {"name": "stream-conformance", **asdict(suite)},
        "profile": {
            "id": profile.id,
            "says": profile.says,
            "sha256": hashlib.sha256(files["profile.toml"]).hexdigest(),
            "requirements": list(profile.requirements),
            "dialects": list(profile.dialects),
        },
        "samples": samples,
        "result": {
            **_result(profile, standing, rulings),
            "beside": beside(profile, [item.verdict for item in report.rulings], exchanges),
        },
        "dialects": {"declared": list(header.dialects), "seen": list(standing.dialects)},
        "run": {"started": header.started, "ended": footer.ended, "incomplete": footer.incomplete},
        "service": _service(exchanges),
        "configuration": configuration,
        "report": hashlib.sha256(files["report.jsonl"]).hexdigest(),
        "evidence": [
            {
                "id": one.id,
                "sha256": hashlib.sha256(files[evidence_name(one.id)]).hexdigest(),
                "parts": parts_of(files[evidence_name(one.id)]),
            }
            for one in exchanges
        ],
    }


def written(content: Json) -> bytes:
    """The bytes of `certificate.json`: the same content always gives the same."""
    return (json.dumps(content, indent=1) + "\n").encode()


def evidence_name(exchange: str) -> str:
    """The name of an exchange's evidence in the bundle. `exchange` is its id."""
    return f"evidence/{exchange}.jsonl"


def endpoint_of(exchanges: Sequence[Exchange]) -> str:
    """The address that was asked, without the paths of the API; "" if no request is known."""
    for one in exchanges:
        if one.request is None or not one.request.url:
            continue
        try:
            parts = urlsplit(one.request.url)
        except ValueError:
            continue
        path = next((parts.path.removesuffix(end) for end in _PATHS if parts.path.endswith(end)), parts.path)
        return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
    return ""


def _tried(exchanges: Sequence[Exchange]) -> list[str]:
    return [one.model for one in exchanges if one.expects is not Expects.REFUSAL]


def _says(report: Report, profile: Profile, standing: Standing, suite: Suite) -> str:
    header = report.header
    held = f"profile {profile.id} of stream-conformance {suite.version} on {header.started[:10]}"
    who = f"{header.provider} ({header.model})"
    if not report.footer.complete:
        return ended(f"The run of {who} for {held} is incomplete: {report.footer.incomplete}")
    match standing.stand:
        case Stand.KEPT:
            return f"{who} conforms to {held}."
        case Stand.BROKEN:
            broken = counted(len(standing.broken), "requirement")
            known = f", {len(standing.known)} of them listed as known, which earns no credit here"
            return f"{who} does not conform to {held}: it breaks {broken}{known if standing.known else ''}."
        case Stand.NOT_APPLICABLE:
            return ended(f"{held[0].upper()}{held[1:]} does not apply to {who}: {standing.reason}")
    return ended(f"Whether {who} conforms to {held} could not be told: {standing.reason}")


def _result(profile: Profile, standing: Standing, rulings: Sequence[Ruling]) -> Json:
    verdicts = [item.verdict for item in rulings]
    red = {item.requirement for item in verdicts if breaks(profile, item)}
    passed = {item.requirement for item in verdicts if item.outcome is Outcome.PASS}
    unsure = {item.requirement for item in verdicts if item.outcome in _UNSURE}
    return {
        "verdict": standing.stand.value,
        "reason": standing.reason,
        "requirements": len(profile.requirements),
        "kept": standing.kept,
        "following": len(red.difference(standing.broken)),
        "untested": len(unsure - red - passed),
        "broken": [
            {
                "requirement": name,
                "level": by_id(name).level.value,
                "statement": by_id(name).statement,
                "known": name in standing.known,
                "on": [
                    item.subject for item in verdicts if item.requirement == name and breaks(profile, item)
                ],
            }
            for name in standing.broken
        ],
        "flaky": _flaky(verdicts),
    }


def _flaky(verdicts: Sequence[Verdict]) -> list[Json]:
    """What some samples of a scenario kept and others broke; what only follows from another is left out."""
    pairs: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        if not verdict.because:
            pairs.setdefault(pair_of(verdict), []).append(verdict)
    found = []
    for (name, scenario), members in pairs.items():
        kept = [item.subject for item in members if item.outcome is Outcome.PASS]
        broken = [item.subject for item in members if item.outcome in _BROKEN]
        if kept and broken:
            found.append({"requirement": name, "scenario": scenario, "kept": kept, "broken": broken})
    return found


def _service(exchanges: Sequence[Exchange]) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for one in exchanges:
        for name in _TELLING:
            if value := one.header(name):
                found.setdefault(name, {})[value] = None
    return {name: list(values)[:_VALUES] for name, values in found.items()}
