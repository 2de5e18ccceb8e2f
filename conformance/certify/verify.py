"""Checks a bundle, with no network: what is in it, whether it is whole, and whether its verdict follows."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from io import BytesIO
from typing import Any

from conformance.certify.bundle import CERTIFICATE, PAGE, PROFILE, REPORT, unpacked
from conformance.certify.certificate import (
    CERTIFIED,
    FORMAT,
    VERSION,
    Json,
    certificate,
    evidence_name,
    written,
)
from conformance.certify.configuration import provider_of
from conformance.certify.make import profile_bytes
from conformance.certify.page import render
from conformance.certify.parts import PARTS, differing, parts_of
from conformance.certify.problems import UNDECIDED, Problem
from conformance.certify.recount import differences, misasked, planned_again, recounted
from conformance.certify.secrets import secrets_in
from conformance.certify.suite import Suite, this_suite
from conformance.errors import ConformanceError
from conformance.evidence.ceiling import bounded
from conformance.evidence.errors import EvidenceError
from conformance.evidence.format import parsed
from conformance.evidence.reader import evidence_in
from conformance.exchange import Ended, Exchange, Need
from conformance.gate import ExitCode
from conformance.paths import schema
from conformance.profiles import profiles
from conformance.shapes import Shape
from conformance.text import clipped

__all__ = ["Verified", "verified"]

_EDITED = {
    "identity": "name-edited",
    "model": "model-edited",
    "expected": "expectation-edited",
    "request": "request-edited",
    "attempts": "attempts-edited",
    "status": "status-edited",
    "headers": "headers-edited",
    "body": "body-edited",
    "times": "times-edited",
    "ending": "ending-edited",
}
"""The code of an edit of each part of an exchange."""
_LOOKED_AT = ("report", "profile.sha256", "profile.requirements")
"""What of a certificate is told of before it is compared with the one that follows from the evidence."""
_SHOWN = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The result of a check.

    `content` is that of the certificate, None if it could not be read. `exchanges` and `verdicts` count what
    was judged again, 0 if nothing could be. `signers` are those whose signature was found good.
    """

    content: Json | None
    problems: tuple[Problem, ...]
    exchanges: int = 0
    verdicts: int = 0
    signers: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """0 for a certificate that holds, 1 if anything is wrong, 6 if this suite cannot tell."""
        wrong = [item for item in self.problems if item.code not in UNDECIDED]
        if wrong:
            return ExitCode.VIOLATION
        return ExitCode.ERROR if self.problems else ExitCode.CONFORMS

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        match self.exit_code:
            case ExitCode.CONFORMS:
                assert self.content is not None  # noqa: S101 - or there would be a problem
                return f"{self.content['says']} Valid until {self.content['expires']}."
            case ExitCode.ERROR:
                return "This suite cannot say whether the bundle holds."
        consistent = [item.code for item in self.problems] == ["not-certified"]
        return (
            "The bundle is consistent, and it is no certificate."
            if consistent
            else "The bundle does not hold."
        )


@dataclass(slots=True)
class _Check:
    """A check under way: what was found so far."""

    files: Mapping[str, bytes]
    content: Json
    problems: list[Problem]
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    verdicts: int = 0

    def add(self, code: str, where: str, message: str) -> None:
        self.problems.append(Problem(code, where, message))


def verified(data: bytes, today: date) -> Verified:
    """The result of checking the bytes of a bundle on a day. All problems are listed. Never raises."""
    files, problems = unpacked(data)
    content = _content(files, problems)
    if content is None:
        return Verified(content=None, problems=tuple(problems))
    check = _Check(files=files, content=content, problems=problems)
    _dates(check, today)
    _digests(check)
    _read(check)
    for name, what in secrets_in(files, check.exchanges.values()):
        check.add("secret", name, f"it holds {what}; take the bundle back and withdraw the credential")
    mine = this_suite()
    if other := list(_other(content["suite"], mine)):
        check.problems += other
    else:
        _judged(check)
    if content["verdict"] != CERTIFIED:
        check.add("not-certified", CERTIFICATE, f"it is no certificate: {content['says']}")
    return Verified(
        content=content,
        problems=tuple(check.problems),
        exchanges=len(check.exchanges) if check.verdicts else 0,
        verdicts=check.verdicts,
    )


def _content(files: Mapping[str, bytes], problems: list[Problem]) -> Json | None:
    """The content of the certificate; None, and why, if there is none to go by."""
    if CERTIFICATE not in files:
        problems.append(Problem("certificate-missing", CERTIFICATE, "the bundle has no certificate"))
        return None
    try:
        content = parsed(files[CERTIFICATE])
    except ValueError as error:
        problems.append(Problem("certificate-form", CERTIFICATE, f"it is not JSON ({error})"))
        return None
    if isinstance(content, dict) and content.get("format") == FORMAT and content.get("version") != VERSION:
        what = f"its form is version {content.get('version')!r}, and this suite reads version {VERSION}"
        problems.append(Problem("format-newer", CERTIFICATE, f"{what}: {_install(content)}"))
        return None
    if errors := _shape().errors(content):
        problems += [
            Problem(
                "certificate-form",
                CERTIFICATE,
                f"{item.path or 'the top'}: expected {item.expected}, found {item.observed}",
            )
            for item in errors
        ]
        return None
    found: Json = content
    if written(found) != files[CERTIFICATE]:
        what = "it is not written as the suite writes it: it may say one thing twice"
        problems.append(Problem("certificate-rewritten", CERTIFICATE, what))
    return found


@cache
def _shape() -> Shape:
    return Shape(schema("certificate"))


def _dates(check: _Check, today: date) -> None:
    content = check.content
    try:
        issued, expires = (date.fromisoformat(content[key]) for key in ("issued", "expires"))
    except ValueError:
        check.add("certificate-form", CERTIFICATE, "one of its days is not in the calendar")
        return
    if today > expires:
        check.add("expired", CERTIFICATE, f"it expired on {expires}: ask the vendor for a new one")
    if today < issued:
        check.add(
            "not-yet",
            CERTIFICATE,
            f"it says that it was issued on {issued}, after the day of this check, {today}",
        )


def _digests(check: _Check) -> None:
    """Whether the files are those that the certificate lists, unchanged."""
    content, files = check.content, check.files
    listed = {evidence_name(item["id"]): item for item in content["evidence"]}
    if len(listed) < len(content["evidence"]):
        check.add("certificate-forged", CERTIFICATE, "it lists an exchange twice")
    for name in (PAGE, REPORT, PROFILE):
        if name not in files:
            check.add("file-missing", name, "the bundle has no such file")
    for name, digest in ((REPORT, content["report"]), (PROFILE, content["profile"]["sha256"])):
        if name in files and _sha256(files[name]) != digest:
            check.add(
                f"{name.partition('.')[0]}-edited", name, "it was changed after the certificate was made"
            )
    for name, item in listed.items():
        if name not in files:
            check.add(
                "exchange-missing", name, "the certificate lists this exchange, and the bundle lacks it"
            )
        elif _sha256(files[name]) != item["sha256"]:
            _edited(check, name, item["parts"])
    for name in sorted(files.keys() - listed.keys() - {CERTIFICATE, PAGE, REPORT, PROFILE}):
        check.add("exchange-unlisted", name, "the certificate does not list this exchange")


def _edited(check: _Check, name: str, parts: Mapping[str, str]) -> None:
    """Says which parts of an exchange were changed."""
    try:
        changed = differing(parts, parts_of(check.files[name]))
    except ValueError:
        check.add("evidence-damaged", name, "it was changed, and cannot be read any more")
        return
    for part in changed:
        check.add(_EDITED[part], name, f"changed after the certificate was made: {PARTS[part]}")
    if not changed:
        check.add("evidence-rewritten", name, "it was written anew after the certificate was made")


def _read(check: _Check) -> None:
    """Reads the exchanges, in the order of the certificate, and behind them what it does not list."""
    order = [evidence_name(item["id"]) for item in check.content["evidence"]]
    more = sorted(name for name in check.files if name.startswith("evidence/") and name not in order)
    for name in dict.fromkeys([*order, *more]):
        if name not in check.files:
            continue
        try:
            one = bounded(replace(evidence_in(BytesIO(check.files[name]), ""), source=""))
        except EvidenceError as error:
            check.add("evidence-damaged", name, error.message)
            continue
        if one.ended is Ended.INTERRUPTED and Need.ENDING in one.lacks:
            check.add("exchange-cut", name, "it was cut off: the line that ends an exchange is missing")
        if evidence_name(one.id) != name:
            check.add(
                "name-differs", name, f"it holds an exchange of another name, {clipped(one.id, _SHOWN)}"
            )
            continue
        if one.provider != check.content["provider"]:
            said = f"it is of the provider {clipped(one.provider, _SHOWN)!r}"
            check.add(
                "provider-differs", name, f"{said}, and the certificate of {check.content['provider']!r}"
            )
        check.exchanges[one.id] = one


def _other(there: Mapping[str, str], mine: Suite) -> Iterator[Problem]:
    """Why another suite made the bundle, so that this one cannot tell."""
    version = there["version"]
    if version != mine.version:
        told = f"it was made by version {clipped(version, _SHOWN)}, and this is {mine.version}"
    elif there["catalogue"] != mine.catalogue:
        told = f"it was made by another catalogue of requirements than that of this {mine.version}"
    elif there["code"] != mine.code:
        told = f"it was made by other code than that of this {mine.version}"
    else:
        return
    yield Problem("suite-differs", CERTIFICATE, f"cannot say: {told}; {_install({'suite': there})}")


def _install(content: Mapping[str, Any]) -> str:
    suite = content.get("suite")
    version = str(suite.get("version")) if isinstance(suite, dict) else ""
    commit = str(suite.get("commit") or "") if isinstance(suite, dict) else ""
    if commit:
        return f"check it with a checkout of its commit {clipped(commit, _SHOWN)}"
    return f"check it with `pip install stream-conformance=={clipped(version, _SHOWN)}`"


def _judged(check: _Check) -> None:
    """What only the suite that made the bundle can tell: whether all of it follows from the evidence."""
    content, files = check.content, check.files
    if files.get(PAGE, b"") != render(content).encode() and PAGE in files:
        check.add("page-edited", PAGE, "it is not the page of this certificate.json")
    named = content["profile"]["id"]
    if named not in profiles():
        check.add("profile-unknown", CERTIFICATE, f"this suite has no profile {named}")
        return
    profile = profiles()[named]
    frozen = profile_bytes(profile)
    if PROFILE in files and files[PROFILE] != frozen:
        check.add("profile-differs", PROFILE, f"it is not the frozen file of {named}")
    if tuple(content["profile"]["requirements"]) != profile.requirements:
        check.add("profile-differs", CERTIFICATE, f"its requirements are not those of {named}")
    try:
        entry = provider_of(content["provider"], content["configuration"])
        sent = planned_again(entry, profile, content)
    except (ConformanceError, KeyError, TypeError, ValueError) as error:
        told = error.message if isinstance(error, ConformanceError) else str(error)
        check.add(
            "configuration-unusable", CERTIFICATE, f"nothing could be sent by its configuration: {told}"
        )
        return
    check.problems += misasked(sent, check.exchanges)
    exchanges = list(check.exchanges.values())
    run = content["run"]
    try:
        found = recounted(
            entry,
            profile,
            sent,
            exchanges,
            started=run["started"],
            ended=run["ended"],
            incomplete=run["incomplete"],
        )
    except (ConformanceError, ValueError) as error:
        told = error.message if isinstance(error, ConformanceError) else str(error)
        check.add("unjudgeable", "", f"its exchanges cannot be judged together: {told}")
        return
    check.verdicts = found.verdicts
    lines = _lines(check)
    if lines is not None:
        check.problems += differences(lines, found.lines)
        _header(check, lines[0] if lines else {})
    if not exchanges:
        return
    made_by = Suite(**{key: value for key, value in content["suite"].items() if key != "name"})
    true = certificate(
        replace(
            found.report, header=replace(found.report.header, model=str((lines or [{}])[0].get("model", "")))
        ),
        exchanges,
        profile=profile,
        configuration=content["configuration"],
        vendor=content["vendor"],
        suite=made_by,
        samples=content["samples"],
        files={REPORT: b"", PROFILE: frozen, **files},
    )
    _forged(check, true)


def _lines(check: _Check) -> list[Json] | None:
    """The lines of the report; None if there are none, or some that cannot be read."""
    if REPORT not in check.files:
        return None
    try:
        lines = [parsed(line) for line in check.files[REPORT].split(b"\n") if line.strip()]
    except ValueError as error:
        check.add("report-damaged", REPORT, f"a line is not JSON ({error})")
        return None
    if not all(isinstance(line, dict) for line in lines):
        check.add("report-damaged", REPORT, "a line is no JSON object")
        return None
    again = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    if again.encode() != check.files[REPORT]:
        check.add(
            "report-damaged", REPORT, "it is not written as the suite writes it: it may say one thing twice"
        )
    return lines


def _header(check: _Check, told: Json) -> None:
    """Whether the report is of the same as the certificate."""
    content = check.content
    due = {
        "kind": "header",
        "suite": content["suite"]["version"],
        "profile": content["profile"]["id"],
        "provider": content["provider"],
        "started": content["run"]["started"],
        "base_url": content["configuration"]["base_url"],
        "key_variable": content["configuration"]["api_key_env"],
        "dialects": content["configuration"]["dialects"],
        "replayed": False,
    }
    for key, value in due.items():
        if told.get(key) != value:
            said = clipped(json.dumps(told.get(key)), _SHOWN)
            check.add(
                "report-differs", REPORT, f"its {key} is {said}, and the certificate says {json.dumps(value)}"
            )


def _forged(check: _Check, true: Json) -> None:
    """Compares the certificate with the one that follows from the evidence, key by key."""
    for key, value in true.items():
        if key == "evidence":
            _relisted(check, value)
            continue
        told = check.content[key]
        names = dict.fromkeys([*value, *told]) if isinstance(value, dict) else ("",)
        for name in names:
            place = f"{key}.{name}" if name else key
            said, due = (told.get(name), value.get(name)) if name else (told, value)
            if said != due and place not in _LOOKED_AT:
                shown = clipped(json.dumps(said), _SHOWN), clipped(json.dumps(due), _SHOWN)
                code = "verdict-forged" if key in ("verdict", "result", "says") else "certificate-forged"
                check.add(code, CERTIFICATE, f"{place} is {shown[0]}, and the evidence gives {shown[1]}")


def _relisted(check: _Check, true: Sequence[Json]) -> None:
    """Compares the digests of the parts of files that are unchanged: those of others are told of already."""
    due = {item["id"]: item for item in true}
    for item in check.content["evidence"]:
        found = due.get(item["id"], item)
        if item["sha256"] == found["sha256"] and item != found:
            check.add(
                "certificate-forged", CERTIFICATE, f"the digests of the parts of {item['id']} are not its own"
            )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
