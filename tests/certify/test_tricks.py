"""Tricks with a bundle: of the zip, of JSON, and of evidence by a forger who knows the suite.

None may make a bundle that is said to hold, and each is told for what it is.
"""

import json
import re
import struct
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from typing import Any

import pytest

from conformance.certify.bundle import CERTIFICATE, PAGE, PROFILE, REPORT, unpacked
from conformance.certify.problems import UNDECIDED
from conformance.evidence.format import Line
from conformance.gate import ExitCode
from tests.certify.made import (
    FLAKY,
    Files,
    bundle,
    certified,
    check,
    content,
    diligent,
    edited,
    everywhere,
    files,
    rearranged,
    relisted,
    repaged,
    reported,
)

Json = dict[str, Any]
Forgery = Callable[[Files], Files]
ONE, TWO, THREE = (f"evidence/chat-json{sample}.jsonl" for sample in ("", ".2", ".3"))


# The zip


def zipped(there: Files, change: Callable[[zipfile.ZipInfo], object] = lambda _: None) -> bytes:
    """The files as the suite packs them, with a change of the first."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for place, (name, data) in enumerate(there.items()):
            item = zipfile.ZipInfo(name)
            item.compress_type = zipfile.ZIP_DEFLATED
            item.external_attr = 0o100644 << 16
            if not place:
                change(item)
            archive.writestr(item, data)
    return buffer.getvalue()


def and_(name: str, data: bytes = b"{}") -> Callable[[bytes], bytes]:
    """One file more."""
    return lambda before: zipped({**files(before), name: data})


def first(**keys: Any) -> Callable[[bytes], bytes]:
    """Other attributes of the first file."""

    def changed(item: zipfile.ZipInfo) -> None:
        for key, value in keys.items():
            setattr(item, key, value)

    return lambda before: zipped(files(before), changed)


def at(mark: bytes, place: int, value: bytes) -> Callable[[bytes], bytes]:
    """Other bytes behind the first of a mark."""

    def changed(before: bytes) -> bytes:
        start = before.index(mark) + place
        return before[:start] + value + before[start + len(value) :]

    return changed


LOCAL, LISTED, LAST = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
UNICODE_PATH = struct.pack("<HHBI", 0x7075, 5 + 4, 1, 0) + b"gold"
ZIP64 = struct.pack("<HHQQ", 1, 16, 9, 9)


def renamed_in_place(before: bytes) -> bytes:
    """Another name before the file than in the list."""
    return before.replace(b"certificate.html", b"certificate.htmx", 1)


def two_lists(before: bytes) -> bytes:
    """A whole other bundle in front, whose list a program may find that reads from the beginning."""
    return zipped({CERTIFICATE: b"{}"}) + before


def zip64_end(before: bytes) -> bytes:
    """The end of a list of the larger kind, before the end of the list."""
    start = before.index(LAST)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 46, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, start, 1)
    return before[:start] + record + locator + before[start:]


ZIP: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a name in capitals": (and_("Certificate.json"), "zip-name"),
    "a name in another folder": (and_("gold/certificate.json"), "zip-name"),
    "a twin by normalisation": (and_("evidence/chat-jso\u0301n.jsonl"), "zip-name"),
    "a full-width twin": (and_("certificate\uff0ejson"), "zip-name"),
    "a name with a line end": (and_("certificate.json\n"), "zip-name"),
    "a name with a colon": (and_("C:certificate.json"), "zip-name"),
    "a name with backslashes": (and_("..\\certificate.json"), "zip-name"),
    "a folder beside the files": (and_("evidence/"), "zip-name"),
    "a link": (first(external_attr=0o120777 << 16), "zip-link"),
    "a device": (first(external_attr=0o020666 << 16), "zip-link"),
    "a comment of a file": (first(comment=b"gold"), "zip-hidden"),
    "another name in an extra field": (first(extra=UNICODE_PATH), "zip-hidden"),
    "the fields of zip64": (first(extra=ZIP64), "zip-hidden"),
    "the end of zip64": (zip64_end, "zip-damaged"),
    "another name in place": (renamed_in_place, "zip-damaged"),
    "a sign of encryption in the list": (at(LISTED, 8, b"\x01\x00"), "zip-encrypted"),
    "a sign of strong encryption": (at(LISTED, 8, b"\x40\x00"), "zip-damaged"),
    "a sign of encryption in place": (at(LOCAL, 6, b"\x01\x00"), "zip-hidden"),
    "a sign that sizes follow": (at(LOCAL, 6, b"\x08\x00"), "zip-hidden"),
    "another way in place": (at(LOCAL, 8, b"\x00\x00"), "zip-hidden"),
    "another sum in place": (at(LOCAL, 14, bytes(4)), "zip-hidden"),
    "another sum in the list": (at(LISTED, 16, bytes(4)), "zip-damaged"),
    "a way that nobody knows": (at(LISTED, 10, b"\x63\x00"), "zip-compression"),
    "fewer files than there are": (at(LAST, 8, b"\x01\x00\x01\x00"), "zip-hidden"),
    "another disk": (at(LAST, 4, b"\x01\x00"), "zip-hidden"),
    "a list elsewhere": (at(LAST, 16, b"\x00\x00\x00\x00"), "zip-damaged"),
    "another bundle in front": (two_lists, "zip-hidden"),
    "half a bundle": (lambda before: before[: len(before) // 2], "zip-damaged"),
    "nothing but an end": (lambda before: before[before.index(LAST) :], "zip-damaged"),
    "a page that is a bomb": (
        lambda before: zipped({**files(before), PAGE: bytes(8_000_001)}),
        "zip-too-large",
    ),
}


@pytest.mark.parametrize("name", ZIP)
def test_a_trick_with_the_zip_is_told(name: str) -> None:
    """Whatever program reads it, there is one bundle in it, or it does not hold."""
    forge, code = ZIP[name]
    assert code in {problem.code for problem in unpacked(forge(certified()))[1]}
    assert code not in UNDECIDED


@pytest.mark.parametrize("name", [CERTIFICATE, PAGE, REPORT, PROFILE, ONE])
def test_a_file_that_is_damaged_is_not_called_missing(name: str) -> None:
    """It is in the bundle, and one fault is told once."""
    data = certified()
    spoiled = data.replace(name.encode(), name.encode()[:-1] + b"X", 1)
    told = [problem.code for problem in check(spoiled).problems if problem.where == name]
    assert told == ["zip-damaged"]


def test_a_list_that_leads_astray_is_called_damaged() -> None:
    """One byte makes every file unreadable; none of them is said to be large."""
    spoiled = at(LAST, 19, b"\x01")(certified())
    assert {problem.code for problem in unpacked(spoiled)[1]} == {"zip-damaged"}


# JSON


def replaced(name: str, old: bytes, new: bytes) -> Forgery:
    """Other bytes in a file, where they come first."""

    def forged(there: Files) -> Files:
        assert old in there[name], name
        return {**there, name: there[name].replace(old, new, 1)}

    return forged


def listed(name: str, old: bytes, new: bytes) -> Forgery:
    """The same, with the digest of the file in the certificate made anew."""
    return lambda there: relisted(replaced(name, old, new)(there))


def sealed(old: bytes, new: bytes, name: str = ONE) -> Forgery:
    """Other bytes in evidence, by a forger who computes every digest anew and changes no spelling."""
    return lambda there: relisted(rearranged(replaced(name, old, new)(there), name))


def encoded(name: str, coding: str) -> Forgery:
    """A file in another encoding."""
    return lambda there: {**there, name: there[name].decode().encode(coding)}


DEEP = b'{"a":' * 150 + b"1" + b"}" * 150
JSON: dict[str, tuple[Forgery, str, str]] = {
    "a key of evidence twice": (
        sealed(b'"line":"response","status":200', b'"line":"response","status":500,"status":200'),
        "evidence-form",
        "line 3 is not written as the suite writes it: it may say one thing twice",
    ),
    "a text of evidence twice": (
        sealed(b'"text":', b'"text":"data: [DONE]\\n\\n","text":'),
        "evidence-form",
        "it may say one thing twice",
    ),
    "a number of evidence in another spelling": (
        sealed(b'"status":200,"headers"', b'"status":2e2,"headers"'),
        "evidence-damaged",
        "",
    ),
    "a space in evidence": (sealed(b'"status":200,', b'"status": 200,'), "evidence-form", "is not written"),
    "a character of evidence as an escape": (
        sealed(b'"line":"piece","at"', b'"l\\u0069ne":"piece","at"'),
        "evidence-form",
        "is not written as the suite writes it",
    ),
    "a key of evidence that nobody reads": (
        sealed(b'"line":"response",', b'"line":"response","award":"gold",'),
        "evidence-form",
        "line 3 has a key 'award', which the suite does not write",
    ),
    "a key of a header that nobody reads": (
        sealed(b'{"name":"date",', b'{"award":"gold","name":"date",'),
        "evidence-form",
        "has a key 'award'",
    ),
    "a key of a request that nobody reads": (
        sealed(b'"method":"POST"', b'"award":"gold","method":"POST"'),
        "evidence-form",
        "line 1 has a key 'award'",
    ),
    "an empty line in evidence": (listed(ONE, b"\n", b"\n\n"), "evidence-damaged", "not JSON"),
    "evidence with the line ends of Windows": (
        lambda there: relisted({**there, ONE: there[ONE].replace(b"\n", b"\r\n")}),
        "evidence-form",
        "line 1 is not written",
    ),
    "no number in evidence": (sealed(b'"at":', b'"at":NaN,"x":'), "evidence-damaged", "NaN"),
    "a number of evidence that is too large": (
        sealed(b'"line":"piece","at":', b'"line":"piece","at":1e999,"x":'),
        "evidence-damaged",
        "too large",
    ),
    "a number of evidence with many digits": (
        sealed(b'"line":"piece","at":', b'"line":"piece","at":' + b"9" * 400 + b',"x":'),
        "evidence-damaged",
        "too large",
    ),
    "a number with more digits than are read": (
        sealed(b'"line":"piece","at":', b'"line":"piece","at":' + b"9" * 5_000 + b',"x":'),
        "evidence-damaged",
        "",
    ),
    "a mark of the byte order before evidence": (
        lambda there: relisted(rearranged({**there, ONE: b"\xef\xbb\xbf" + there[ONE]}, ONE)),
        "evidence-form",
        "line 1 is not written",
    ),
    "bytes behind evidence": (
        lambda there: relisted({**there, ONE: there[ONE] + b"gold"}),
        "evidence-form",
        "behind the end",
    ),
    "a mark of the byte order before the certificate": (
        encoded(CERTIFICATE, "utf-8-sig"),
        "certificate-rewritten",
        "not written as the suite writes it",
    ),
    "a certificate in UTF-16": (encoded(CERTIFICATE, "utf-16"), "certificate-rewritten", "not written"),
    "bytes behind the certificate": (
        lambda there: {**there, CERTIFICATE: there[CERTIFICATE] + b"{}"},
        "certificate-form",
        "Extra data",
    ),
    "spaces behind the certificate": (
        lambda there: {**there, CERTIFICATE: there[CERTIFICATE] + b" "},
        "certificate-rewritten",
        "not written",
    ),
    "a character of the certificate as an escape": (
        replaced(CERTIFICATE, b'"certified"', b'"\\u0063ertified"'),
        "certificate-rewritten",
        "not written",
    ),
    "a number of the certificate as a fraction": (
        replaced(CERTIFICATE, b'"samples": 3', b'"samples": 3.0'),
        "certificate-form",
        "samples",
    ),
    "a number of the certificate that is none": (
        replaced(CERTIFICATE, b'"samples": 3', b'"samples": NaN'),
        "certificate-form",
        "NaN is not JSON",
    ),
    "a number of the certificate that is too large": (
        replaced(CERTIFICATE, b'"connect": ', b'"connect": 1e999, "x": '),
        "certificate-form",
        "too large",
    ),
    "many samples": (replaced(CERTIFICATE, b'"samples": 3', b'"samples": 99999999'), "certificate-form", ""),
    "a certificate that is nested deep": (
        replaced(CERTIFICATE, b'"extra_body": {', b'"extra_body": {"a": ' + DEEP),
        "certificate-form",
        "nested deeper than 100",
    ),
    "a certificate that is a list": (
        lambda there: {**there, CERTIFICATE: b"[]\n"},
        "certificate-form",
        "no JSON object",
    ),
    "a key of the report twice": (
        listed(REPORT, b'"outcome":"pass"', b'"outcome":"fail","outcome":"pass"'),
        "report-damaged",
        "it may say one thing twice",
    ),
    "a key of the report's header that no report has": (
        listed(REPORT, b'"kind":"header",', b'"kind":"header","award":"gold",'),
        "report-damaged",
        "award",
    ),
    "a remark in the report": (
        listed(REPORT, b'"notes":[]', b'"notes":["The best of all."]'),
        "report-differs",
        "its notes is",
    ),
    "an empty report": (lambda there: relisted({**there, REPORT: b""}), "report-forged", "says nothing of"),
    "a report of very many lines": (
        lambda there: relisted({**there, REPORT: there[REPORT] + b"{}\n" * 2_000}),
        "report-forged",
        "lines, and the evidence gives",
    ),
    "spaces behind the profile": (
        lambda there: relisted({**there, PROFILE: there[PROFILE] + b"\n"}),
        "profile-differs",
        "not the frozen file",
    ),
}


@pytest.mark.parametrize("name", JSON)
def test_a_trick_with_json_is_told(name: str) -> None:
    """What two readers may read in two ways is not believed, whatever fits."""
    forge, code, message = JSON[name]
    found = check(forge(files(certified())))
    assert found.exit_code is ExitCode.VIOLATION
    told = [str(problem) for problem in found.problems if problem.code == code]
    assert any(re.search(re.escape(message), line) for line in told), found.problems


# Evidence


def swapped(there: Files) -> Files:
    """The files of two samples, each under the name of the other."""
    return {**there, ONE: there[TWO], TWO: there[ONE]}


def heads(change: Callable[[Json, Json], None]) -> Forgery:
    """A change of the head of one sample and of another, with all digests made anew."""

    def forged(there: Files) -> Files:
        one, two = (json.loads(there[name].split(b"\n", 1)[0]) for name in (ONE, TWO))
        change(one, two)
        made = dict(there)
        for name, head in ((ONE, one), (TWO, two)):
            made[name] = edited(there[name], Line.HEAD, partial(dict.update, **head))
        return made

    return forged


def crossed(one: Json, two: Json) -> None:
    """What says which exchange it is goes over to the other."""
    keys = ("id", "sample")
    for key in keys:
        one[key], two[key] = two[key], one[key]


def answers(*, head: tuple[str, ...] = (), whole: bool = True) -> Forgery:
    """The second sample's answer put in the place of the first one's, and if `whole`, the other way too.

    Keys of the head that are named go with it.
    """

    def forged(there: Files) -> Files:
        lines = {name: there[name].splitlines(keepends=True) for name in (ONE, TWO)}
        made = dict(there)
        for mine, other in ((ONE, TWO), (TWO, ONE))[: 2 if whole else 1]:
            made[mine] = b"".join([lines[mine][0], *lines[other][1:]])
            theirs = json.loads(lines[other][0])
            taken = {key: theirs[key] for key in head}
            made[mine] = edited(made[mine], Line.HEAD, partial(dict.update, **taken))
        return made

    return forged


def recoded(name: str, mine: str = ONE) -> Forgery:
    """A sample as a copy of another, with the code word and the id of the answer changed everywhere."""

    def forged(there: Files) -> Files:
        head, other = (there[one].split(b"\n", 1)[0] for one in (mine, name))
        words = [json.loads(line)["nonce"].encode() for line in (other, head)]
        answer = there[name].split(b"\n", 1)[1]
        (old,) = set(re.findall(rb"chatcmpl-\w+", answer))
        return {**there, mine: head + b"\n" + answer.replace(*words).replace(old, b"chatcmpl-" + b"x" * 29)}

    return forged


def attempts(*new: Json) -> Forgery:
    """Other attempts of the first sample."""

    def forged(there: Files) -> Files:
        head, *rest = there[ONE].splitlines(keepends=True)
        kept = [line for line in rest if b'"line":"attempt"' not in line]
        told = [json.dumps({"line": "attempt", **one}, separators=(",", ":")).encode() + b"\n" for one in new]
        return {**there, ONE: b"".join([head, *told, *kept])}

    return forged


def tried(started: float = 0.0, status: int | None = 200, error: str = "") -> Json:
    return {"started": started, "status": status, "error": error, "retry_after": None}


def moved(kind: Line, place: int) -> Forgery:
    """The first line of a kind in another place."""

    def forged(there: Files) -> Files:
        lines = there[ONE].splitlines(keepends=True)
        (one, *_) = [line for line in lines if f'"line":"{kind}"'.encode() in line]
        lines.remove(one)
        lines.insert(place, one)
        return {**there, ONE: b"".join(lines)}

    return forged


def later(days: int) -> Forgery:
    """Everything that says when, by some days later: the natural way to prolong a certificate."""

    def time(text: str) -> str:
        moved = datetime.fromisoformat(text) + timedelta(days=days)
        return moved.isoformat(timespec="milliseconds" if "." in text else "seconds").replace("+00:00", "Z")

    def dated(there: Files) -> Files:
        run = content(there)["run"]
        old, new = run["started"][:10], time(run["started"])[:10]

        def line(told: Json) -> None:
            for key in ("started", "ended"):
                if told["kind"] in ("header", "footer") and told.get(key):
                    told[key] = time(told[key])

        def certificate(told: Json) -> None:
            told["run"] = {**run, "started": time(run["started"]), "ended": time(run["ended"])}
            told["issued"] = new
            told["expires"] = (
                (datetime.fromisoformat(told["expires"]) + timedelta(days=days)).date().isoformat()
            )
            told["says"] = told["says"].replace(f"on {old}.", f"on {new}.")

        made = everywhere(lambda head: head.update(started=time(head["started"])))(there)
        return repaged(reported(made, line), certificate)

    return dated


def shuffled(there: Files) -> Files:
    """The lines of the report in another order."""
    head, *lines, foot = there[REPORT].splitlines(keepends=True)
    return {**there, REPORT: b"".join([head, *reversed(lines), foot])}


def listed_backwards(there: Files) -> Files:
    """The exchanges of the certificate in another order."""
    return repaged(there, lambda told: told.update(evidence=told["evidence"][::-1]))


def with_header(line: Json) -> None:
    line["request"]["headers"].append({"name": "x-strict", "value": "[not kept]"})


def with_split_key(there: Files) -> Files:
    """In a comment whose first half ends a piece, and whose second half begins the next."""
    lines = [json.loads(line) for line in there[ONE].splitlines()]
    before, after = [line for line in lines if line["line"] == Line.PIECE][:2]
    before["text"] += ": sk-proj-0123456789"
    after["text"] = "abcdef0123456789\n\n" + after["text"]
    told = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    return {**there, ONE: told.encode()}


def set_in(table: str, **keys: Any) -> Forgery:
    """Other values in a table of the certificate."""
    return lambda there: repaged(there, lambda told: told[table].update(keys))


def of_report(kind: str, change: Callable[[Json], object]) -> Forgery:
    """A change of the lines of a kind in the report."""
    return lambda there: reported(there, lambda line: change(line) if line["kind"] == kind else None)


def older(told: Json) -> None:
    told["profile"].update(id="chat-structured-2026-01-01", requirements=told["profile"]["requirements"][:3])


EVIDENCE: dict[str, tuple[Forgery, str, str]] = {
    "two samples under each other's name": (
        swapped,
        "exchange-swapped",
        "it holds the exchange that the certificate lists as chat-json",
    ),
    "a sample stored twice": (
        lambda there: {**there, ONE: there[TWO]},
        "exchange-swapped",
        "it holds the exchange that the certificate lists as chat-json.2",
    ),
    "two samples under each other's name and id": (
        lambda there: swapped(heads(crossed)(there)),
        "exchange-swapped",
        "it holds the exchange that the certificate lists as chat-json",
    ),
    "two samples swapped, all digests made anew": (
        diligent(lambda there: swapped(heads(crossed)(there))),
        "exchange-swapped",
        "it holds the request of chat-json",
    ),
    "the answer of another sample": (
        answers(whole=False),
        "answer-swapped",
        "its answer is the one that the certificate lists for chat-json.2",
    ),
    "two answers swapped": (answers(), "answer-swapped", "the certificate lists for chat-json"),
    "two answers swapped, all digests made anew": (
        diligent(answers()),
        "answer-swapped",
        "its answer is to another request, by the code word in it: expected nothing of chat-json",
    ),
    "two answers swapped with their times": (
        diligent(answers(head=("started",))),
        "answer-swapped",
        "by the code word in it",
    ),
    "a copy with another code word": (
        diligent(recoded(TWO)),
        "answer-copied",
        "its times of arrival are those of chat-json, to the nanosecond",
    ),
    "an attempt left out": (
        diligent(attempts(tried(1.25))),
        "attempts-forged",
        "its first attempt began 1.25 s after the first one, so one was left out",
    ),
    "no attempt at all": (
        diligent(attempts()),
        "attempts-forged",
        "it holds an answer, and no attempt to ask for it",
    ),
    "neither attempts nor a time": (
        diligent(attempts(), lambda there: {**there, ONE: edited(there[ONE], Line.HEAD, unstarted)}),
        "another-time",
        'it is of "", and the run went from',
    ),
    "asked again until it was good": (
        diligent(attempts(tried(), tried(1.0))),
        "attempts-forged",
        "attempt 1 was answered with status 200, and the request sent again",
    ),
    "an attempt of another status": (
        diligent(attempts(tried(status=404))),
        "attempts-forged",
        "its last attempt has status 404, and its answer 200",
    ),
    "more attempts than there are": (
        diligent(attempts(*(tried(number, 503) for number in range(4)), tried(9.0))),
        "attempts-forged",
        "it has 5 attempts, and the suite makes 3 at most",
    ),
    "attempts in another order": (
        diligent(attempts(tried(0.0, 503), tried(2.0, 503), tried(1.0))),
        "attempts-forged",
        "not in the order of their times",
    ),
    "an attempt behind the answer": (
        lambda there: relisted(rearranged(moved(Line.ATTEMPT, 3)(there), ONE)),
        "evidence-form",
        "line 4, attempt, is not where the suite writes it",
    ),
    "a piece in another place": (diligent(moved(Line.PIECE, 6)), "verdict-forged", ""),
    "a line behind the end": (
        lambda there: relisted({**there, ONE: there[ONE] + there[ONE].splitlines(keepends=True)[-1]}),
        "evidence-damaged",
        "",
    ),
    "a time before the request": (
        diligent(
            lambda there: {**there, ONE: edited(there[ONE], Line.PIECE, lambda one: one.update(at=-5.0))}
        ),
        "report-forged",
        "",
    ),
    "everything half a year later": (
        diligent(later(180)),
        "clock-differs",
        "by the endpoint, and asked for at",
    ),
    "everything in the future": (diligent(later(400)), "not-yet", "after the day of this check"),
    "a header that the settings do not name": (
        diligent(everywhere(with_header)),
        "asked-otherwise",
        "its request has the header x-strict, which the settings do not name",
    ),
    "a header that only the settings name": (
        diligent(lambda there: repaged(there, lambda told: told["configuration"]["headers"].update(X="y"))),
        "asked-otherwise",
        "its request lacks the header x, which the settings name",
    ),
    "another address in the settings": (
        diligent(
            set_in("configuration", base_url="https://api.openai.com/v1"),
            of_report("header", lambda line: line.update(base_url="https://api.openai.com/v1")),
        ),
        "address-differs",
        "the suite sends it to https://api.openai.com/v1/chat/completions",
    ),
    "a key of the settings": (
        diligent(set_in("configuration", api_key_env="GOLD")),
        "report-differs",
        "its key_variable is",
    ),
    "a parameter of the settings": (
        diligent(set_in("configuration", token_param="max_tokens")),  # noqa: S106
        "asked-otherwise",
        "its request is not the suite's",
    ),
    "keys that were left out": (
        diligent(set_in("configuration", unsupported_params=["response_format"])),
        "exchange-surplus",
        "no run of the suite by these settings",
    ),
    "a dialect that was not declared": (
        diligent(set_in("configuration", dialects=["finish-key-late"])),
        "report-differs",
        "its dialects is []",
    ),
    "a dialect that the profile does not admit": (
        set_in("profile", dialects=["usage-unasked"]),
        "certificate-forged",
        "profile.dialects is",
    ),
    "claims that leave the profile out": (
        diligent(
            lambda there: repaged(
                there, lambda told: told["configuration"]["claims"].update({"structured-output": False})
            )
        ),
        "exchange-surplus",
        "no run of the suite by these settings has an exchange of this name",
    ),
    "a profile of an earlier day": (
        lambda there: repaged(there, older),
        "profile-unknown",
        "this suite has no profile chat-structured-2026-01-01",
    ),
    "the verdict by profile": (
        diligent(of_report("footer", lambda line: line["profiles"][0].update(kept=99))),
        "report-forged",
        "the footer: profiles is",
    ),
    "the lines of the report in another order": (
        diligent(shuffled),
        "report-forged",
        "its lines are in another order than a run has them",
    ),
    "the exchanges in another order": (
        listed_backwards,
        "certificate-forged",
        "it lists the exchanges in another order than they have",
    ),
    "a report of recorded traffic": (
        diligent(of_report("header", lambda line: line.update(recorded=True))),
        "report-differs",
        "its recorded is true",
    ),
    "a key as the vendor's contact": (
        set_in("vendor", contact="sk-proj-0123456789abcdef0123456789"),
        "secret",
        "a key that begins with sk-",
    ),
    "a key in two pieces": (
        diligent(with_split_key),
        "secret",
        "a key that begins with sk-",
    ),
    "the page of another certificate": (
        lambda there: {**there, PAGE: repaged(there, lambda told: told["vendor"].update(name="Gold"))[PAGE]},
        "page-differs",
        "it is the page of another certificate.json",
    ),
    "a word of the page": (
        replaced(PAGE, b"<h1>Self-certified</h1>", b"<h1>Certified</h1>"),
        "page-edited",
        "",
    ),
}


def unstarted(line: Json) -> None:
    line["started"] = ""


CLOCKS = {"everything half a year later"}
"""What cannot be told from a clock that is wrong."""


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_trick_with_evidence_is_told(name: str) -> None:
    """Also where every digest, the report's among them, was made anew."""
    forge, code, message = EVIDENCE[name]
    there = forge(files(certified()))
    day = datetime.fromisoformat(content(there)["issued"]).date() if name in CLOCKS else None
    found = check(there, day)
    told = [str(problem) for problem in found.problems if problem.code == code]
    assert any(re.search(re.escape(message), line) for line in told), found.problems
    undecided = name in CLOCKS
    assert found.exit_code is (ExitCode.ERROR if undecided else ExitCode.VIOLATION)


COPIED = "one is a copy of the other"


def test_a_failing_sample_is_not_replaced_by_a_copy() -> None:
    """Of one that passes, with the code word changed, and with the report that the copy would have."""
    there = diligent(recoded(THREE, TWO))(files(bundle(fault=FLAKY)))
    told = [str(problem) for problem in check(there).problems if problem.code == "answer-copied"]
    assert told == [f"{THREE}: its times of arrival are those of chat-json.2, to the nanosecond: {COPIED}"]


def test_nothing_is_read_of_a_bundle_that_is_made_to_cost() -> None:
    """What unpacks to more than a bundle may is told, and no digest, line or verdict of it is looked at."""
    found = check(zipped({**files(certified()), PAGE: bytes(8_000_001)}))
    assert [(problem.code, problem.where) for problem in found.problems] == [("zip-too-large", PAGE)]
    assert (found.exchanges, found.verdicts) == (0, 0)


def test_half_a_surrogate_pair_in_the_name_of_a_vendor_is_shown() -> None:
    """It is the vendor's own, and no reason to fall over."""
    assert (
        check(repaged(files(certified()), lambda told: told["vendor"].update(name="\ud800"))).problems == ()
    )
