"""Floor 4: the labs. Each file in a section's folder is one lab: a question, experiments, verdicts.

`path` has the sections and their order; `kit` is what the files have in common.
"""
