"""Whether a bundle is whole and unchanged: what can be told of it whichever suite made it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from io import BytesIO
from typing import Any

from conformance.certify.bundle import CERTIFICATE, PAGE, PROFILE, REPORT
from conformance.certify.certificate import FORMAT, VERSION, Json, evidence_name, written
from conformance.certify.forms import object_in
from conformance.certify.parts import PARTS, differing, parts_of
from conformance.certify.problems import Problem
from conformance.certify.swapped import owner_of
from conformance.certify.words import install
from conformance.evidence.ceiling import bounded
from conformance.evidence.errors import EvidenceError
from conformance.evidence.reader import evidence_in
from conformance.exchange import Ended, Exchange, Need
from conformance.paths import schema
from conformance.shapes import Shape
from conformance.text import clipped

__all__ = [
    "SHOWN",
    "Check",
    "content_of",
    "look_at_dates",
    "look_at_digests",
    "read_exchanges",
    "suite_to_install",
]

SHOWN = 120
"""Characters of a value that a problem quotes."""
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


@dataclass(slots=True)
class Check:
    """A check under way: what was found so far."""

    files: Mapping[str, bytes]
    content: Json
    problems: list[Problem]
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    verdicts: int = 0

    @property
    def told(self) -> frozenset[str]:
        """The files and exchanges of which something is wrong already."""
        return frozenset(problem.where for problem in self.problems)

    @property
    def codes(self) -> frozenset[tuple[str, str]]:
        """The codes of what is wrong, each with its file or exchange."""
        return frozenset((problem.code, problem.where) for problem in self.problems)

    @property
    def absent(self) -> frozenset[str]:
        """The ids of the exchanges that the certificate lists and that could not be read."""
        return frozenset(item["id"] for item in self.content["evidence"]) - self.exchanges.keys()

    def add(self, code: str, where: str, message: str) -> None:
        self.problems.append(Problem(code, where, message))


def content_of(files: Mapping[str, bytes], problems: list[Problem]) -> Json | None:
    """The content of the certificate; None, and why, if there is none to go by."""
    if CERTIFICATE not in files:
        if all(problem.where != CERTIFICATE for problem in problems):
            problems.append(Problem("certificate-missing", CERTIFICATE, "the bundle has no certificate"))
        return None
    try:
        content = object_in(files[CERTIFICATE])
    except ValueError as error:
        problems.append(Problem("certificate-form", CERTIFICATE, f"it cannot be read: {error}"))
        return None
    if content.get("format") == FORMAT and content.get("version") != VERSION:
        what = f"its form is version {content.get('version')!r}, and this suite reads version {VERSION}"
        problems.append(Problem("format-newer", CERTIFICATE, f"{what}: {suite_to_install(content)}"))
        return None
    # A Shape that has found one structure valid looks at no number and text of another like it, so each
    # certificate has one of its own.
    if errors := Shape(schema("certificate")).errors(content):
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


def look_at_dates(check: Check, today: date) -> None:
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


def look_at_digests(check: Check) -> None:
    """Whether the files are those that the certificate lists, unchanged.

    One that is there and cannot be unpacked is not told again as missing.
    """
    content, files = check.content, check.files
    listed = {evidence_name(item["id"]): item for item in content["evidence"]}
    if not listed:
        check.add("no-evidence", CERTIFICATE, "it lists no exchange, so no verdict can follow from it")
    if len(listed) < len(content["evidence"]):
        check.add("certificate-forged", CERTIFICATE, "it lists an exchange twice")
    for name in (PAGE, REPORT, PROFILE):
        if name not in files and name not in check.told:
            check.add("file-missing", name, "the bundle has no such file")
    for name, digest in ((REPORT, content["report"]), (PROFILE, content["profile"]["sha256"])):
        if name in files and _sha256(files[name]) != digest:
            check.add(
                f"{name.partition('.')[0]}-edited", name, "it was changed after the certificate was made"
            )
    told = check.told
    for name, item in listed.items():
        if name not in files:
            if name not in told:
                what = "the certificate lists this exchange, and the bundle lacks it"
                check.add("exchange-missing", name, what)
        elif _sha256(files[name]) != item["sha256"]:
            _edited(check, name, item)
    for name in sorted(files.keys() - listed.keys() - {CERTIFICATE, PAGE, REPORT, PROFILE}):
        check.add("exchange-unlisted", name, "the certificate does not list this exchange")


def _edited(check: Check, name: str, item: Json) -> None:
    """Says which parts of an exchange were changed, or whose they are."""
    if b"\n" not in check.files[name]:
        what = "cut off within its first line" if check.files[name] else "emptied"
        check.add("exchange-cut", name, f"it was {what} after the certificate was made")
        return
    try:
        found = parts_of(check.files[name])
    except ValueError:
        check.add("evidence-damaged", name, "it was changed, and cannot be read any more")
        return
    changed = differing(item["parts"], found)
    owner = owner_of(item["id"], found, check.content["evidence"]) if "body" in changed else None
    if owner is not None:
        theirs = {part for part in changed if found[part] == owner["parts"].get(part)}
        if "request" in theirs:
            what = f"it holds the exchange that the certificate lists as {owner['id']}"
            check.add("exchange-swapped", name, what)
            return
        check.add(
            "answer-swapped", name, f"its answer is the one that the certificate lists for {owner['id']}"
        )
        changed = [part for part in changed if part not in theirs]
    for part in changed:
        check.add(_EDITED[part], name, f"changed after the certificate was made: {PARTS[part]}")
    if not changed and owner is None:
        check.add("evidence-rewritten", name, "it was written anew after the certificate was made")


def read_exchanges(check: Check) -> None:
    """Reads the exchanges, in the order of the certificate, and behind them what it does not list."""
    order = [evidence_name(item["id"]) for item in check.content["evidence"]]
    more = sorted(name for name in check.files.keys() - set(order) if name.startswith("evidence/"))
    for name in dict.fromkeys([*order, *more]):
        if name not in check.files:
            continue
        try:
            one = bounded(replace(evidence_in(BytesIO(check.files[name]), ""), source=""))
        except EvidenceError as error:
            if name not in check.told:  # of an edit, it was said what it is
                check.add("evidence-damaged", name, error.message)
            continue
        if one.ended is Ended.INTERRUPTED and Need.ENDING in one.lacks:
            check.add("exchange-cut", name, "it was cut off: the line that ends an exchange is missing")
            continue
        if evidence_name(one.id) != name and ("exchange-swapped", name) in check.codes:
            continue
        if evidence_name(one.id) != name:
            check.add("name-differs", name, f"it holds an exchange of another name, {clipped(one.id, SHOWN)}")
            continue
        if one.provider != check.content["provider"]:
            said = f"it is of the provider {clipped(one.provider, SHOWN)!r}"
            check.add(
                "provider-differs", name, f"{said}, and the certificate of {check.content['provider']!r}"
            )
        check.exchanges[one.id] = one


def suite_to_install(content: Mapping[str, Any]) -> str:
    suite = content.get("suite")
    version = str(suite.get("version")) if isinstance(suite, dict) else ""
    commit = str(suite.get("commit") or "") if isinstance(suite, dict) else ""
    told = install(clipped(version, SHOWN), clipped(commit, SHOWN))
    how = "pip install ." if commit else f"pip install stream-conformance=={clipped(version, SHOWN)}"
    return f"check it with that suite (`{how}`): {told}"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
