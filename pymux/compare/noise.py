"""What disturbs a measurement: looked for before it begins, and in its spread afterwards."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymux.compare.measure import Measurement

_LOOK_S = 0.2  # how long the CPUs are watched
_BUSY = 0.2  # of one CPU: as much as others may use without a warning
_STOLEN = 0.01  # of all CPU time
_SPREAD = 0.2  # of the median: as wide as the middle half may be
_CPUS = Path("/sys/devices/system/cpu")


def before() -> list[str]:
    """Return what will disturb a measurement that begins now: other load, stolen time, scaling, one CPU."""
    busy, stolen = _watched()
    warnings = []
    if busy > _BUSY:
        warnings.append(f"other processes use {busy:.1f} of {os.cpu_count()} CPUs")
    if stolen > _STOLEN:
        warnings.append(f"the hypervisor takes {stolen:.0%} of the CPU time (steal)")
    if scaling := governors() - {"performance"}:
        warnings.append(f"the CPU frequency may change (governor {', '.join(sorted(scaling))})")
    if len(os.sched_getaffinity(0)) == 1:
        warnings.append("this process may use one CPU only, and shares it with everything else there")
    return warnings


def after(measurements: Iterable[Measurement]) -> list[str]:
    """Return whether the samples spread so far that small differences mean nothing."""
    measured = list(measurements)
    wide = [each for each in measured if _spread(each) > _SPREAD]
    if not wide:
        return []
    worst = max(wide, key=_spread)
    return [
        f"the middle half is wider than {_SPREAD:.0%} of the median in {len(wide)} of {len(measured)} "
        f"measurements (most: {worst.label}, {worst.kind}, N = {worst.n:,}): repeat them on a quiet machine"
    ]


def _spread(each: Measurement) -> float:
    low, high = each.quartiles_us
    return (high - low) / each.kernel_us if each.kernel_us else 0.0


def _watched() -> tuple[float, float]:
    """Return how many CPUs are busy, and which share of all CPU time is stolen, while this process sleeps."""
    first = _cpu_times()
    time.sleep(_LOOK_S)
    spent = [now - then for now, then in zip(_cpu_times(), first, strict=True)]
    total = sum(spent) or 1
    idle, stolen = spent[3] + spent[4], spent[7]
    return (total - idle) / total * (os.cpu_count() or 1), stolen / total


def _cpu_times() -> list[int]:
    """Return user, nice, system, idle, iowait, irq, softirq and steal of /proc/stat (proc(5))."""
    with open("/proc/stat") as file:
        return [int(word) for word in file.readline().split()[1:9]]


def governors() -> set[str]:
    """Return the governors that choose the CPUs' frequencies, none where it is not scaled or not shown."""
    return {path.read_text().strip() for path in _CPUS.glob("cpu[0-9]*/cpufreq/scaling_governor")}
