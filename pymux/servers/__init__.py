"""Floor 3: one echo server per model of concurrency, and the load that is put on them.

Every model is one short file with a function `serve(service)`; `models` lists them. What they share
is no part of any model: the listening socket, signals and counts (`service`), the blocking echo
(`blocking`), the echo that never blocks (`connection`), child processes (`processes`) and a loop that
keeps a handler for each descriptor (`loop`).
"""
