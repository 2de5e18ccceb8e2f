"""The folder that pytest collects if no path is given. Its items come from the run."""

from pathlib import Path

__all__ = ["FOLDER"]

FOLDER = Path(__file__).parent
