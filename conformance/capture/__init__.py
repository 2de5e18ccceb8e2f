"""Sends what is planned, each request once, and records what comes back."""

from conformance.capture.progress import Progress, Silent
from conformance.capture.run import Captured, Job, capture

__all__ = ["Captured", "Job", "Progress", "Silent", "capture"]
