"""Checks the signature that `ssh-keygen -Y sign` made of a bundle."""

import re
import subprocess
from pathlib import Path

from conformance.certify.errors import SshKeygenMissingError, SshSignersError, SshSignersFormError
from conformance.certify.problems import Problem
from conformance.report.visible import one_line

__all__ = ["NAMESPACE", "signature_of", "signed_by"]

NAMESPACE = "stream-conformance"
"""The namespace of signatures of bundles: one made for another purpose does not count."""

_PROGRAM = "ssh-keygen"
_WIDTH = 200
_SIGNATURE = b"-----BEGIN SSH SIGNATURE-----"
_KEY = re.compile(r"(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ +AAAA\S+")  # a key that stands where a name should


def signature_of(bundle: Path) -> Path:
    """Where the signature of a bundle lies."""
    return bundle.with_name(f"{bundle.name}.sig")


def signed_by(bundle: Path, data: bytes, signers: Path) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """The allowed signers whose signature a bundle bears, and what is wrong if there is none.

    `data` are its bytes, `signers` is a file of allowed signers. Raises SshSignersError,
    SshSignersFormError and SshKeygenMissingError.
    """
    if not signers.is_file():
        raise SshSignersError(signers)
    _look_at(signers)
    path = signature_of(bundle)
    if not path.is_file():
        return (), (Problem("signature-missing", path.name, "there is no such file beside the bundle"),)
    if not path.read_bytes().lstrip().startswith(_SIGNATURE):
        told = "this is no signature: ssh-keygen -Y sign writes one, which begins with BEGIN SSH SIGNATURE"
        return (), (Problem("signature-damaged", path.name, told),)
    files = ("-f", str(signers), "-s", str(path))
    code, names, why = _asked("find-principals", *files)
    if code:
        known = "no principal matched" in why.lower()
        told = f"none of the signers in {signers.name} made it{'' if known else f': {why}'}"
        return (), (Problem("signature-unknown", path.name, told),)
    good = []
    for name in dict.fromkeys(names.splitlines()):
        code, _, why = _asked("verify", *files, "-I", name, "-n", NAMESPACE, data=data)
        if not code:
            good.append(name)
    if good:
        return tuple(good), ()
    told = f"it is not one of these bytes in the namespace {NAMESPACE}{f': {why}' if why else ''}"
    return (), (Problem("signature-wrong", path.name, told),)


def _asked(action: str, *arguments: str, data: bytes = b"") -> tuple[int, str, str]:
    """The exit code of ssh-keygen, and what it said."""
    try:
        done = subprocess.run(  # noqa: S603
            [_PROGRAM, "-Y", action, *arguments], input=data, capture_output=True, check=False
        )
    except OSError:
        raise SshKeygenMissingError from None
    # It ends its lines as a terminal in raw mode needs them, and the first says what is wrong.
    why = next(iter(done.stderr.decode(errors="replace").split("\n")), "").strip()
    return done.returncode, done.stdout.decode(errors="replace"), one_line(why, _WIDTH)


def _look_at(signers: Path) -> None:
    """Raises SshSignersFormError for a public key alone, in which ssh-keygen finds no signer."""
    for line in signers.read_text(encoding="utf-8", errors="replace").splitlines():
        if (found := _KEY.match(line.strip())) is not None:
            raise SshSignersFormError(signers, one_line(found[0], _WIDTH))
