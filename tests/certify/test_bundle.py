"""The file of a bundle: small, the same bytes for the same run, and safe to read."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from conformance.certify import bundle as bundle_module
from conformance.certify.bundle import CERTIFICATE, packed, read_bundle, unpacked
from conformance.certify.certificate import DAYS
from conformance.certify.errors import BundleUnreadableError, SecretInBundleError
from conformance.certify.make import write_bundle
from conformance.evidence import load
from conformance.gate import ExitCode
from conformance.profiles import profiles
from conformance.report.since import Since
from tests.certify.made import FLAKY, PROFILE_NAME, bundle, certified, check, content, files, ran, repaged

PROFILE = profiles().named(PROFILE_NAME)


def test_a_bundle_of_the_largest_profile_is_small() -> None:
    """It is made to be mailed."""
    data = bundle("chat-core")
    assert len(data) < 1_000_000
    found = check(data)
    assert found.problems == ()
    assert found.exchanges == 25


def test_a_limit_by_which_nothing_could_be_certified_is_told() -> None:
    """`--certify` refuses such settings, so they are not those of the run."""
    limited = repaged(
        files(bundle("chat-core")), lambda told: told["configuration"]["limits"].update(requests=8)
    )
    (problem,) = check(limited).problems
    assert problem.code == "configuration-unusable"
    assert problem.message == "its limit of requests leaves 1 of those out that a certificate rests on"


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    """Written twice, and packed again from what is in it."""
    result = ran(tmp_path)
    path, _ = write_bundle(result, PROFILE, samples=3)
    first = path.read_bytes()
    again, _ = write_bundle(result, PROFILE, samples=3)
    assert path == again
    assert again.read_bytes() == first
    backwards = dict(reversed(files(first).items()))
    assert packed(backwards) == first


def test_names_are_sorted_and_dates_are_fixed() -> None:
    """Nothing in the zip tells when or where it was packed."""
    with zipfile.ZipFile(BytesIO(certified())) as archive:
        listed = archive.infolist()
    names = [item.filename for item in listed]
    assert names == sorted(names)
    assert {item.date_time for item in listed} == {(1980, 1, 1, 0, 0, 0)}
    assert names == [
        "certificate.html",
        "certificate.json",
        "evidence/chat-json.2.jsonl",
        "evidence/chat-json.3.jsonl",
        "evidence/chat-json.jsonl",
        "profile.toml",
        "report.jsonl",
    ]


def test_the_name_of_the_file_says_what_it_is(tmp_path: Path) -> None:
    """A bundle of a broken profile cannot be taken for a certificate."""
    good, _ = write_bundle(ran(tmp_path / "good"), PROFILE, samples=3)
    bad, _ = write_bundle(ran(tmp_path / "bad", fault=FLAKY), PROFILE, samples=3)
    assert good.name == f"certificate-reference-{PROFILE.id}.zip"
    assert bad.name == f"not-certified-reference-{PROFILE.id}.zip"


def test_what_a_certificate_says() -> None:
    """Profile, suite and day; who, with what, until when."""
    told = content(certified())
    today = datetime.now(UTC).date()
    assert told["verdict"] == "certified"
    assert told["says"].startswith(f"reference (reference) conforms to profile {PROFILE.id} of stream-conf")
    assert told["models"] == ["reference"]
    assert told["vendor"] == {
        "name": "the authors of stream-conformance",
        "product": "its reference provider",
    }
    assert told["profile"]["requirements"] == list(PROFILE.requirements)
    assert told["samples"] == 3
    assert told["result"]["broken"] == told["result"]["flaky"] == []
    assert abs((date.fromisoformat(told["issued"]) - today).days) <= 1
    assert (date.fromisoformat(told["expires"]) - date.fromisoformat(told["issued"])).days == DAYS
    assert "does not prove who sent the bytes" in told["proves"]
    assert [item["id"] for item in told["evidence"]] == ["chat-json", "chat-json.2", "chat-json.3"]


def test_a_flaky_requirement_blocks_and_is_shown() -> None:
    """It was broken in one sample of three, and nothing was tried again."""
    data = bundle(fault=FLAKY)
    told = content(data)
    assert told["verdict"] == "not certified"
    flaky = {item["requirement"]: item for item in told["result"]["flaky"]}
    assert flaky["role-first"] == {
        "requirement": "role-first",
        "scenario": "chat-json",
        "kept": ["chat-json", "chat-json.3"],
        "broken": ["chat-json.2"],
    }
    (broken,) = told["result"]["broken"]
    assert (broken["requirement"], broken["on"]) == ("role-first", ["chat-json.2"])
    page = files(data)["certificate.html"].decode()
    assert "<h1>Not certified: broken</h1>" in page
    assert "<code>role-first</code> on chat-json: broken in sample 2; kept in samples 1 and 3" in page
    found = check(data)
    assert [problem.code for problem in found.problems] == ["not-certified"]
    assert found.exit_code is ExitCode.VIOLATION
    assert found.sentence == f"The bundle is consistent, and it is no certificate: {told['says']}"


def test_a_bundle_is_judged_like_the_folder_of_a_run(tmp_path: Path) -> None:
    """`pytest --replay BUNDLE` and `conformance judge BUNDLE` read its evidence alone."""
    path = tmp_path / "bundle.zip"
    path.write_bytes(certified())
    exchanges, unreadable = load([path])
    assert [one.id for one in exchanges] == ["chat-json.2", "chat-json.3", "chat-json"]
    assert unreadable == []


@pytest.mark.parametrize(
    ("vendor", "secrets", "what"),
    [
        ({"name": "A", "contact": "sk-live-0123456789abcdef0123456789"}, (), "a key that begins with sk-"),
        ({"name": "A", "contact": "-----BEGIN OPENSSH PRIVATE KEY-----"}, (), "a private key"),
    ],
)
def test_no_bundle_holds_a_secret(
    tmp_path: Path, vendor: dict[str, str], secrets: tuple[str, ...], what: str
) -> None:
    """It is looked for before anything is written, by its form."""
    result = ran(tmp_path, vendor=vendor)
    with pytest.raises(SecretInBundleError) as raised:
        write_bundle(result, PROFILE, samples=3, secrets=secrets)
    assert what in raised.value.message
    assert not list(tmp_path.rglob("*.zip"))


def test_the_key_of_the_run_is_taken_out_of_the_settings(tmp_path: Path) -> None:
    """Where the entry repeats it, it is replaced as everywhere; other headers have no value."""
    key = "correct-horse-battery"
    result = ran(tmp_path, vendor={"name": "A", "contact": key}, headers={"X-Team": "blue-team-of-seven"})
    path, told = write_bundle(result, PROFILE, samples=3, secrets=[key])
    assert told["vendor"]["contact"] == "[redacted]"
    assert told["configuration"]["headers"] == {"X-Team": "[not kept]"}
    assert check(path.read_bytes()).problems == ()


def zipped(*members: tuple[str, bytes], way: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", way) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def encrypted(data: bytes) -> bytes:
    """The same with the sign of encryption at each file."""
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + place
        data = data[:at] + b"\x01" + data[at + 1 :]
    return data


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zipped(("../certificate.json", b"{}")), "zip-name"),
        (zipped(("/etc/certificate.json", b"{}")), "zip-name"),
        (zipped(("evidence/../../x.jsonl", b"{}")), "zip-name"),
        (zipped(("evidence\\x.jsonl", b"{}")), "zip-name"),
        (zipped(("readme.txt", b"{}")), "zip-name"),
        (b"junk" + zipped(("readme.txt", b"{}")), "zip-name"),
        (zipped((CERTIFICATE, b"{}"), way=zipfile.ZIP_BZIP2), "zip-compression"),
        (encrypted(zipped((CERTIFICATE, b"{}"))), "zip-encrypted"),
        (zipped((CERTIFICATE, b"{}"))[:-10], "zip-damaged"),
        (zipped((CERTIFICATE, b"{}"), way=zipfile.ZIP_STORED).replace(b"{}", b"[]"), "zip-damaged"),
        (zipped(*((f"evidence/{number}.jsonl", b"") for number in range(1_001))), "zip-too-many"),
    ],
)
def test_a_zip_that_is_not_safe_is_told(data: bytes, code: str) -> None:
    """Names that lead out, ways of compression whose size nobody knows, and damage."""
    assert [problem.code for problem in unpacked(data)[1]] == [code]
    assert check(data).exit_code is ExitCode.VIOLATION


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_two_files_of_one_name_are_told() -> None:
    """Readers differ in which of them they take."""
    there = list(files(certified()).items())
    found = check(zipped(*there, (CERTIFICATE, b"{}")))
    assert [problem.code for problem in found.problems] == ["zip-duplicate"]


FORGED = zipped((CERTIFICATE, b'{"verdict": "gold"}')).partition(b"PK\x01\x02")[0]
"""A file as it is in a zip, before the list at the end."""


def hidden_before(data: bytes) -> bytes:
    """Programs that read from the beginning find it first."""
    return FORGED + data


def hidden_between(data: bytes) -> bytes:
    """Behind the last file, before the list, which is found all the same."""
    files, mark, rest = data.partition(b"PK\x01\x02")
    start = len(files) + len(FORGED)
    return files + FORGED + mark + rest[:-6] + start.to_bytes(4, "little") + rest[-2:]


def hidden_inside(data: bytes) -> bytes:
    """Behind the end of a compressed file, within its size."""
    data = hidden_between(data)
    more = len(FORGED)
    last = data.rindex(b"PK\x03\x04", 0, data.index(FORGED) - 1)
    listed = data.rindex(b"PK\x01\x02")
    for place in (last + 18, listed + 20):
        size = int.from_bytes(data[place : place + 4], "little") + more
        data = data[:place] + size.to_bytes(4, "little") + data[place + 4 :]
    return data


def otherwise_in_place(data: bytes) -> bytes:
    """The size before a file is not that in the list."""
    return data[:22] + b"\x01" + data[23:]


def commented(data: bytes) -> bytes:
    """A comment behind the list."""
    return data[:-2] + b"\x04\x00gold"


@pytest.mark.parametrize(
    "change",
    [hidden_before, hidden_between, hidden_inside, otherwise_in_place, commented, lambda d: d + b"x"],
)
def test_a_bundle_has_nothing_beside_its_files(change: Callable[[bytes], bytes]) -> None:
    """A customer's program may show another page than the one that was checked."""
    data = change(certified())
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
    found = check(data)
    assert [problem.code for problem in found.problems] == ["zip-hidden"]
    assert found.exit_code is ExitCode.VIOLATION


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is read of a file, and of all together, than is allowed, whatever the zip says."""
    monkeypatch.setattr(bundle_module, "LARGEST", 1_000)
    monkeypatch.setattr(bundle_module, "_TOTAL", 2_500)
    names = ("evidence/a.jsonl", "evidence/b.jsonl", "evidence/c.jsonl", "evidence/d.jsonl")
    big = zipped((CERTIFICATE, bytes(1_001)), *((name, bytes(900)) for name in names))
    told, problems = unpacked(big)
    assert list(told) == ["evidence/a.jsonl"]
    assert [(problem.code, problem.where) for problem in problems] == [
        ("zip-too-large", CERTIFICATE),
        ("zip-too-large", "evidence/b.jsonl"),
        ("zip-too-large", ""),
    ], "what is too large counts, or a thousand files of that size are unpacked"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (Path.exists, "No such file"),
        (Path.mkdir, "it is a folder"),
        (lambda path: path.write_bytes(b"no zip"), "it is no zip"),
    ],
)
def test_what_is_no_bundle_is_one_clear_error(tmp_path: Path, make: Any, why: str) -> None:
    """Before anything of it is looked at."""
    path = tmp_path / "x.zip"
    make(path)
    with pytest.raises(BundleUnreadableError) as raised:
        read_bundle(path)
    assert why in raised.value.message


def test_an_earlier_run_leaves_nothing_in_a_bundle(tmp_path: Path) -> None:
    """What changed since then is in the report beside it, and nobody can judge it again."""
    result = ran(tmp_path)
    before = Since(started="2026-11-25T00:00:00Z", suite="0.1.0", same=9, changes=(), profiles=())
    path, _ = write_bundle(replace(result, report=replace(result.report, since=before)), PROFILE, samples=3)
    assert check(path.read_bytes()).problems == ()
