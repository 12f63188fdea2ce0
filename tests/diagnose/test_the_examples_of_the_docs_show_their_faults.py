"""Each example of docs/reading-an-event-loop.md is named by `pymux diagnose`; each fault has one."""

from __future__ import annotations

import re
from pathlib import Path

from diagnose.corpus import accusations, diagnosed

from pymux.diagnose.rules import RULES


def test_examples(checkout: Path) -> None:
    text = (checkout / "docs/reading-an-event-loop.md").read_text()
    examples = dict(re.findall(r"### ([a-z0-9-]+)\n\n```strace\n(.*?)```", text, re.DOTALL))
    assert set(examples) == {rule.fault.name for rule in RULES}
    for name, example in examples.items():
        assert name in accusations(diagnosed(example)), name
