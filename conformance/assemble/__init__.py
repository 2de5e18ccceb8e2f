"""Assembles streams from events, in one pass that records facts and judges nothing."""
