"""Checks the signature that `ssh-keygen -Y sign` made of a bundle."""

import subprocess
from pathlib import Path

from conformance.certify.errors import SshKeygenMissingError, SshSignersError
from conformance.certify.problems import Problem
from conformance.report.visible import one_line

__all__ = ["NAMESPACE", "signature_of", "signed_by"]

NAMESPACE = "stream-conformance"
"""The namespace of signatures of bundles: one made for another purpose does not count."""

_PROGRAM = "ssh-keygen"
_WIDTH = 200


def signature_of(bundle: Path) -> Path:
    """Where the signature of a bundle lies."""
    return bundle.with_name(f"{bundle.name}.sig")


def signed_by(bundle: Path, data: bytes, signers: Path) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """The allowed signers whose signature a bundle bears, and what is wrong if there is none.

    `data` are its bytes, `signers` is a file of allowed signers. Raises SshSignersError and
    SshKeygenMissingError.
    """
    if not signers.is_file():
        raise SshSignersError(signers)
    path = signature_of(bundle)
    if not path.is_file():
        return (), (Problem("signature-missing", path.name, "there is no such file beside the bundle"),)
    files = ("-f", str(signers), "-s", str(path))
    code, names, why = _asked("find-principals", *files)
    if code:
        told = f"none of the allowed signers made it: {one_line(why, _WIDTH)}"
        return (), (Problem("signature-unknown", path.name, told),)
    good = []
    for name in dict.fromkeys(names.splitlines()):
        code, _, why = _asked("verify", *files, "-I", name, "-n", NAMESPACE, data=data)
        if not code:
            good.append(name)
    if good:
        return tuple(good), ()
    told = f"it is not one of these bytes in the namespace {NAMESPACE}: {one_line(why, _WIDTH)}"
    return (), (Problem("signature-wrong", path.name, told),)


def _asked(action: str, *arguments: str, data: bytes = b"") -> tuple[int, str, str]:
    """The exit code of ssh-keygen, and what it said."""
    try:
        done = subprocess.run(  # noqa: S603
            [_PROGRAM, "-Y", action, *arguments], input=data, capture_output=True, check=False
        )
    except OSError:
        raise SshKeygenMissingError from None
    told = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace").strip()
    return done.returncode, *told
