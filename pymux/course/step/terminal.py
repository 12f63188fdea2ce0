"""Lines that a person types, with history and completion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import NestedCompleter

from pymux.course.step.parsing import completions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.course.step.session import Session


def typed_lines(session: Session) -> Iterator[str]:
    """Yield lines until Ctrl-D; Ctrl-C is KeyboardInterrupt. What was typed is shown again as a title."""
    prompt: PromptSession[str] = PromptSession(
        completer=NestedCompleter.from_nested_dict(completions()),
        complete_while_typing=False,
        erase_when_done=True,
    )
    while True:
        try:
            yield prompt.prompt(lambda: f"{session.kind}> ")
        except EOFError:
            return
