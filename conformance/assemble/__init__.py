"""Streams assembled from events: one pass that records facts and judges nothing."""
