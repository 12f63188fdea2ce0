"""Start here: what the calls report, how many descriptors they take, what a wait costs and overwrites."""
