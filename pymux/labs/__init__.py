"""Floor 4: the labs. Every module here is one lab: a question, its experiments, their verdicts.

Adding a lab is adding a file; `kit` is what the files have in common.
"""
