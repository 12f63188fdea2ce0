"""What a lab is made of: the names that a lab file, and a student's copy of one, may import."""

from pymux.labs.kit.asleep import asleep_in, is_asleep, wait_until_asleep
from pymux.labs.kit.begun import begin_read
from pymux.labs.kit.bench import Bench
from pymux.labs.kit.calls import refused, told
from pymux.labs.kit.descriptors import allow_descriptors, need_descriptors, read_soon
from pymux.labs.kit.experiment import Exhibits, experiment
from pymux.labs.kit.extra import library
from pymux.labs.kit.model import (
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
from pymux.labs.kit.plain import main

__all__ = [
    "Bar",
    "Bench",
    "Exhibits",
    "Finding",
    "Lane",
    "Line",
    "Mark",
    "Note",
    "Plot",
    "Table",
    "Timeline",
    "Undecided",
    "Verdict",
    "allow_descriptors",
    "asleep_in",
    "begin_read",
    "experiment",
    "is_asleep",
    "library",
    "main",
    "need_descriptors",
    "read_soon",
    "refused",
    "told",
    "verdict",
    "wait_until_asleep",
]
