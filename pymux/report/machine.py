"""What a result was measured on: the header of every file pymux writes."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path

from pymux import __version__, limits
from pymux.compare.noise import governors


def machine() -> dict[str, str | int]:
    """Return name and value of what a reader needs to judge a number, in the order to show it."""
    bounds = limits()
    return {
        "pymux": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "kernel": f"Linux {bounds.kernel} {platform.machine()}",
        "libc": bounds.libc,
        "cpu": _cpu(),
        "cpus": len(os.sched_getaffinity(0)),
        "virtual": _virtual(),
        "governor": ", ".join(sorted(governors())) or "none",
        "mitigations": _mitigations(),
        "nofile_soft": bounds.nofile_soft,
        "nofile_hard": bounds.nofile_hard,
    }


def _virtual() -> str:
    """Return whether a hypervisor says that it is one; arm64 has no such flag."""
    with open("/proc/cpuinfo") as file:
        return "yes" if "hypervisor" in file.read().split() else "not seen"


def _mitigations() -> str:
    """Return which of the processor's known weaknesses the kernel mitigates, or that it mitigates none."""
    found = {}
    for path in Path("/sys/devices/system/cpu/vulnerabilities").glob("*"):
        with suppress(OSError):
            found[path.name] = path.read_text().strip()
    mitigated = sorted(name for name, text in found.items() if text.startswith("Mitigation"))
    open_ = sorted(name for name, text in found.items() if text.startswith("Vulnerable"))
    return "; ".join(
        f"{words}: {', '.join(names)}" for words, names in (("on", mitigated), ("off", open_)) if names
    ) or ("none needed" if found else "not shown")


def _cpu() -> str:
    """Return the processor's name as /proc/cpuinfo has it; arm64 gives none there."""
    with open("/proc/cpuinfo") as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()
