"""Traps: descriptors that are closed, shared, nested or never finished, and signals."""
