"""Records the traffic between an application and its endpoint, and judges it: `conformance record`."""
