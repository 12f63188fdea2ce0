"""Floor 1: the system calls as the kernel has them, their buffers, flags, errnos and limits."""
