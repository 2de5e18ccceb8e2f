"""Stores exchanges: writes them redacted as they happen, reads them back, and imports foreign recordings."""

from conformance.evidence.errors import EvidenceError, SecretTooShortError, Unreadable
from conformance.evidence.load import load, reread
from conformance.evidence.reader import read_evidence
from conformance.evidence.redact import Redactor
from conformance.evidence.writer import EvidenceWriter, write_evidence

__all__ = [
    "EvidenceError",
    "EvidenceWriter",
    "Redactor",
    "SecretTooShortError",
    "Unreadable",
    "load",
    "read_evidence",
    "reread",
    "write_evidence",
]
