"""What is wrong with a bundle, as one line for a person and a code for a program."""

from dataclasses import asdict, dataclass

__all__ = ["UNDECIDED", "Problem"]

UNDECIDED = frozenset({"suite-differs", "format-newer"})
"""The codes that say that this suite cannot tell, rather than that something is wrong."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a bundle.

    `code` is a stable slug, `where` the file or exchange that it is about, "" for the bundle as a whole.
    """

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    def as_json(self) -> dict[str, str]:
        """The problem as `--json` output holds it."""
        return asdict(self)
