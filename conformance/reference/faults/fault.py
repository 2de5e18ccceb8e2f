"""What a fault is."""

from collections.abc import Callable
from dataclasses import dataclass

from conformance.reference.wire import Ask, Pace, Reply

Edit = Callable[[Ask, Reply], Reply]

TEXT_CHANGED = "The text that reaches the reader is no longer the one that the prompt asked for."
"""The cause of every fault that spoils the answer itself as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to be wrong on the wire.

    `breaks` are the ids of the requirements that it breaks; more than one needs its `cause` in writing.
    `why` says in one sentence what is wrong and who suffers. `edit` spoils a good reply and leaves alone what
    it has no part in. `pace` is the pace at which the fault shows, where the ordinary one hides it.
    With `once_left`, replies are good until a client has left a stream in the middle.
    """

    id: str
    breaks: tuple[str, ...]
    why: str
    edit: Edit
    cause: str = ""
    pace: Pace | None = None
    once_left: bool = False

    def __post_init__(self) -> None:
        if not self.breaks:
            raise ValueError(f"Fault {self.id!r} breaks nothing: name the requirement in 'breaks'.")
        if len(self.breaks) > 1 and not self.cause:
            raise ValueError(
                f"Fault {self.id!r} breaks {len(self.breaks)} requirements: write why in 'cause'."
            )
