"""`python -m pymux.servers`: one server in a process that holds nothing but it.

`pymux serve` becomes this process, so that neither the command line's libraries nor their imports
count in what is measured of a server.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import nullcontext
from dataclasses import asdict

from pymux.raw.limits import limits, raise_nofile
from pymux.servers.counted import counting
from pymux.servers.models import MODELS, MissingLibrary
from pymux.servers.service import Service
from pymux.streams import run_command


def main() -> None:
    """Print the port, serve until SIGTERM or SIGINT, and print the counts."""
    run_command(_run)


def _run() -> None:
    parser = argparse.ArgumentParser(prog="pymux serve", description=__doc__)
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--grace", type=float, default=5.0)
    parser.add_argument("--calls", action="store_true")
    options = parser.parse_args()
    raise_nofile(max(0, limits().nofile_hard))
    try:
        serve = MODELS[options.model].load()
        service = Service(options.host, options.port, workers=options.workers, grace_s=options.grace)
    except (MissingLibrary, OSError) as error:
        sys.exit(f"pymux serve: {error}")
    print(service.port, flush=True)
    with counting(service) if options.calls else nullcontext() as calls:
        serve(service)
    service.ended()
    counts = {"model": options.model, **asdict(service.counts)}
    print(json.dumps(counts if calls is None else {**counts, "calls": calls}), flush=True)


if __name__ == "__main__":
    main()
