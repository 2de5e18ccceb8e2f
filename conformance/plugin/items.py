"""The items of a run: one for each planned judgement, one for each known deviation.

Their ids are made of slugs only: pytest-html prints ids unescaped.
"""

from dataclasses import dataclass

from conformance.catalogue import Requirement
from conformance.gate import Deviation

__all__ = ["Item", "Listed", "Planned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
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
        """What tells it from every other of a run."""
        return self.provider, self.subject, self.requirement.id

    @property
    def marks(self) -> tuple[str, ...]:
        """What `-m` selects it by: its family and its level."""
        return self.requirement.family.value, self.requirement.level.value.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A known deviation of a provider, which must still be true."""

    provider: str
    deviation: Deviation

    @property
    def id(self) -> str:
        """`zenmux/role-first`, or `zenmux/chat-text/role-first` for one of a scenario."""
        parts = (self.provider, self.deviation.scenario, self.deviation.requirement)
        return "/".join(part for part in parts if part)


Item = Planned | Listed
