"""Exchanges on disk: written redacted as they happen, read back the same; and recordings of others."""

from conformance.evidence.errors import EvidenceError, SecretTooShortError, Unreadable
from conformance.evidence.load import load
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
    "write_evidence",
]
