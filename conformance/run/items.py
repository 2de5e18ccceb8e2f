"""The items of a run: requirements to judge on a subject, and known deviations to check.

Ids consist of slugs only, because pytest-html prints the ids of tests without escaping them.
"""

from dataclasses import dataclass

from conformance.catalogue import Requirement
from conformance.gate import Deviation

__all__ = ["ListedDeviation", "PlannedVerdict", "RunItem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVerdict:
    """A requirement that will be judged on a subject of a provider.

    `provider` is its name, with the model behind it if the run asks several models of it.
    """

    provider: str
    subject: str
    requirement: Requirement

    @property
    def id(self) -> str:
        """The item's id, such as `zenmux/chat-text/role-first`."""
        return f"{self.provider}/{self.subject}/{self.requirement.id}"

    @property
    def key(self) -> tuple[str, str, str]:
        """Provider, subject and requirement: the unique key of a verdict in a run."""
        return self.provider, self.subject, self.requirement.id

    @property
    def marks(self) -> tuple[str, ...]:
        """The names that pytest's `-m` selects it by: its family and its level."""
        return self.requirement.family.value, self.requirement.level.value.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDeviation:
    """A known deviation in a provider's entry, which must still exist."""

    provider: str
    deviation: Deviation

    @property
    def id(self) -> str:
        """The item's id: `zenmux/role-first`, or `zenmux/chat-text/role-first` for a single scenario."""
        parts = (self.provider, self.deviation.scenario, self.deviation.requirement)
        return "/".join(part for part in parts if part)


RunItem = PlannedVerdict | ListedDeviation
