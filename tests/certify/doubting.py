"""A plugin for sessions: the check of a bundle doubts it, as that of an endpoint whose clock is wrong."""

from conformance.certify.problems import Problem
from conformance.certify.verify import Verification
from conformance.plugin import certifying

DOUBT = Problem("clock-differs", "chat-json", "its answer is dated a day before the run")

vars(certifying)["verified"] = lambda *_: Verification(content={}, problems=(DOUBT,))
