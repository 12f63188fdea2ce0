"""The pages of the documentation site that are written by a program: labs, calls, sources, measured costs."""
