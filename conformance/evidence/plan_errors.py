"""Errors in the plan of a run, and in the evidence that it announces."""

from dataclasses import dataclass

from conformance.evidence.errors import EvidenceError
from conformance.text import counted

__all__ = ["MissingEvidenceError", "PlanUnreadableError"]

_NAMED = 5  # exchanges that are named of many


@dataclass(eq=False)
class PlanUnreadableError(EvidenceError):
    """Raised for a plan.json that is damaged or of another version; `said` describes it."""

    code = "plan-unreadable"
    hint = "it was edited or damaged, or is of another version of the suite: start a new run"

    said: str

    @property
    def message(self) -> str:
        return f"plan.json cannot be read: {self.said}"


@dataclass(eq=False)
class MissingEvidenceError(EvidenceError):
    """Raised for a run that was killed before everything was asked: its folder, or a zip of that."""

    code = "evidence-missing"

    missing: tuple[str, ...]
    planned: int
    zipped: bool = False

    @property
    def message(self) -> str:
        more = f" and {len(self.missing) - _NAMED} more" if len(self.missing) > _NAMED else ""
        return (
            f"the run was cut off: {len(self.missing)} of {counted(self.planned, 'planned exchange')} have "
            f"no evidence ({', '.join(self.missing[:_NAMED])}{more})"
        )

    @property
    def hint(self) -> str:
        where = "the folder that was zipped" if self.zipped else "this folder"
        return f"repeat its command with `--resume latest`, or `--resume` and {where}, and it goes on"
