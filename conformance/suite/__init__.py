"""The folder that pytest collects where no path is given; what is in it comes from the run."""

from pathlib import Path

__all__ = ["FOLDER"]

FOLDER = Path(__file__).parent
