"""What the terminal shows during a capture."""

import io

import pytest
from rich.console import Console

from conformance.capture.terminal import Terminal
from conformance.exchange import Ended


def console(*, terminal: bool, width: int = 120) -> tuple[Console, io.StringIO]:
    """A console of so many columns, and what it shows."""
    out = io.StringIO()
    return Console(file=out, force_terminal=terminal, width=width, color_system=None), out


def shown(*, terminal: bool, width: int = 120) -> str:
    """What is seen of a small capture of three requests."""
    screen, out = console(terminal=terminal, width=width)
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
    assert "2 open, 7 events, 2 kB, 1 again in 5 s" in seen
    assert "429" not in seen


def test_on_a_narrow_terminal_the_count_is_seen() -> None:
    """On 80 columns, beside all the words; a long name is cut."""
    screen, out = console(terminal=True, width=80)
    with Terminal(screen, clock=lambda: 0.0) as progress:
        progress.begins("a-provider-of-a-very-long-name", 32)
        for number in range(8):
            progress.sends("a-provider-of-a-very-long-name", f"e{number}")
            progress.receives("a-provider-of-a-very-long-name", f"e{number}", 60_000, 900)
        progress.waits("a-provider-of-a-very-long-name", "e7", 30.0, "status 429")
        progress._bars.refresh()
    assert " 0/32 8 open, 7200 events, 480 kB, 1 again in 30 s 0:00:00\r" in out.getvalue()


@pytest.mark.parametrize("variables", [{"FORCE_COLOR": "1"}, {"TTY_COMPATIBLE": "1"}])
def test_colours_that_are_forced_make_no_terminal(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A CI job may force them; its log moves no cursor."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with Terminal() as progress:
        progress.begins("zenmux", 1)
        progress.sends("zenmux", "chat-text")
        progress.ends("zenmux", "chat-text", Ended.CLOSED)
    told = capsys.readouterr().err
    assert "zenmux: 1 of 1 request answered or tried" in told
    assert "\x1b" not in told


def test_elsewhere_the_sum_is_one_line() -> None:
    assert shown(terminal=False) == (
        "zenmux: 2 of 3 requests answered or tried in 7.0 s, 0 open, 8 events, 2 kB, 1 not sent\n"
    )
