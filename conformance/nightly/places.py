"""Paths in what a night publishes: as seen from its folder, and never those of the machine it ran on."""

import os
import re
from pathlib import Path

__all__ = ["seen_from"]

# What may stand before a path: no letter, as in an address, and no other part of a path.
_BEFORE = r"(?<![\w.:/\\~-])"
_NAME = r"[^\s/\\:'\"`,;()<>\[\]]+"
# An absolute path by the folder in which it begins: `/v1/chat/completions` is a path of an endpoint.
_ABROAD = re.compile(
    rf"{_BEFORE}(?:/(?:builds|etc|github|home|mnt|opt|private|root|srv|tmp|usr|var|work|workspace|Users|Volumes|__w)"
    rf"|[A-Za-z]:\\{_NAME})(?:[/\\]{_NAME})+"
)

_STEPS = re.compile(r"[/\\]")


def seen_from(root: Path, text: str) -> str:
    """The text with paths below the folder of the night, or below the current one, as seen from the former.

    Of absolute paths elsewhere, as another machine may have written them, only the last name is left.
    """
    here = Path.cwd()
    for folder in {root.resolve(), root.absolute()}:
        text = _below(folder, "", text)
    up = os.path.relpath(here, root.resolve())
    text = _below(here, "" if up.strip("./\\") else f"{up}/", text)
    return _ABROAD.sub(lambda found: f"…/{_STEPS.split(found[0])[-1]}", text)


def _below(folder: Path, instead: str, text: str) -> str:
    if folder == Path(folder.anchor):
        return text
    name = f"{_BEFORE}{re.escape(str(folder))}"
    within = re.sub(rf"{name}[/\\]", lambda _: instead, text)
    return re.sub(rf"{name}(?![\w.-])", lambda _: instead.rstrip("/") or ".", within)
