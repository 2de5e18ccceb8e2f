"""Readers of what other programs recorded, one module for each format.

Each reader is a pure function from the bytes of a file and its name to the exchanges in it. What a format
does not hold is lacking in the exchange and never guessed, and credentials are removed as live ones are.
"""

from conformance.evidence.imports.recognise import (
    DEEPEST,
    EVIDENCE,
    EXTENSIONS,
    INPUT,
    REPORT,
    is_evidence,
    read_bytes,
)

__all__ = ["DEEPEST", "EVIDENCE", "EXTENSIONS", "INPUT", "REPORT", "is_evidence", "read_bytes"]
