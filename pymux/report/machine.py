"""What a result was measured on: the header of every file pymux writes."""

from __future__ import annotations

import os
import platform

from pymux import __version__, limits


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
        "nofile_soft": bounds.nofile_soft,
        "nofile_hard": bounds.nofile_hard,
    }


def _cpu() -> str:
    """Return the processor's name as /proc/cpuinfo has it; arm64 gives none there."""
    with open("/proc/cpuinfo") as file:
        names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()
