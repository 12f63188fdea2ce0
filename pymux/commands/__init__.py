"""Floor 7: one module for each subcommand that needs more than a few lines; `pymux.cli` assembles them."""
