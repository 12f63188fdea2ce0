"""What a verdict that rests on times must agree with."""


def fits(verdict: str, holds: bool) -> bool:
    """Return whether a verdict agrees with the medians; undecided, the interval includes the bound."""
    return verdict == "undecided" or (verdict == "holds") == holds
