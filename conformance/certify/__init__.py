"""Self-certification: bundles that a vendor hands out, their check by a stranger, and badges."""
