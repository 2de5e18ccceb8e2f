"""`conformance verify`: days, other suites, signatures, and what it prints."""

import json
import random
import shutil
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from conformance.certify.bundle import CERTIFICATE, PAGE
from conformance.certify.certificate import DAYS, written
from conformance.certify.integrity import Check, look_at_digests
from conformance.certify.problems import Problem
from conformance.certify.signature import NAMESPACE
from conformance.certify.verify import Verification
from conformance.cli import command
from conformance.errors import ConformanceError
from conformance.evidence.format import Line
from conformance.gate import ExitCode
from tests import home
from tests.certify.made import FLAKY, bundle, certified, check, content, edited, files, relisted, repaged
from tests.test_bounds import FOUR, steps

KEYGEN = shutil.which("ssh-keygen")
with_keygen = pytest.mark.skipif(KEYGEN is None, reason="ssh-keygen is not here")


def verify(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, ["verify", *map(str, arguments)], standalone_mode=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A bundle that holds."""
    found = tmp_path / "certificate.zip"
    found.write_bytes(certified())
    return found


def test_a_certificate_that_holds_is_told_in_a_few_lines(path: Path) -> None:
    """What it says, how much was judged again, and that nobody knows who made it."""
    done = verify(path)
    assert done.return_value is ExitCode.CONFORMS
    assert "3 exchanges judged again: 478 verdicts compared" in done.output
    assert "who made it was not checked" in done.output
    assert f"certificate.zip: {content(certified())['says']} Valid until" in done.output


def test_a_program_reads_the_same(path: Path) -> None:
    """One JSON object with every problem."""
    path.write_bytes(bundle(fault=FLAKY))
    done = verify(path, "--json")
    told = json.loads(done.output)
    assert done.return_value is ExitCode.VIOLATION
    assert (told["holds"], told["exit_code"], told["verdict"]) == (False, 1, "not certified")
    assert [problem["code"] for problem in told["problems"]] == ["not-certified"]


def test_a_certificate_expires() -> None:
    """On the day behind its last one, and it does not hold before the first."""
    first = date.fromisoformat(content(certified())["issued"])
    last = first + timedelta(days=DAYS)
    assert check(certified(), last).problems == ()
    (expired,) = check(certified(), last + timedelta(days=1)).problems
    assert (expired.code, expired.message) == (
        "expired",
        f"it expired on {last}: ask the vendor for a new one",
    )
    (early,) = check(certified(), first - timedelta(days=1)).problems
    assert early.code == "not-yet"


def test_the_day_of_the_check_may_be_named(path: Path) -> None:
    """For a certificate that is looked at later."""
    done = verify(path, "--at", "2099-01-01")
    assert done.return_value is ExitCode.VIOLATION
    assert "expired" in done.output
    assert verify(path, "--at", "soon").exit_code == 1


OTHER: dict[str, tuple[dict[str, str], str]] = {
    "version": ({"version": "9.9.9"}, "made by version 9.9.9, and this is"),
    "catalogue": ({"catalogue": "0" * 64}, "made by another catalogue of requirements"),
    "code": ({"code": "0" * 64}, "made by other code than that of this"),
}


@pytest.mark.parametrize("name", OTHER)
def test_a_bundle_of_another_suite_cannot_be_told_of(name: str) -> None:
    """Exit code 6, and what to check it with."""
    keys, message = OTHER[name]
    there = repaged(files(certified()), lambda told: told["suite"].update({**keys, "commit": ""}))
    found = check(there)
    (problem,) = found.problems
    assert problem.code == "suite-differs"
    assert problem.message.startswith(f"cannot say: it was {message}")
    assert f"`pip install stream-conformance=={keys.get('version', '')}" in problem.message
    assert found.exit_code is ExitCode.ERROR
    assert found.sentence == "This suite cannot say whether the bundle holds."


def test_a_checkout_is_named_by_its_commit() -> None:
    """A version that was never released cannot be installed."""
    there = repaged(files(certified()), lambda told: told["suite"].update(version="9", commit="abc123"))
    (problem,) = check(there).problems
    assert "check it with that suite (`pip install .`): take its commit abc123 from the" in problem.message


def test_an_edit_is_told_of_a_bundle_of_another_suite_too() -> None:
    """Digests do not depend on who judges."""
    there = repaged(files(certified()), lambda told: told["suite"].update(version="9.9.9"))
    name = "evidence/chat-json.jsonl"
    there[name] = edited(there[name], Line.RESPONSE, lambda line: line.update(status=201))
    found = check(there)
    assert {"suite-differs", "status-edited"} <= {problem.code for problem in found.problems}
    assert found.exit_code is ExitCode.VIOLATION


def test_a_later_form_of_certificate_cannot_be_told_of() -> None:
    """Nothing else of it is looked at."""
    told = content(certified()) | {"version": 2}
    found = check({**files(certified()), CERTIFICATE: written(told)})
    assert [problem.code for problem in found.problems] == ["format-newer"]
    assert found.exit_code is ExitCode.ERROR


HOSTILE: dict[str, Callable[[dict[str, Any]], object]] = {
    "a day that is none": lambda told: told.update(issued="2026-02-31"),
    "a time that is none": lambda told: told["run"].update(started="2026-99-99T00:00:00Z"),
    "an address that is none": lambda told: told.update(endpoint="http://[::1"),
    "no model": lambda told: told["configuration"].update(model="", models={}),
    "a limit below 0": lambda told: told["configuration"]["limits"].update(requests=-1),
    "a claim of nothing known": lambda told: told["configuration"]["claims"].update(dance=True),
    "a deviation of nothing known": lambda told: told["configuration"]["deviations"].append(
        {"requirement": "x", "reason": "", "link": "", "until": "2026-02-31", "scenario": ""}
    ),
    "no evidence": lambda told: told.update(evidence=[]),
    "a thousand samples": lambda told: told.update(samples=1000),
    "a body that is nested deep": lambda told: told["configuration"]["extra_body"].update(
        deep=json.loads("[" * 200 + "]" * 200)
    ),
    "a name with markup": lambda told: told["vendor"].update(name="<script>alert(1)</script>"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_certificate_is_told_and_nothing_is_raised(name: str) -> None:
    """Whatever it says, the result is a list of problems."""
    there = repaged(files(certified()), HOSTILE[name])
    found = check(there)
    markup = name == "a name with markup"  # who the vendor is nobody can check, but it stays text
    assert found.exit_code is (ExitCode.CONFORMS if markup else ExitCode.VIOLATION)
    assert b"<script>" not in there["certificate.html"]


def test_bytes_changed_at_random_are_told_and_nothing_is_raised() -> None:
    """In each file of the bundle, with digests that fit."""
    chance = random.Random(13)  # noqa: S311
    for name, data in files(certified()).items():
        for _ in range(3):
            at = chance.randrange(len(data))
            changed = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            if changed != data:
                found = check({**files(certified()), name: changed})
                assert found.exit_code is ExitCode.VIOLATION, (name, at)


def test_what_is_no_bundle_is_bad_usage(tmp_path: Path) -> None:
    """The error says what to name."""
    done = verify(tmp_path / "none.zip")
    assert isinstance(done.exception, ConformanceError)
    assert done.exception.code == "bundle-unreadable"


# What it says at its end


TOLD = {"says": "acme (m) conforms to p.", "expires": "2027-05-25"}
SENTENCES: dict[str, tuple[tuple[str, ...], str]] = {
    "it holds": ((), "acme (m) conforms to p. Valid until 2027-05-25."),
    "it is none": (
        ("not-certified",),
        "The bundle is consistent, and it is no certificate: acme (m) conforms to p.",
    ),
    "it expired": (("expired",), "The bundle is consistent, and it has expired."),
    "it is early": (("not-yet",), "The bundle is consistent, and its first day is still to come."),
    "it expired and is none": (
        ("not-certified", "expired"),
        "The bundle is consistent, and it has expired and it is no certificate: acme (m) conforms to p.",
    ),
    "nobody signed": (("signature-missing",), "The bundle is consistent, and nobody signed it."),
    "another signed": (
        ("signature-unknown",),
        "The bundle is consistent, and none of the signers that you allow signed it.",
    ),
    "no signature": (
        ("signature-damaged",),
        "The bundle is consistent, and what lies beside it as its signature is none.",
    ),
    "a signature of something else": (
        ("signature-wrong",),
        "The bundle is consistent, and its signature is of other bytes, or for another purpose.",
    ),
    "forged": (("verdict-forged", "expired"), "The bundle does not hold."),
    "another suite": (("suite-differs",), "This suite cannot say whether the bundle holds."),
    "a clock": (("clock-differs",), "This suite cannot say whether the bundle holds."),
    "another suite, and it expired": (
        ("suite-differs", "expired"),
        "This suite cannot say whether the bundle holds, and it has expired.",
    ),
    "another suite, and forged": (("suite-differs", "status-edited"), "The bundle does not hold."),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_the_last_line_says_what_is_so(name: str) -> None:
    """In one sentence, whatever came together."""
    codes, sentence = SENTENCES[name]
    found = Verification(content=dict(TOLD), problems=tuple(Problem(code, "", "") for code in codes))
    assert found.sentence == sentence


def test_a_bundle_that_was_unpacked_and_zipped_anew_is_told(path: Path) -> None:
    """As the programs of file managers do it, with a folder for all; its files are looked at all the same."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("acme/", b"")
        for name, data in files(certified()).items():
            archive.writestr(f"acme/{name}", data)
    found = check(path.read_bytes())
    (problem,) = found.problems
    assert problem.code == "zip-folder"
    assert problem.message == (
        "everything lies in the folder acme/: it was unpacked and zipped anew; ask for the .zip as the suite "
        "wrote it"
    )
    assert found.exchanges == 3


def test_the_page_of_another_certificate_is_told_with_what_it_says() -> None:
    """By its digest, and by the first line that differs."""
    there = files(certified())
    other = repaged(there, lambda told: told["vendor"].update(name="Gold"))
    (problem,) = check({**there, PAGE: other[PAGE]}).problems
    assert problem.code == "page-differs"
    assert problem.message == (
        "it is the page of another certificate.json, by the digest in it, so one of the two was changed; it "
        "says 'Certified by Gold itself. Valid until " + content(there)["expires"] + ".'"
    )


def test_a_thousand_exchanges_that_are_missing_are_told_in_steps_of_their_number() -> None:
    there = files(certified())
    listed = content(there)["evidence"][0]

    def look(count: int) -> int:
        many = {**content(there), "evidence": [{**listed, "id": f"x{number}"} for number in range(count)]}
        return steps(lambda: look_at_digests(Check(there, many, [])))

    assert look(800) < FOUR * look(200)


def test_brackets_in_another_page_are_each_looked_at_once() -> None:
    """And not each with all behind it, which takes hours."""
    there = files(certified())
    other = repaged(there, lambda told: told["vendor"].update(name="Gold"))
    (problem,) = check({**there, PAGE: b"<" * 3_000_000 + b"p>\n" + other[PAGE]}).problems
    assert problem.code == "page-differs"


def test_a_certificate_that_its_page_belies_is_told() -> None:
    """The page shows what follows from the evidence, so it is the certificate that was changed."""
    there = files(certified())
    other = repaged(there, lambda told: told.update(expires="2099-01-01"))
    codes = {problem.code: problem.message for problem in check({**other, PAGE: there[PAGE]}).problems}
    assert codes["certificate-edited"] == (
        "it was changed, and the page was not, which shows what follows from the evidence"
    )


# Signatures


def test_a_public_key_is_no_file_of_signers(path: Path) -> None:
    """It does not say whose key it is; the line that is needed is shown."""
    key = path.with_name("id.pub")
    key.write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAbc me@home\n")
    error = verify(path, "--ssh-signers", key).exception
    assert isinstance(error, ConformanceError)
    assert error.code == "ssh-signers-form"
    assert error.message.endswith("it is no file of allowed signers, but a public key without a name")
    assert error.hint is not None
    assert error.hint.endswith("NAME ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAbc")


def test_a_signature_that_nobody_looked_at_is_named(path: Path) -> None:
    """A reader may think that it was checked."""
    path.with_name("certificate.zip.sig").touch()
    told = verify(path).output
    assert "its signature was not checked: certificate.zip.sig lies beside it, and --ssh-signers" in told
    assert "who made it was not checked" not in told


@pytest.fixture
def signer(tmp_path: Path) -> Path:
    """A key, and the file of allowed signers that lists it."""
    key = tmp_path / "key"
    home.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "x", "-f", key])
    kind, text, _ = key.with_suffix(".pub").read_text().split()
    (tmp_path / "signers").write_text(f"quality@vendor.example {kind} {text}\n")
    return key


def signed(key: Path, path: Path, namespace: str = NAMESPACE) -> None:
    done = home.run(["ssh-keygen", "-Y", "sign", "-f", key, "-n", namespace, path])
    assert done.returncode == 0, done.stderr


@with_keygen
def test_a_good_signature_says_who(path: Path, signer: Path) -> None:
    """By the name that the file of allowed signers gives."""
    signed(signer, path)
    done = verify(path, "--ssh-signers", path.parent / "signers")
    assert done.return_value is ExitCode.CONFORMS
    assert "signed by quality@vendor.example" in done.output
    told = json.loads(verify(path, "--ssh-signers", path.parent / "signers", "--json").output)
    assert told["signers"] == ["quality@vendor.example"]


@with_keygen
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda path: (path.parent / "certificate.zip.sig").unlink(), "signature-missing"),
        (lambda path: path.write_bytes(bundle(fault=FLAKY)), "signature-wrong"),
        (lambda path: (path.parent / "signers").write_text("\n"), "signature-unknown"),
        (lambda path: (path.parent / "certificate.zip.sig").write_text("no signature"), "signature-damaged"),
    ],
    ids=["missing", "of other bytes", "of somebody else", "damaged"],
)
def test_a_bad_signature_is_told(
    path: Path, signer: Path, spoil: Callable[[Path], object], code: str
) -> None:
    """Each with its own message, and exit code 1."""
    signed(signer, path)
    spoil(path)
    done = verify(path, "--ssh-signers", path.parent / "signers")
    assert done.return_value is ExitCode.VIOLATION
    assert code in done.output


@with_keygen
def test_a_signature_for_another_purpose_does_not_count(path: Path, signer: Path) -> None:
    """Such as one of a commit."""
    signed(signer, path, "git")
    done = verify(path, "--ssh-signers", path.parent / "signers")
    assert done.return_value is ExitCode.VIOLATION
    assert "signature-wrong" in done.output


def test_without_ssh_keygen_the_error_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And without the file of signers, before anything is asked."""
    monkeypatch.setenv("PATH", str(path.parent / "nowhere"))
    missing = verify(path, "--ssh-signers", path.parent / "signers").exception
    assert isinstance(missing, ConformanceError)
    assert missing.code == "ssh-signers-missing"
    (path.parent / "signers").touch()
    (path.parent / "certificate.zip.sig").write_text("-----BEGIN SSH SIGNATURE-----\n")
    unable = verify(path, "--ssh-signers", path.parent / "signers").exception
    assert isinstance(unable, ConformanceError)
    assert unable.code == "ssh-keygen-missing"


def test_a_relisted_bundle_of_an_unchanged_run_holds() -> None:
    """The tools of the forgers above change nothing by themselves."""
    assert check(relisted(files(certified()))).problems == ()
