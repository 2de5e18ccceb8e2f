"""Where what is not part of the project lies: recordings, facts, cases, and pages of vendors.

That is the folder `shared` beside the checkout, or the one that CONFORMANCE_SHARED names, as where a clone
stands alone.
"""

import os
from pathlib import Path

__all__ = ["CASES", "FACTS", "PAGES", "RECORDINGS", "SHARED", "VARIABLE", "absent"]

VARIABLE = "CONFORMANCE_SHARED"
SHARED = Path(os.environ.get(VARIABLE) or Path(__file__).parents[2] / "shared").absolute()
RECORDINGS = SHARED / "recordings"
FACTS = SHARED / "facts"
CASES = SHARED / "cases"
PAGES = SHARED / "vendor-docs"


def absent(folder: Path) -> str:
    """That a folder is not there, and what to do; empty where it is."""
    if folder.is_dir():
        return ""
    return f"there is no folder {folder.name!r} in {SHARED}: {VARIABLE} names the place where it is"
