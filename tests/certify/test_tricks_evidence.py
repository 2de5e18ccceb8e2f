"""Tricks with evidence, by a forger who knows the suite: each is told for what it is."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from conformance.certify.bundle import PAGE, REPORT
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
from tests.certify.tricks import ONE, THREE, TWO, Forgery, Json, replaced, told


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


def pieces(change: Callable[[Json, Json], object]) -> Forgery:
    """A change of the first two pieces of the first sample."""

    def forged(there: Files) -> Files:
        lines = [json.loads(line) for line in there[ONE].splitlines()]
        change(*[line for line in lines if line["line"] == Line.PIECE][:2])
        told = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
        return {**there, ONE: told.encode()}

    return forged


def of_request(name: str, value: str) -> Forgery:
    """Another value of a header that the suite sends with the first sample."""

    def changed(line: Json) -> None:
        headers = line["request"]["headers"]
        for one in headers:
            one["value"] = value if one["name"].lower() == name else one["value"]

    return lambda there: {**there, ONE: edited(there[ONE], Line.HEAD, changed)}


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
    "an attempt that was answered and failed": (
        diligent(attempts({**tried(), "error": "connection reset"})),
        "attempts-forged",
        "attempt 1 was answered, and has an error that kept it from an answer",
    ),
    "a piece without a time": (
        diligent(pieces(lambda _, two: two.update(at=None))),
        "times-forged",
        "piece 2 of its answer has no time of arrival",
    ),
    "the times of two pieces swapped": (
        diligent(pieces(lambda one, two: (one.update(at=two["at"]), two.update(at=one["at"] / 2)))),
        "times-forged",
        "piece 2 of its answer has an earlier time than what came before",
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
    "the host of a request": (
        diligent(of_request("host", "api.openai.com")),
        "asked-otherwise",
        "the header host of its request is api.openai.com, and the suite sends 127.0.0.1",
    ),
    "the length of a request": (
        diligent(of_request("content-length", "1")),
        "asked-otherwise",
        "the header content-length of its request is 1, and the suite sends",
    ),
    "the client of a request": (
        diligent(of_request("user-agent", "curl/8.5.0")),
        "asked-otherwise",
        "the header user-agent of its request is curl/8.5.0, and the suite sends stream-conformance/",
    ),
    "a header of a request twice": (
        diligent(
            lambda there: {
                **there,
                ONE: edited(
                    there[ONE],
                    Line.HEAD,
                    lambda line: line["request"]["headers"].append({"name": "HOST", "value": "x"}),
                ),
            }
        ),
        "asked-otherwise",
        "its request has the header host 2 times",
    ),
    "an emptied exchange": (
        lambda there: {**there, ONE: b""},
        "exchange-cut",
        "it was emptied after the certificate was made",
    ),
    "half a first line": (
        lambda there: {**there, ONE: there[ONE][:100]},
        "exchange-cut",
        "it was cut off within its first line",
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
    assert told(found, code, message), found.problems
    undecided = name in CLOCKS
    assert found.exit_code is (ExitCode.ERROR if undecided else ExitCode.VIOLATION)


COPIED = "one is a copy of the other"


def test_a_failing_sample_is_not_replaced_by_a_copy() -> None:
    """Of one that passes, with the code word changed, and with the report that the copy would have."""
    there = diligent(recoded(THREE, TWO))(files(bundle(fault=FLAKY)))
    told = [str(problem) for problem in check(there).problems if problem.code == "answer-copied"]
    assert told == [f"{THREE}: its times of arrival are those of chat-json.2, to the nanosecond: {COPIED}"]


def test_half_a_surrogate_pair_in_the_name_of_a_vendor_is_shown() -> None:
    """It is the vendor's own, and no reason to fall over."""
    assert (
        check(repaged(files(certified()), lambda told: told["vendor"].update(name="\ud800"))).problems == ()
    )
