"""Where the files that belong to the package are, in a checkout and in an installed wheel."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["data", "near", "schema"]

_PACKAGE = Path(__file__).parent


def data(name: str) -> Path:
    """The path of `providers.toml` or `schemas`, whichever form is installed.

    A wheel carries them in `conformance/_data`; a checkout has them beside the package.
    Raises FileNotFoundError when neither is there, which means a broken installation.
    """
    for folder in (_PACKAGE / "_data", _PACKAGE.parent):
        if (path := folder / name).exists():
            return path
    raise FileNotFoundError(f"{name} is in neither {_PACKAGE / '_data'} nor {_PACKAGE.parent}: reinstall")


@cache
def schema(name: str) -> dict[str, Any]:
    """A schema of the package by its name without `.json`."""
    document: dict[str, Any] = json.loads((data("schemas") / f"{name}.json").read_text())
    return document


def near(path: Path) -> str:
    """A path as one would type it from the current folder."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
