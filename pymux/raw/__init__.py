"""Floor 1: the system calls as the kernel has them, their buffers, flags, errnos and limits."""

import sys

# A subinterpreter with its own GIL refuses cffi's backend and our module with an ImportError. CPython 3.12
# runs their initialization before it refuses them, and then the main interpreter's own import aborts in
# free(3); 3.13 does not. Such subinterpreters alone forbid daemon threads.
if sys.version_info[:2] == (3, 12):
    from _thread import daemon_threads_allowed

    if not daemon_threads_allowed():
        raise ImportError("pymux does not support loading in subinterpreters with their own GIL")
