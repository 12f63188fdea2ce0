"""What a server costs while it runs, as /proc has it (proc(5)): its process and all its descendants."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Footprint:
    """Sums over all processes of a server. Memory is PSS: a page shared by n processes counts 1/n in each.

    What the kernel holds for sockets is in no process's memory.
    """

    processes: int = 0
    threads: int = 0
    descriptors: int = 0
    pss_kib: int = 0
    cpu_s: float = 0.0  # of processes that live; children that have ended count in their parent
    switches: int = 0  # voluntary: a thread had to wait
    preemptions: int = 0  # involuntary: a thread had to make way

    def since(self, before: Footprint) -> Footprint:
        """Return the difference to an earlier footprint."""
        return Footprint(**{name: value - vars(before)[name] for name, value in vars(self).items()})


def footprint(*pids: int) -> Footprint:
    """Return the footprint of processes and their descendants now; one that ends meanwhile is left out."""
    total = Footprint()
    for pid in family(*pids):
        with suppress(FileNotFoundError, ProcessLookupError):
            _add(total, f"/proc/{pid}")
    return total


def family(*pids: int) -> list[int]:
    """Return processes and all their descendants."""
    found = list(pids)
    for pid in found:
        with suppress(FileNotFoundError, ProcessLookupError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children") as file:
                    found += map(int, file.read().split())
    return found


def kill_family(*pids: int) -> None:
    """Kill processes and all their descendants, these first."""
    for pid in reversed(family(*pids)):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def available_kib() -> int:
    """Return how much memory the machine could still give (MemAvailable)."""
    return _fields("/proc/meminfo")["MemAvailable"]


def _add(total: Footprint, process: str) -> None:
    pss_kib = _fields(f"{process}/smaps_rollup")["Pss"]
    with open(f"{process}/stat") as file:
        after_name = file.read().rpartition(")")[2].split()  # the name may hold blanks and brackets
    total.cpu_s += sum(int(ticks) for ticks in after_name[11:15]) / _TICKS  # utime stime cutime cstime
    total.processes += 1
    total.descriptors += len(os.listdir(f"{process}/fd"))
    total.pss_kib += pss_kib
    for thread in os.listdir(f"{process}/task"):
        with suppress(FileNotFoundError, ProcessLookupError):
            status = _fields(f"{process}/task/{thread}/status")
            total.threads += 1
            total.switches += status["voluntary_ctxt_switches"]
            total.preemptions += status["nonvoluntary_ctxt_switches"]


def _fields(path: str) -> dict[str, int]:
    """Return the lines of the form `name: number …`."""
    with open(path) as file:
        lines = (line.split() for line in file)
        return {
            words[0].rstrip(":"): int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()
        }
