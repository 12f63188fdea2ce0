"""A lab as read from its file: the docstring gives the words, the experiments do the rest.

The docstring opens with the question. `Predict:`, `Claims:` and `Sources:` head its sections; the lines
of a section are indented. A prediction is a question and, indented below it, the answers to choose from, each
after "- ". A claim is an id, two spaces and the sentence, and its source in brackets where it does not come
from the tutorial; a source is a man page or a title with an address.
"""

from __future__ import annotations

import importlib
import inspect
import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from pymux.labs.kit.claims import CLAIMS
from pymux.labs.kit.experiment import Experiment
from pymux.labs.kit.model import Claim, Prediction
from pymux.labs.path import PATH

if TYPE_CHECKING:
    from types import ModuleType

    from pymux.labs.path import Section

_SECTION = re.compile(r"^(Predict|Claims|Sources):\n((?:(?:[ ].*)?\n)*)", re.MULTILINE)
# Lines at the margin are the question, those indented its choices.
_PREDICTION = re.compile(r"((?:^\S.*\n)+)((?:^ +.*\n)+)", re.MULTILINE)
_CLAIM = re.compile(r"(\w+)  (.+?)(?: \[(.+)\])?")


@dataclass(frozen=True)
class Lab:
    """One file of a section of `pymux.labs`."""

    name: str
    module: ModuleType
    section: Section | None = None  # None: a student's copy of a lab, which is on no path

    @property
    def question(self) -> str:
        """The first line of the docstring."""
        return self._words.splitlines()[0]

    @property
    def about(self) -> str:
        """What the docstring says between the question and the sections."""
        paragraphs = _SECTION.sub("", self._words).partition("\n")[2].strip().split("\n\n")
        return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """The questions to answer before the experiments run."""
        blocks = _PREDICTION.findall(inspect.cleandoc(" \n" + self._sections["Predict"]) + "\n")
        return tuple(_prediction(question, choices) for question, choices in blocks)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims the lab decides, in the order of the docstring."""
        return tuple(CLAIMS.get(claim.id, claim) for claim in self.quoted_claims)

    @property
    def quoted_claims(self) -> tuple[Claim, ...]:
        """The same, as the docstring words them."""
        return tuple(_quoted(line) for line in _entries(self._sections["Claims"]))

    @property
    def sources(self) -> tuple[str, ...]:
        """Where to read about it."""
        return _entries(self._sections["Sources"])

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The experiments, in the order of the file."""
        return tuple(value for value in vars(self.module).values() if isinstance(value, Experiment))

    @property
    def source_code(self) -> str:
        """The file, which also runs on its own."""
        return inspect.getsource(self.module)

    @property
    def _words(self) -> str:
        return inspect.cleandoc(self.module.__doc__ or "") + "\n"

    @cached_property
    def _sections(self) -> dict[str, str]:
        return dict(_SECTION.findall(self._words))


@cache
def labs() -> dict[str, Lab]:
    """Return every lab by its name, in the order of the path."""
    return {name: _lab(name, section) for section in PATH for name in section.labs}


def _lab(name: str, section: Section) -> Lab:
    module = importlib.import_module(f"pymux.labs.{section.folder}.{name.replace('-', '_')}")
    return Lab(name, module, section)


def _prediction(question: str, choices: str) -> Prediction:
    answers = (" ".join(choice.split()) for choice in re.split(r"^ *- ", choices, flags=re.MULTILINE))
    return Prediction(" ".join(question.split()), tuple(filter(None, answers)))


def _quoted(line: str) -> Claim:
    found = _CLAIM.fullmatch(line)
    if not found:
        raise ValueError(f"not an id, two spaces, a sentence and maybe [its source]: {line!r}")
    id, sentence, source = found.groups()
    return Claim(id, sentence, (source,) if source else ())


def _entries(body: str) -> tuple[str, ...]:
    """Return the entries of a section; a line indented deeper than the first continues the one before."""
    text = inspect.cleandoc(" \n" + body)
    return tuple(re.sub(r"\n\s+", " ", entry) for entry in re.split(r"\n(?=\S)", text) if entry.strip())
