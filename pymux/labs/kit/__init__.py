"""What a lab is made of: the names that a lab file, and a student's copy of one, may import."""

from pymux.labs.kit.async_read import begin_read
from pymux.labs.kit.blocked import is_blocked_in, thread_blocked_in, wait_until_blocked, wait_until_ended
from pymux.labs.kit.calls import fails_with, refused, reported
from pymux.labs.kit.clock import all_longer, decided_by, longer
from pymux.labs.kit.descriptors import allow_descriptors, need_descriptors, read_soon
from pymux.labs.kit.experiment import Results, experiment
from pymux.labs.kit.from_c import adopt_orphans, from_c
from pymux.labs.kit.model import (
    Answer,
    Bar,
    Finding,
    Lane,
    Line,
    Mark,
    Note,
    Plot,
    Table,
    Timeline,
    Undecided,
    Verdict,
    verdict,
)
from pymux.labs.kit.optional import library
from pymux.labs.kit.text import listed, main
from pymux.labs.kit.workbench import Workbench

__all__ = [
    "Answer",
    "Bar",
    "Finding",
    "Lane",
    "Line",
    "Mark",
    "Note",
    "Plot",
    "Results",
    "Table",
    "Timeline",
    "Undecided",
    "Verdict",
    "Workbench",
    "adopt_orphans",
    "all_longer",
    "allow_descriptors",
    "begin_read",
    "decided_by",
    "experiment",
    "fails_with",
    "from_c",
    "is_blocked_in",
    "library",
    "listed",
    "longer",
    "main",
    "need_descriptors",
    "read_soon",
    "refused",
    "reported",
    "thread_blocked_in",
    "verdict",
    "wait_until_blocked",
    "wait_until_ended",
]
