"""Processes and coroutines: what they share, how they take turns, and what stops them all."""
