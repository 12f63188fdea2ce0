"""An experiment about a library that is not installed says so, and names the command that installs it."""

from pymux.labs.kit import Finding, Results, Workbench, experiment, library


@experiment("C35", "C36")
def needs_it(bench: Workbench) -> Results:
    """Need a library that does not exist."""
    library("no_such_library.part")
    yield from ()


def test_undecided() -> None:
    sentence = "the library no_such_library is not installed: pip install no_such_library"
    assert list(needs_it.run()) == [Finding(claim, "undecided", sentence) for claim in ("C35", "C36")]


def test_a_module_that_is_there_is_returned() -> None:
    assert library("os.path").join("a", "b") == "a/b"
