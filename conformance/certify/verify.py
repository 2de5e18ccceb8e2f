"""Checks a bundle, with no network: what is in it, whether it is whole, and whether its verdict follows."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import unescape

from conformance.certify.beside import misbeside
from conformance.certify.bundle import CERTIFICATE, PAGE, PROFILE, REPORT, unpacked
from conformance.certify.certificate import (
    CERTIFIED,
    Json,
    certificate,
    endpoint_of,
    evidence_name,
    written,
)
from conformance.certify.configuration import provider_of, replaced_keys
from conformance.certify.forms import object_in
from conformance.certify.integrity import (
    SHOWN,
    Check,
    content_of,
    look_at_dates,
    look_at_digests,
    read_exchanges,
    suite_to_install,
)
from conformance.certify.make import profile_bytes
from conformance.certify.page import render
from conformance.certify.problems import UNDECIDED, Problem, grouped
from conformance.certify.recorded import (
    misattempted,
    misdated,
    misheaded,
    misspelt,
    mistimed,
    otherwise_dated,
)
from conformance.certify.recount import differences, misasked, planned_again, recounted
from conformance.certify.secrets import secrets_in
from conformance.certify.suite import Suite, this_suite
from conformance.certify.swapped import answers_of_others, copies
from conformance.certify.words import reach
from conformance.errors import ConformanceError
from conformance.gate import ExitCode
from conformance.paths import schema
from conformance.plan import Plan
from conformance.profiles import profiles
from conformance.providers import Provider
from conformance.run.live import notes
from conformance.shapes import Shape
from conformance.text import clipped

__all__ = ["Verification", "verified"]

_LOOKED_AT = ("report", "profile.sha256", "profile.requirements")
"""What of a certificate is told of before it is compared with the one that follows from the evidence."""
_OF_ALL = ("verdict", "says", "models", "endpoint", "reach", "result", "dialects", "service")
"""What of a certificate rests on all exchanges, and is not compared where one of them cannot be read."""
_UNSAID = "This suite cannot say whether the bundle holds."
_UNREADABLE = ("zip-damaged", "zip-too-many")
"""The codes of a zip of which nothing can be read, so that no file of it is missed."""
_TOO_LARGE = "zip-too-large"
"""The code of a zip that is made to cost whoever checks it: nothing more of it is looked at."""
_MORE = 1_000  # lines of a report beyond those that it should have, from which on none is read
_DIGEST = re.compile(r"This certificate</th><td><code>([0-9a-f]{64})</code>")
"""Where a page has the digest of its certificate."""
_BESIDE = {
    "not-certified": "it is no certificate",
    "expired": "it has expired",
    "not-yet": "its first day is still to come",
    "signature-missing": "nobody signed it",
    "signature-unknown": "none of the signers that you allow signed it",
    "signature-damaged": "what lies beside it as its signature is none",
    "signature-wrong": "its signature is of other bytes, or for another purpose",
}
"""What does not speak against the evidence of a bundle, as its last sentence says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of a check.

    `content` is that of the certificate, None if it could not be read. `exchanges` and `verdicts` count what
    was judged again, 0 if nothing could be. `signers` are those whose signature was found good. `beside` is
    what the evidence, judged again, shows broken beside the profile, whatever the certificate lists.
    """

    content: Json | None
    problems: tuple[Problem, ...]
    exchanges: int = 0
    verdicts: int = 0
    signers: tuple[str, ...] = ()
    beside: tuple[Json, ...] = ()

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
                return _UNSAID
        codes = dict.fromkeys(item.code for item in self.problems if item.code not in UNDECIDED)
        if not codes.keys() <= _BESIDE.keys():
            return "The bundle does not hold."
        if len(codes) < len({item.code for item in self.problems}):
            return f"{_UNSAID[:-1]}, and {' and '.join(map(_BESIDE.__getitem__, codes))}."
        assert self.content is not None  # noqa: S101 - or there would be another problem
        said = f": {self.content['says']}" if "not-certified" in codes else "."
        # What it says of itself goes last.
        told = [_BESIDE[code] for code in sorted(codes, key="not-certified".__eq__)]
        return f"The bundle is consistent, and {' and '.join(told)}{said}"


def verified(data: bytes, today: date) -> Verification:
    """The result of checking the bytes of a bundle on a day. All problems are listed. Never raises."""
    files, problems = unpacked(data)
    if any(item.code in _UNREADABLE and not item.where for item in problems):
        return Verification(content=None, problems=tuple(problems))
    content = content_of(files, problems)
    if content is None or any(item.code == _TOO_LARGE for item in problems):
        return Verification(content=content, problems=grouped(problems))
    check = Check(files=files, content=content, problems=problems)
    look_at_dates(check, today)
    look_at_digests(check)
    read_exchanges(check)
    for name, what in secrets_in(files, check.exchanges.values()):
        check.add("secret", name, f"it holds {what}; take the bundle back and withdraw the credential")
    mine = this_suite(commit=False)  # the digest of the code says more
    true = None
    if other := list(_other(content["suite"], mine)):
        check.problems += other
    else:
        true = _judged(check)
        _paged(check, true)
        if true is not None:
            _forged(check, true)
    if content["verdict"] != CERTIFIED:
        check.add("not-certified", CERTIFICATE, f"it is no certificate: {content['says']}")
    return Verification(
        content=content,
        problems=grouped(check.problems),
        exchanges=len(check.exchanges) if check.verdicts else 0,
        verdicts=check.verdicts,
        beside=tuple(true["result"]["beside"]) if true is not None else (),
    )


def _other(there: Mapping[str, str], mine: Suite) -> Iterator[Problem]:
    """Why another suite made the bundle, so that this one cannot tell."""
    version = there["version"]
    if version != mine.version:
        told = f"it was made by version {clipped(version, SHOWN)}, and this is {mine.version}"
    elif there["catalogue"] != mine.catalogue:
        told = f"it was made by another catalogue of requirements than that of this {mine.version}"
    elif there["code"] != mine.code:
        told = f"it was made by other code than that of this {mine.version}"
    else:
        return
    yield Problem("suite-differs", CERTIFICATE, f"cannot say: {told}; {suite_to_install({'suite': there})}")


def _paged(check: Check, true: Json | None) -> None:
    """Whether the page is that of the certificate, and if it is not, which of the two was changed.

    `true` is the certificate that follows from the evidence, None if none could be made.
    """
    page = check.files.get(PAGE)
    if page is None or page == render(check.content).encode():
        return
    if true is not None and page == render(true).encode():
        what = "it was changed, and the page was not, which shows what follows from the evidence"
        check.add("certificate-edited", CERTIFICATE, what)
        return
    found = _DIGEST.search(page.decode(errors="replace"))
    mine = hashlib.sha256(written(check.content)).hexdigest()
    if found is None or found[1] == mine:
        check.add("page-edited", PAGE, "it was changed: it is not the page of this certificate.json")
        return
    there = next(_apart(render(check.content), page.decode(errors="replace")), "")
    told = "it is the page of another certificate.json, by the digest in it, so one of the two was changed"
    check.add("page-differs", PAGE, f"{told}; it says {clipped(there, SHOWN)!r}" if there else told)


def _apart(due: str, page: str) -> Iterator[str]:
    """The lines of a page that another one has not, but that with the digest, as text."""
    known = set(due.splitlines())
    for line in page.splitlines():
        if line not in known and not _DIGEST.search(line):
            yield " ".join(unescape(re.sub(r"<[^<>]*>", " ", line)).split())


def _judged(check: Check) -> Json | None:
    """What only the suite that made the bundle can tell: whether all of it follows from the evidence.

    The certificate that does; None if none can be made.
    """
    content, files = check.content, check.files
    named = content["profile"]["id"]
    if named not in profiles():
        check.add("profile-unknown", CERTIFICATE, f"this suite has no profile {named}")
        return None
    profile = profiles()[named]
    frozen = profile_bytes(profile)
    if PROFILE in files and files[PROFILE] != frozen:
        check.add("profile-differs", PROFILE, f"it is not the frozen file of {named}")
    if tuple(content["profile"]["requirements"]) != profile.requirements:
        check.add("profile-differs", CERTIFICATE, f"its requirements are not those of {named}")
    try:
        entry = provider_of(content["provider"], content["configuration"])
        replaced = replaced_keys(entry, profile)
        sent = planned_again(entry, profile, content)
        allowed = planned_again(entry, profile, content, budget=None)
    except (ConformanceError, KeyError, TypeError, ValueError) as error:
        told = error.message if isinstance(error, ConformanceError) else str(error)
        check.add(
            "configuration-unusable", CERTIFICATE, f"nothing could be sent by its configuration: {told}"
        )
        return None
    if replaced:
        what = f"its `extra_body` replaces {', '.join(replaced)} of the suite's own requests"
        check.add("configuration-unusable", CERTIFICATE, what)
    if left := len(sent.requests) - len(allowed.requests):
        what = f"its limit of requests leaves {left} of those out that a certificate rests on"
        check.add("configuration-unusable", CERTIFICATE, what)
    exchanges = list(check.exchanges.values())
    run = content["run"]
    check.problems += misasked(sent, check.exchanges, check.absent)
    check.problems += _unrecorded(check, entry)
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
        return None
    check.verdicts = found.verdicts
    lines = _lines(check, len(found.lines))
    if lines is not None:
        check.problems += answers_of_others(lines, found.report.rulings)
        check.problems += differences(lines, found.lines, check.absent)
        _header(check, lines[0] if lines else {}, found.report.header.model, sent)
    if not exchanges:
        return None
    made_by = Suite(**{key: value for key, value in content["suite"].items() if key != "name"})
    return certificate(
        found.report,
        exchanges,
        profile=profile,
        configuration=content["configuration"],
        vendor=content["vendor"],
        suite=made_by,
        samples=content["samples"],
        files={REPORT: b"", PROFILE: frozen, **files},
    )


def _unrecorded(check: Check, entry: Provider) -> Iterator[Problem]:
    """Where the evidence is not as a run by these settings leaves it."""
    run, exchanges = check.content["run"], check.exchanges.values()
    for one in exchanges:
        name = evidence_name(one.id)
        yield from misspelt(name, check.files[name])
    yield from misattempted(exchanges)
    yield from mistimed(exchanges)
    yield from misheaded(entry, exchanges)
    yield from misdated(exchanges, run["started"], run["ended"])
    yield from otherwise_dated(exchanges)
    yield from copies(exchanges)
    asked = endpoint_of([*exchanges])
    if entry.embedded and exchanges and not reach(asked):
        what = f"its settings name the reference provider inside the suite, and {asked} was asked"
        yield Problem("address-differs", CERTIFICATE, what)


def _lines(check: Check, due: int) -> list[Json] | None:
    """The lines of the report, which are to be `due`; None if there are none, or some that cannot be read."""
    if REPORT not in check.files:
        return None
    if (there := check.files[REPORT].count(b"\n")) > due + _MORE:
        check.add("report-forged", REPORT, f"it has {there:,} lines, and the evidence gives {due:,}")
        return None
    try:
        lines = [object_in(line) for line in check.files[REPORT].split(b"\n") if line.strip()]
    except ValueError as error:
        check.add("report-damaged", REPORT, f"a line cannot be read: {error}")
        return None
    again = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    if again.encode() != check.files[REPORT]:
        check.add(
            "report-damaged", REPORT, "it is not written as the suite writes it: it may say one thing twice"
        )
    return lines


def _header(check: Check, told: Json, model: str, sent: Plan) -> None:
    """Whether the report is of the same as the certificate, of the `model` and of what was `sent`."""
    content = check.content
    for error in Shape(schema("report"), "/$defs/header").errors(told):
        what = f"its header, {error.path or 'as a whole'}: expected {error.expected}, found {error.observed}"
        check.add("report-damaged", REPORT, clipped(what, SHOWN * 3))
    due = {
        "kind": "header",
        "suite": content["suite"]["version"],
        "profile": content["profile"]["id"],
        "provider": content["provider"],
        "model": model,
        "started": content["run"]["started"],
        "base_url": content["configuration"]["base_url"],
        "key_variable": content["configuration"]["api_key_env"],
        "dialects": content["configuration"]["dialects"],
        "deviations": [{**item, "baseline": ""} for item in content["configuration"]["deviations"]],
        "replayed": False,
        "recorded": False,
        "notes": list(notes(sent)),
        "log": "",
    }
    for key, value in due.items():
        if told.get(key) != value:
            said = clipped(json.dumps(told.get(key)), SHOWN)
            check.add(
                "report-differs",
                REPORT,
                f"its {key} is {said}, and the rest of the bundle says {json.dumps(value)}",
            )


def _forged(check: Check, true: Json) -> None:
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
            skipped = place in _LOOKED_AT or (check.absent and key in _OF_ALL)
            if place == "result.beside" and not skipped:
                for what in misbeside(said, due):
                    check.add("beside-forged", CERTIFICATE, what)
            elif said != due and not skipped:
                shown = clipped(json.dumps(said), SHOWN), clipped(json.dumps(due), SHOWN)
                code = "verdict-forged" if key in ("verdict", "result", "says") else "certificate-forged"
                check.add(code, CERTIFICATE, f"{place} is {shown[0]}, and the evidence gives {shown[1]}")


def _relisted(check: Check, true: Sequence[Json]) -> None:
    """Compares the digests of the parts of files that are unchanged: those of others are told of already."""
    due = {item["id"]: item for item in true}
    for item in check.content["evidence"]:
        found = due.get(item["id"], item)
        if item["sha256"] == found["sha256"] and item != found:
            check.add(
                "certificate-forged", CERTIFICATE, f"the digests of the parts of {item['id']} are not its own"
            )
