"""Dictated texts with U+FFFD in place of some letters, which an engine may write for bytes of its model."""

from tests.proof.dictated import LINE, dictated
from tests.proof.streams.handmade import Wire

REPLACED = ("content-replacement",)

BROKEN: tuple[Wire, ...] = (
    dictated("one-letter-as-replacement", LINE.replace("漢", "\ufffd"), REPLACED),
    dictated("one-letter-as-replacement-for-each-byte", LINE.replace("漢", "\ufffd" * 3), REPLACED),
    dictated("two-letters-as-replacement", LINE.translate({0x6F22: "\ufffd", 0x308: "\ufffd"}), REPLACED),
    dictated("the-only-letter-as-replacement", "Z\ufffdrich x2b9k", REPLACED, due="Zürich x2b9k"),
)
