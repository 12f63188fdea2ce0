"""What a lab shows is all there on a terminal of few columns: long words and questions take more lines."""

from io import StringIO

from rich.console import Console, RenderableType

from pymux.labs.kit import Bar, Lane, Table, Timeline
from pymux.labs.kit.lab import labs
from pymux.labs.kit.text import as_text
from pymux.report.labs import introduction, rendered

COLUMNS = 40


def letters(shown: RenderableType) -> str:
    """Return what is printed, without the spaces and the frame."""
    console = Console(file=StringIO(), width=COLUMNS)
    console.print(shown)
    assert isinstance(console.file, StringIO)
    return "".join(letter for letter in console.file.getvalue() if letter.isascii() and not letter.isspace())


def test_a_table() -> None:
    words = ("epoll_pwait2_and_more", "descriptors", "median_of_every_call", "12345678901234567890")
    printed = letters(rendered(Table("times", words, ())))
    assert sorted(printed) == sorted("times" + "".join(words))
    printed = letters(rendered(Table("times", ("a", "b", "c", "d"), (words,))))
    assert sorted(printed) == sorted("timesabcd" + "".join(words))


def test_the_question() -> None:
    for lab in labs().values():
        assert lab.question.replace(" ", "") in letters(introduction(lab, with_predictions=True))


def test_a_timeline_has_room_on_eighty_columns() -> None:
    lanes = tuple(
        Lane(name, (Bar(0, 123.456),)) for name in ("one by one /120", "(a thread of the C library)")
    )
    drawn = as_text(Timeline("From the request to the answer", "milliseconds", lanes))
    assert max(map(len, drawn.splitlines())) <= 80
