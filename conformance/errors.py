"""What the person who runs the suite can put right, as opposed to faults of an endpoint or of ours."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["UserError", "meant"]


class UserError(Exception):
    """Something asked for that cannot be done: `message` says what and where, `hint` what to do.

    `code` is a slug for programs.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message


def meant(name: str, known: Iterable[str]) -> str:
    """`did you mean X?` for the nearest known name; empty when none is near."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else ""
