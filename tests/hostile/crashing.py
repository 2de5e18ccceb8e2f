"""A plugin of pytest that lets one function of the suite raise, for tests of what is said then.

`CRASH` in the environment names the function, as `module:name` or `module:class.name`.
"""

import os
from importlib import import_module
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Puts a function in place that raises, as a fault of the suite would."""
    del config
    module, _, name = os.environ["CRASH"].partition(":")
    holder: Any = import_module(module)
    *inner, last = name.split(".")
    for part in inner:
        holder = getattr(holder, part)
    assert hasattr(holder, last), name

    def crash(*given: object, **named: object) -> None:
        raise RuntimeError(f"a forced crash in {last}, given {len(given) + len(named)} arguments")

    setattr(holder, last, crash)
