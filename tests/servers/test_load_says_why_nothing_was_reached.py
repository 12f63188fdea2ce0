"""`pymux load` where no server is, and where no host is: exit code and one sentence that say which."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

PYMUX = str(Path(sys.executable).with_name("pymux"))


def load(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `pymux load` with three connections."""
    command = [PYMUX, "load", "--connections", "3", "--json", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_no_server(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = load(tmp_path, "--port", str(port))
    assert done.returncode == 1
    assert f"pymux load: no connection to 127.0.0.1, port {port}: ECONNREFUSED" in done.stderr
    assert json.loads(done.stdout)["errors"] == {"ECONNREFUSED": 3}


def test_no_host(tmp_path: Path) -> None:
    done = load(tmp_path, "--host", "256.256.256.256", "--port", "1")
    assert done.returncode == 1
    assert done.stderr.startswith("pymux load: 256.256.256.256: ")
    assert len(done.stderr.splitlines()) == 1


def test_no_process_of_the_server(tmp_path: Path) -> None:
    beyond = str(2**22 + 1)  # PID_MAX_LIMIT of linux/threads.h is 2**22
    refused = load(tmp_path, "--port", "1", "--server-pid", beyond)
    assert refused.returncode == 2
    assert f"there is no process {beyond}" in refused.stderr
