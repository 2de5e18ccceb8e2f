"""What the terminal shows during a capture."""

import io

from rich.console import Console

from conformance.capture.terminal import Terminal
from conformance.exchange import Ended


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    """A console of 120 columns, and what it shows."""
    out = io.StringIO()
    return Console(file=out, force_terminal=terminal, width=120, color_system=None), out


def shown(*, terminal: bool) -> str:
    """What is seen of a small capture of three requests."""
    screen, out = console(terminal=terminal)
    now = [0.0]
    with Terminal(screen, clock=lambda: now[0]) as progress:
        progress.begins("zenmux", 3)
        progress.sends("zenmux", "chat-text")
        progress.sends("zenmux", "chat-tool")
        now[0] = 1.0
        progress.receives("zenmux", "chat-text", 2048, 7)
        progress.waits("zenmux", "chat-tool", 5.0, "[red]status 429[/red]")
        progress._bars.refresh()
        now[0] = 7.0
        progress.sends("zenmux", "chat-tool")
        progress.receives("zenmux", "chat-tool", 10, 1)
        for name, ended in (
            ("chat-text", Ended.CLOSED),
            ("chat-tool", Ended.CLOSED),
            ("chat-n", Ended.NOT_SENT),
        ):
            progress.ends("zenmux", name, ended)
    return out.getvalue()


def test_a_terminal_shows_a_line_that_goes_with_the_capture() -> None:
    seen = shown(terminal=True)

    assert "zenmux" in seen
    assert "2 open, 7 events, 2 kB, 1 to be tried again, the next in 5 s" in seen
    assert "429" not in seen


def test_elsewhere_the_sum_is_one_line() -> None:
    assert shown(terminal=False) == (
        "zenmux: 2 of 3 requests answered or tried in 7.0 s, 0 open, 8 events, 2 kB, 1 not sent\n"
    )
