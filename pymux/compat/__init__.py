"""Floor 3: drop-in replacements for the standard modules `select` and `selectors`, on pymux's calls."""
