"""Makes a bundle of the result of a run that was held to one profile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from conformance.capture.secrets import secrets_of
from conformance.certify.bundle import CERTIFICATE, PAGE, PROFILE, REPORT, packed
from conformance.certify.certificate import CERTIFIED, Json, certificate, evidence_name, written
from conformance.certify.configuration import configuration_of, redacted
from conformance.certify.errors import SecretInBundleError
from conformance.certify.page import render
from conformance.certify.secrets import secrets_in
from conformance.certify.suite import Suite, this_suite
from conformance.evidence.redact import Redactor
from conformance.evidence.whole import put_whole
from conformance.exchange import Exchange
from conformance.paths import data
from conformance.report.jsonl import report_lines
from conformance.report.records import Report
from conformance.report.write import evidence_path, folder_name
from conformance.run.result import Result
from conformance.standing import Profile

__all__ = ["bundle_name", "bundled", "profile_bytes", "write_bundle"]


def write_bundle(
    result: Result, profile: Profile, *, samples: int, secrets: Iterable[str] = ()
) -> tuple[Path, Json]:
    """Writes the bundle of a live run into its folder; returns its path and the content of its certificate.

    `secrets` are the key and other credentials, to make sure that they are nowhere in it. Raises
    SecretInBundleError, and OSError.
    """
    folder, entry = result.run.folder, result.run.entry
    assert folder is not None  # noqa: S101 - a run that certifies writes its evidence
    assert entry is not None  # noqa: S101 - and asks a provider that has an entry
    redactor = Redactor((*secrets_of(entry), *secrets), loopback=True)
    report = replace(
        result.report,
        since=None,  # what an earlier run had nobody can judge again
        header=replace(result.report.header, log=""),
        exchanges=tuple(replace(line, evidence=evidence_name(line.id)) for line in result.report.exchanges),
    )
    evidence = {one.id: evidence_path(folder, one.id).read_bytes() for one in result.exchanges}
    files, content = bundled(
        report,
        result.exchanges,
        evidence,
        profile=profile,
        configuration=configuration_of(entry, redactor),
        vendor=redacted(dict(entry.vendor), redactor),
        samples=samples,
        suite=this_suite(),
    )
    _check(files, result.exchanges, redactor)
    path = folder / bundle_name(content)
    with put_whole(path) as neighbour:
        neighbour.write_bytes(packed(files))
    return path, content


def bundled(
    report: Report,
    exchanges: Sequence[Exchange],
    evidence: Mapping[str, bytes],
    *,
    profile: Profile,
    configuration: Json,
    vendor: Mapping[str, str],
    samples: int,
    suite: Suite,
) -> tuple[dict[str, bytes], Json]:
    """The files of a bundle by their names, and the content of its certificate."""
    files = {evidence_name(name): content for name, content in evidence.items()}
    files[REPORT] = "".join(f"{line}\n" for line in report_lines(report)).encode()
    files[PROFILE] = profile_bytes(profile)
    content = certificate(
        report,
        exchanges,
        profile=profile,
        configuration=configuration,
        vendor=vendor,
        suite=suite,
        samples=samples,
        files=files,
    )
    files[CERTIFICATE] = written(content)
    files[PAGE] = render(content).encode()
    return files, content


def bundle_name(content: Json) -> str:
    """The name of the file, which says what it is."""
    kind = "certificate" if content["verdict"] == CERTIFIED else "not-certified"
    return f"{kind}-{folder_name(content['provider'])}-{content['profile']['id']}.zip"


def profile_bytes(profile: Profile) -> bytes:
    """The frozen file of a profile."""
    return (data("profiles") / f"{profile.id}.toml").read_bytes().replace(b"\r\n", b"\n")


def _check(files: Mapping[str, bytes], exchanges: Sequence[Exchange], redactor: Redactor) -> None:
    """Raises SecretInBundleError."""
    for name, content in files.items():
        text = content.decode("utf-8", "surrogateescape")
        if redactor.text(text) != text:
            raise SecretInBundleError(name, "the key or another secret of the provider's entry")
    for name, what in secrets_in(files, exchanges):
        raise SecretInBundleError(name, what)
