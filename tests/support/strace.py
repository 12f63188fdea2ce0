"""What newer releases of strace write differently."""

import re

_IOCTLS = {"G": "_IOC(_IOC_READ, 0x8a, 0x2, 0x8)", "S": "_IOC(_IOC_WRITE, 0x8a, 0x1, 0x8)"}


def as_before_6_2(line: str) -> str:
    """Return a line as strace 6.1 writes it: newer ones write data=0x4, and know epoll's two ioctls.

    They also leave a blank before the comma where a call was resumed.
    """
    line = line.replace(" , ", ", ")
    line = re.sub(r"data=(0x\w+|0)(?=})", lambda found: _union(int(found[1], 0)), line)
    return re.sub(r"EPIOC(.)PARAMS, (\{[^}]*\}|\w+)", lambda found: f"{_IOCTLS[found[1]]}, 0x0", line)


def _union(data: int) -> str:
    return f"data={{u32={data & 0xFFFFFFFF}, u64={data}}}"
