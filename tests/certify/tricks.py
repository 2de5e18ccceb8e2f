"""What tricks with a bundle are made of: other bytes in a file, in evidence, and in the zip."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

from conformance.certify.verify import Verification
from tests.certify.made import (
    Files,
    rearranged,
    relisted,
)

__all__ = ["ONE", "THREE", "TWO", "Forgery", "Json", "listed", "replaced", "sealed", "told", "zipped"]

Json = dict[str, Any]
Forgery = Callable[[Files], Files]
ONE, TWO, THREE = (f"evidence/chat-json{sample}.jsonl" for sample in ("", ".2", ".3"))


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


def told(found: Verification, code: str, message: str) -> bool:
    """Whether a problem with this code is told in words among which the message stands."""
    problems = [str(problem) for problem in found.problems if problem.code == code]
    return any(message in line for line in problems)
