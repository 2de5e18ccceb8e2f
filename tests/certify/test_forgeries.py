"""Every forgery of a bundle is found, each with a message of its own.

A careless forger changes one file. A diligent one also computes every digest anew and renders the page again:
what is left then is that the rest of the bundle does not follow from the evidence.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from conformance.capabilities import CAPABILITIES
from conformance.certify import recount
from conformance.certify.bundle import CERTIFICATE, PAGE, PROFILE, REPORT
from conformance.certify.certificate import evidence_name
from conformance.certify.configuration import provider_of
from conformance.certify.recount import misasked, planned_again
from conformance.evidence.format import Line
from conformance.evidence.reader import evidence_in
from conformance.exchange import Exchange
from conformance.gate import ExitCode
from conformance.plan import Plan
from conformance.profiles import profiles
from conformance.reference.faults import FAULTS
from conformance.run.live import notes
from tests.certify.made import (
    FLAKY,
    Files,
    Forgery,
    bundle,
    certified,
    check,
    content,
    diligent,
    edited,
    everywhere,
    files,
    relisted,
    repaged,
    reported,
)
from tests.certify.tricks import ONE, TWO

Json = dict[str, Any]


def line_edited(kind: Line, change: Callable[[Json], None], name: str = ONE) -> Forgery:
    """A change of the first line of a kind."""
    return lambda there: {**there, name: edited(there[name], kind, change)}


def text_edited(name: str, old: bytes, new: bytes) -> Forgery:
    """Other bytes in a file, where they come first."""

    def forged(there: Files) -> Files:
        assert old in there[name]
        return {**there, name: there[name].replace(old, new, 1)}

    return forged


def set_to(**keys: Any) -> Callable[[Json], None]:
    """Sets keys of an object."""
    return lambda line: line.update(keys)


def without(name: str) -> Forgery:
    """A file left out."""
    return lambda there: {key: value for key, value in there.items() if key != name}


def first_header(line: Json) -> None:
    line["headers"][0]["value"] = "forged"


def longer(line: Json) -> None:
    line["request"]["body"] += " "


def cut(there: Files) -> Files:
    """An exchange without its last line."""
    return {**there, ONE: b"".join(there[ONE].splitlines(keepends=True)[:-1])}


def half(there: Files) -> Files:
    """An exchange that ends within a line."""
    return {**there, ONE: there[ONE][: len(there[ONE]) // 2]}


CARELESS: dict[str, tuple[Forgery, str, str]] = {
    "a byte of a body": (
        line_edited(Line.PIECE, lambda line: line.update(text=line["text"].replace("data", "date", 1))),
        "body-edited",
        "changed after the certificate was made: the body of the answer",
    ),
    "a status": (line_edited(Line.RESPONSE, set_to(status=201)), "status-edited", ": the status$"),
    "a header": (
        line_edited(Line.RESPONSE, first_header),
        "headers-edited",
        "the headers of the answer",
    ),
    "a time": (
        line_edited(Line.PIECE, set_to(at=0.000001)),
        "times-edited",
        "the times of arrival",
    ),
    "a name": (line_edited(Line.HEAD, set_to(scenario="chat-text")), "name-edited", "which exchange it is"),
    "a model": (line_edited(Line.HEAD, set_to(model="better")), "model-edited", ": the model$"),
    "a request": (line_edited(Line.HEAD, longer), "request-edited", ": the request$"),
    "an expectation": (
        line_edited(Line.HEAD, set_to(promises=[])),
        "expectation-edited",
        "what the suite expected",
    ),
    "an attempt": (line_edited(Line.ATTEMPT, set_to(status=500)), "attempts-edited", "the attempts to send"),
    "an ending": (line_edited(Line.END, set_to(ended="left")), "ending-edited", "how the answer ended"),
    "a line written anew": (text_edited(ONE, b'"at":', b'"at": '), "evidence-rewritten", "written anew"),
    "a line that is no JSON": (text_edited(ONE, b'"at":', b"at:"), "evidence-damaged", "cannot be read"),
    "a missing exchange": (without(TWO), "exchange-missing", "the bundle lacks it"),
    "a cut exchange": (cut, "exchange-cut", "the line that ends an exchange is missing"),
    "a cut line": (half, "exchange-cut", "the line that ends an exchange is missing"),
    "an exchange beside the list": (
        lambda there: {**there, "evidence/chat-json.4.jsonl": there[ONE]},
        "exchange-unlisted",
        "does not list this exchange",
    ),
    "the page": (text_edited(PAGE, b"conforms to", b"shines by"), "page-edited", "not the page of this"),
    "the report": (
        text_edited(REPORT, b'"status":200', b'"status":201'),
        "report-edited",
        "was changed after",
    ),
    "the profile": (text_edited(PROFILE, b'  "role-first",\n', b""), "profile-edited", "was changed after"),
    "the verdict of the certificate": (
        text_edited(CERTIFICATE, b'"kept": ', b'"kept": 1'),
        "verdict-forged",
        r"result\.kept is 1\d+, and the evidence gives",
    ),
    "a key beside the others": (
        text_edited(CERTIFICATE, b'"verdict":', b'"award": "gold", "verdict":'),
        "certificate-form",
        "award",
    ),
    "a key twice": (
        text_edited(CERTIFICATE, b'"verdict":', b'"verdict": "certified", "verdict":'),
        "certificate-rewritten",
        "it may say one thing twice",
    ),
    "no certificate": (without(CERTIFICATE), "certificate-missing", "has no certificate"),
    "no page": (without(PAGE), "file-missing", "has no such file"),
    "no report": (without(REPORT), "file-missing", "has no such file"),
    "a report cut within a line": (
        lambda there: {**there, REPORT: there[REPORT][:-40]},
        "report-damaged",
        "report.jsonl: a line cannot be read",
    ),
}
"""What is changed, the code of the problem, and what its message says."""

BESIDE = {
    "a cut exchange": ["ending-edited"],
    "a cut line": ["ending-edited", "body-edited"],
    "an exchange beside the list": ["name-differs"],
    "the report": ["report-forged"],
    "the profile": ["profile-differs"],
    "the verdict of the certificate": ["certificate-edited"],
    "a report cut within a line": ["report-edited"],
}
"""What is told beside it, where a forgery is more than one; what only follows from it is not told."""


@pytest.mark.parametrize("name", CARELESS)
def test_a_careless_forgery_is_told_for_what_it_is(name: str) -> None:
    """One file is changed, and nothing else."""
    forge, code, message = CARELESS[name]
    found = check(forge(files(certified())))
    assert found.exit_code is ExitCode.VIOLATION
    assert {problem.code for problem in found.problems} == {code, *BESIDE.get(name, ())}
    told = [str(problem) for problem in found.problems if problem.code == code]
    assert any(re.search(message, line) for line in told), told


def claimed(**keys: Any) -> Forgery:
    """Other keys at the top of the certificate, with their page."""
    return lambda there: repaged(there, set_to(**keys))


def result_set(**keys: Any) -> Forgery:
    """Another result in the certificate, with its page."""
    return lambda there: repaged(there, lambda told: told["result"].update(keys))


def passed(line: Json) -> None:
    if line["kind"] == "verdict" and line["outcome"] == "fail":
        line.update(outcome="pass", violations=[], gates=False)


def other_model(line: Json) -> None:
    line["model"] = "better"
    line["request"]["body"] = line["request"]["body"].replace('"model": "reference"', '"model": "better"')


def other_prompt(line: Json) -> None:
    line["request"]["body"] = line["request"]["body"].replace("Answer", "Please answer")
    line["request"]["body"] = line["request"]["body"].replace('"content": "', '"content": "Mind: ')


def other_host(line: Json) -> None:
    line["request"]["url"] = "https://elsewhere.example/v1/chat/completions"


def with_cookie(line: Json) -> None:
    line["headers"].append({"name": "set-cookie", "value": "account=1234"})


def with_key(line: Json) -> None:
    line["text"] = line["text"].replace("data: ", ": sk-proj-0123456789abcdef0123456789\n\ndata: ", 1)


def fewer_requirements(told: Json) -> None:
    told["profile"]["requirements"].remove("role-first")


def unclaimed(told: Json) -> None:
    told["configuration"]["claims"]["usage"] = False


DILIGENT: dict[str, tuple[Forgery, str, str]] = {
    "a status": (
        diligent(line_edited(Line.RESPONSE, set_to(status=201))),
        "report-forged",
        "exchange chat-json: status is 200, and the evidence gives 201",
    ),
    "a time": (
        diligent(line_edited(Line.PIECE, set_to(at=0.000001))),
        "report-forged",
        "exchange chat-json: first_byte is",
    ),
    "a body": (
        diligent(
            line_edited(Line.PIECE, lambda line: line.update(text=line["text"].replace("role", "rule", 1)))
        ),
        "verdict-forged",
        'role-first on chat-json is said to be "pass", and the evidence gives',
    ),
    "a name": (
        diligent(line_edited(Line.HEAD, set_to(id="chat-text"))),
        "name-differs",
        "it holds an exchange of another name, chat-text",
    ),
    "a name and its file": (
        diligent(
            line_edited(Line.HEAD, set_to(id="chat-text", scenario="chat-text")),
            lambda there: {
                ("evidence/chat-text.jsonl" if name == ONE else name): data for name, data in there.items()
            },
        ),
        "exchange-surplus",
        "no run of the suite by these settings has an exchange of this name",
    ),
    "a missing exchange": (
        diligent(without(TWO)),
        "scenario-missing",
        "the profile, the samples and the settings ask for this exchange",
    ),
    "a cut exchange": (
        lambda there: relisted(cut(there)),
        "exchange-cut",
        "the line that ends an exchange is missing",
    ),
    "a model in the evidence": (
        diligent(line_edited(Line.HEAD, set_to(model="better"))),
        "asked-otherwise",
        'its model is "better", and the suite asks "reference"',
    ),
    "a model in all of the evidence": (
        diligent(everywhere(other_model)),
        "asked-otherwise",
        'its model is "better", and the suite asks "reference"',
    ),
    "a model in the certificate": (
        claimed(models=["better"]),
        "certificate-forged",
        r'models is \["better"\], and the evidence gives \["reference"\]',
    ),
    "a model in the settings": (
        diligent(
            lambda there: repaged(there, lambda told: told["configuration"]["models"].update(text="better"))
        ),
        "asked-otherwise",
        'its model is "reference", and the suite asks "better"',
    ),
    "a prompt": (
        diligent(line_edited(Line.HEAD, other_prompt)),
        "asked-otherwise",
        "its request is not the suite's: at character",
    ),
    "a method": (
        diligent(line_edited(Line.HEAD, lambda line: line["request"].update(method="PUT"))),
        "asked-otherwise",
        'its method is "PUT", and the suite asks "POST"',
    ),
    "an address": (
        diligent(line_edited(Line.HEAD, other_host, TWO)),
        "address-differs",
        "it was sent to https://elsewhere.example/v1/chat/completions",
    ),
    "a promise": (
        diligent(line_edited(Line.HEAD, set_to(promises=["text"]))),
        "asked-otherwise",
        "what its answer is sure to contain is",
    ),
    "a claim": (
        diligent(lambda there: repaged(there, unclaimed)),
        "asked-otherwise",
        "what the provider does not claim is",
    ),
    "the provider": (
        claimed(provider="other"),
        "provider-differs",
        "it is of the provider 'reference', and the certificate of 'other'",
    ),
    "the report's provider": (
        diligent(
            lambda there: reported(
                there, lambda line: line.update({"provider": "other"} if line["kind"] == "header" else {})
            )
        ),
        "report-differs",
        'its provider is "other", and the rest of the bundle says "reference"',
    ),
    "the model of the report": (
        diligent(
            lambda there: reported(
                there, lambda line: line.update({"model": "better"} if line["kind"] == "header" else {})
            ),
            lambda there: repaged(
                there, lambda told: told.update(says=told["says"].replace("(reference)", "(better)"))
            ),
        ),
        "report-differs",
        'its model is "better", and the rest of the bundle says "reference"',
    ),
    "the endpoint": (
        claimed(endpoint="https://api.openai.com/v1"),
        "address-differs",
        "it was sent to http://127",
    ),
    "the day": (claimed(issued="2026-01-01"), "certificate-forged", 'issued is "2026-01-01", and'),
    "the last day": (claimed(expires="2099-01-01"), "certificate-forged", 'expires is "2099-01-01", and'),
    "the sentence": (claimed(says="Best of all."), "verdict-forged", 'says is "Best of all."'),
    "what it proves": (claimed(proves="All is well."), "certificate-forged", "proves is"),
    "the requirements": (
        lambda there: repaged(there, fewer_requirements),
        "profile-differs",
        "its requirements are not those of chat-structured",
    ),
    "the profile's file": (
        diligent(text_edited(PROFILE, b'  "role-first",\n', b"")),
        "profile-differs",
        "it is not the frozen file of chat-structured",
    ),
    "an unknown profile": (
        lambda there: repaged(there, lambda told: told["profile"].update(id="chat-gold-2026-11-26")),
        "profile-unknown",
        "this suite has no profile chat-gold-2026-11-26",
    ),
    "a limit that leaves samples out": (
        diligent(
            without(TWO),
            lambda there: repaged(there, lambda told: told["configuration"]["limits"].update(requests=1)),
        ),
        "scenario-missing",
        "the profile, the samples and the settings ask for this exchange",
    ),
    "a prompt of its own in the settings": (
        lambda there: repaged(there, lambda told: told["configuration"]["extra_body"].update(messages=[])),
        "configuration-unusable",
        "its `extra_body` replaces messages of the suite's own requests",
    ),
    "the time of day": (
        diligent(line_edited(Line.HEAD, set_to(started="2026-01-01T00:00:00.000Z"))),
        "another-time",
        'it is of "2026-01-01T00:00:00.000Z", and the run went from',
    ),
    "no time of day": (
        diligent(everywhere(set_to(started=""))),
        "another-time",
        'it is of "", and the run went from',
    ),
    "more samples": (claimed(samples=4), "scenario-missing", "the bundle has none"),
    "a service": (
        claimed(service={"server": ["nginx"]}),
        "certificate-forged",
        "service",
    ),
    "a header that evidence does not keep": (
        diligent(line_edited(Line.RESPONSE, with_cookie)),
        "secret",
        "the value of the header set-cookie, which evidence does not keep",
    ),
    "a key in a body": (
        diligent(line_edited(Line.PIECE, with_key)),
        "secret",
        "a key that begins with sk-",
    ),
    "a verdict left out": (
        diligent(
            lambda there: {
                **there,
                REPORT: b"".join(
                    line
                    for line in there[REPORT].splitlines(keepends=True)
                    if b'"requirement":"role-first"' not in line
                ),
            }
        ),
        "report-forged",
        "it says nothing of role-first on chat-json",
    ),
    "a verdict invented": (
        diligent(
            lambda there: {
                **there,
                REPORT: there[REPORT].replace(b'"requirement":"role-first"', b'"requirement":"role-best"'),
            }
        ),
        "report-forged",
        "it tells of role-best on chat-json, which the evidence does not give",
    ),
}


@pytest.mark.parametrize("name", DILIGENT)
def test_a_diligent_forgery_is_told_for_what_it_is(name: str) -> None:
    """Every digest fits, and the page is that of the certificate."""
    forge, code, message = DILIGENT[name]
    found = check(forge(files(certified())))
    assert found.exit_code is ExitCode.VIOLATION
    assert code in {problem.code for problem in found.problems}
    told = [str(problem) for problem in found.problems if problem.code == code]
    assert any(re.search(message, line) for line in told), told


@pytest.mark.parametrize(
    ("forge", "where"),
    [
        (lambda there: repaged(there, set_to(verdict="certified")), CERTIFICATE),
        (lambda there: relisted(reported(there, passed)), REPORT),
        (lambda there: relisted(result_set(verdict="kept", broken=[])(reported(there, passed))), CERTIFICATE),
    ],
    ids=["certificate", "report", "both"],
)
def test_a_broken_endpoint_gets_no_certificate_by_editing(forge: Forgery, where: str) -> None:
    """The verdict is that of the evidence, whatever the other files say."""
    found = check(forge(files(bundle(fault=FAULTS["role-missing"]))))
    assert found.exit_code is ExitCode.VIOLATION
    assert where in {problem.where for problem in found.problems if problem.code == "verdict-forged"}


def test_no_certificate_holds_without_evidence() -> None:
    """By settings that claim nothing nothing is sent, so nothing is missing, and nothing is broken."""

    def unasked(told: Json) -> None:
        told["configuration"]["claims"] = dict.fromkeys(CAPABILITIES, False)
        told["evidence"] = []

    bare = {
        name: data for name, data in repaged(files(certified()), unasked).items() if "evidence/" not in name
    }
    told = content(bare)
    profile = profiles()[told["profile"]["id"]]
    entry = provider_of(told["provider"], told["configuration"])
    sent = planned_again(entry, profile, told)
    assert sent.requests == ()
    run = told["run"]
    true = recount.recounted(
        entry, profile, sent, [], started=run["started"], ended=run["ended"], incomplete=run["incomplete"]
    )
    header = {
        **json.loads(bare[REPORT].splitlines()[0]),
        "model": true.report.header.model,
        "notes": list(notes(sent)),
    }
    lines = [json.dumps(line, separators=(",", ":")) for line in (header, *true.lines[1:])]
    found = check(relisted({**bare, REPORT: "".join(f"{line}\n" for line in lines).encode()}))
    assert told["verdict"] == "certified"
    assert [problem.code for problem in found.problems] == ["no-evidence"]
    assert found.exit_code is ExitCode.VIOLATION


def of_role(change: Callable[[Json], object]) -> Forgery:
    """A change of what the report says of one requirement on one exchange."""

    def changed(line: Json) -> None:
        if (line.get("requirement"), line.get("subject")) == ("role-first", "chat-json.2"):
            change(line)

    return diligent(lambda there: reported(there, changed))


def redacted_there(line: Json) -> None:
    """As a live run redacts what a verdict joins of several events, here and in the footer."""
    for item in [*line.get("violations", ()), *line.get("results", {}).values()]:
        item["observed"] = item["observed"].replace("no role", "[redacted]").replace("content", "[redacted]")


def test_what_a_live_run_redacted_of_a_verdict_is_no_forgery() -> None:
    """The key that was in it is needed to see that, wherever the report says it."""
    there = files(bundle(fault=FLAKY))
    made = diligent(lambda before: reported(before, redacted_there))(there)
    assert made[REPORT].count(b"[redacted]") >= 4
    assert [problem.code for problem in check(made).problems] == ["not-certified"]


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line["violations"][0].update(observed="[redacted] and all is well"),
        lambda line: line["violations"][0].update(observed="all is well [redacted]"),
        lambda line: line["violations"][0].update(observed="[redacted]all is[redacted]"),
        lambda line: line["violations"][0].update(
            observed=line["violations"][0]["observed"] * 2 + "[redacted]"
        ),
        lambda line: line.update(violations="[redacted]"),
        lambda line: line.update(level="[redacted]"),
        lambda line: line.update(exchanges=["[redacted]"]),
        lambda line: line.update(exchanges=1.5),
        lambda line: line.update(gates="[redacted]"),
        lambda line: line.pop("deviation"),
        lambda line: line.update(gates=1),
        lambda line: line.update(award="gold"),
    ],
)
def test_redacted_stands_for_nothing_but_a_part_of_a_text(change: Callable[[Json], object]) -> None:
    """Nor does a verdict have more to it than the evidence gives."""
    found = check(of_role(change)(files(bundle(fault=FLAKY))))
    assert [problem.code for problem in found.problems] == ["verdict-forged", "not-certified"]
    assert "of role-first on chat-json.2, " in found.problems[0].message


def test_all_that_is_wrong_is_listed() -> None:
    """Not the first alone."""
    there = files(certified())
    for name in ("a status", "a missing exchange", "the page", "the report"):
        there = CARELESS[name][0](there)
    codes = {problem.code for problem in check(there).problems}
    assert codes == {"status-edited", "exchange-missing", "page-edited", "report-edited"}


def test_nothing_is_wrong_with_what_was_not_forged() -> None:
    """The forgeries above are of a bundle that holds."""
    found = check(certified())
    assert found.problems == ()
    assert found.exit_code is ExitCode.CONFORMS
    assert (found.exchanges, found.verdicts) == (3, 478)
    assert relisted(files(certified())) == files(certified())


def again(number: int) -> tuple[Plan, dict[str, Exchange]]:
    """What a run with a request that was sent again, with nothing else open, had to send and has."""
    told = content(certified())
    entry = provider_of(told["provider"], told["configuration"])
    sent = planned_again(entry, profiles()[told["profile"]["id"]], told)
    names = [item.exchange.id for item in sent.requests]
    mine = {name: evidence_in(BytesIO(files(certified())[evidence_name(name)]), "") for name in names}
    for one in list(mine.values())[:number]:
        mine[f"{one.id}.again"] = replace(one, id=f"{one.id}.again", again=one.id)
    return sent, mine


def test_a_request_may_be_sent_again_for_its_timing() -> None:
    """By the name that the suite gives it, and with the request of the first."""
    sent, there = again(1)
    assert list(misasked(sent, there)) == []
    there["chat-json.more"] = replace(there["chat-json"], id="chat-json.more", again="chat-json")
    assert [problem.code for problem in misasked(sent, there)] == ["exchange-surplus"]


def test_no_more_requests_are_sent_again_than_a_run_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or an endpoint could be asked until its answer is good."""
    monkeypatch.setattr(recount, "AGAIN", 2)
    sent, there = again(3)
    (problem,) = misasked(sent, there)
    assert problem.message == "3 exchanges are repeated, and at most 2 can be"
