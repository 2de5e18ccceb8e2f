"""Tricks with the JSON of a bundle: what two readers may read in two ways is told, whatever fits."""

import json
import re
from base64 import b64encode

import pytest

from conformance.certify.bundle import CERTIFICATE, PROFILE, REPORT
from conformance.gate import ExitCode
from tests.certify.made import (
    Files,
    certified,
    check,
    files,
    rearranged,
    relisted,
)
from tests.certify.tricks import ONE, Forgery, listed, replaced, sealed


def encoded(name: str, coding: str) -> Forgery:
    """A file in another encoding."""
    return lambda there: {**there, name: there[name].decode().encode(coding)}


def in_base64(there: Files) -> Files:
    """The first piece in the form that is for bytes which are no text."""
    lines = there[ONE].splitlines(keepends=True)
    piece = json.loads(lines[3])
    told = {"line": "piece", "at": piece["at"], "base64": b64encode(piece["text"].encode()).decode()}
    lines[3] = json.dumps(told, separators=(",", ":")).encode() + b"\n"
    return relisted(rearranged({**there, ONE: b"".join(lines)}, ONE))


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
    "a key of evidence left out": (
        sealed(b'"lacks":[],', b""),
        "evidence-form",
        "line 1 lacks the key 'lacks', which the suite writes",
    ),
    "keys of evidence in another order": (
        sealed(b'"started":0.0,"status":200', b'"status":200,"started":0.0'),
        "evidence-form",
        "line 2 is not written as the suite writes it",
    ),
    "a text of evidence in base64": (
        in_base64,
        "evidence-form",
        "line 4 is not written as the suite writes it",
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
