"""What a run can be asked to do: judge a requirement on a subject, or look after a known deviation.

Ids are made of slugs only, since pytest-html prints the ids of tests unescaped.
"""

from dataclasses import dataclass

from conformance.catalogue import Requirement
from conformance.gate import Deviation

__all__ = ["ListedDeviation", "PlannedVerdict", "RunItem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVerdict:
    """A requirement that will be judged on a subject of a provider."""

    provider: str
    subject: str
    requirement: Requirement

    @property
    def id(self) -> str:
        """`zenmux/chat-text/role-first`."""
        return f"{self.provider}/{self.subject}/{self.requirement.id}"

    @property
    def key(self) -> tuple[str, str, str]:
        """Provider, subject and requirement: what tells this verdict from every other one of a run."""
        return self.provider, self.subject, self.requirement.id

    @property
    def marks(self) -> tuple[str, ...]:
        """The names that pytest's `-m` selects it by: its family and its level."""
        return self.requirement.family.value, self.requirement.level.value.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDeviation:
    """A known deviation that a provider lists, which must still be true."""

    provider: str
    deviation: Deviation

    @property
    def id(self) -> str:
        """`zenmux/role-first`, or `zenmux/chat-text/role-first` where it is narrowed to a scenario."""
        parts = (self.provider, self.deviation.scenario, self.deviation.requirement)
        return "/".join(part for part in parts if part)


RunItem = PlannedVerdict | ListedDeviation
