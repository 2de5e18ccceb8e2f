"""How much is sent of what could be: scenarios, profiles, samples and a budget."""

from dataclasses import dataclass

from conformance.plan import Plan, plan
from conformance.providers import Provider
from conformance.run.errors import NothingOfProfileError
from conformance.scenarios import SMOKE
from conformance.standing import Profile

__all__ = ["Selection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How much of a provider's plan is sent.

    `scenarios` are names, empty for all. `samples` is how often each is sent. `budget` is the most requests,
    None for the provider's own limit. Of `profiles` only the scenarios are sent.
    """

    scenarios: tuple[str, ...] = ()
    profiles: tuple[Profile, ...] = ()
    samples: int = 1
    budget: int | None = None

    def plan(self, provider: Provider, base_url: str = "") -> Plan:
        """The plan for one provider."""
        return plan(
            provider,
            scenarios=self._names(),
            samples=self.samples,
            budget=self.budget,
            base_url=base_url,
        )

    def _names(self) -> tuple[str, ...]:
        """The names of the scenarios; empty for all. Raises NothingOfProfileError if none is left."""
        held = dict.fromkeys(name for profile in self.profiles for name in profile.sends)
        if not self.profiles or not self.scenarios:
            return (*held,) or self.scenarios
        chosen = {*self.scenarios, *(SMOKE if "smoke" in self.scenarios else ())}
        if not chosen & held.keys():
            raise NothingOfProfileError(self.scenarios, tuple(profile.id for profile in self.profiles))
        return tuple(name for name in held if name in chosen)
