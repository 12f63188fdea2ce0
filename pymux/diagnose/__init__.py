"""Floor 3: name the fault in any program's event loop, from its system calls.

`sources` and `strace` turn a log into calls, `world` follows what they do to descriptors and where each wait
led, `rules` has a file for each fault, and `diagnosis` puts them together.
"""
