"""Servers of others and pymux's own, under strace and a light load: none may be accused of anything.

    python tests/diagnose/real_servers.py [NAME…]

Prints each with its findings, or why it was left out; the exit status is the number of those accused.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from pymux.diagnose.diagnosis import diagnose
from pymux.diagnose.sources import read_files
from pymux.diagnose.strace import Reading
from pymux.servers.models import MODELS

_HTTP = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
_CLIENTS, _REQUESTS = 6, 10


class Server(NamedTuple):
    """How to start one, and what to ask it."""

    needs: str  # a command, or "python:module"
    command: Callable[[Path, int], list[str]]
    request: bytes = _HTTP


def _nginx(folder: Path, port: int) -> list[str]:
    config = folder / "nginx.conf"
    (folder / "index.html").write_text("hello\n" * 2000)
    config.write_text(
        f"daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/error;\n"
        "events { worker_connections 64; }\n"
        f"http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};\n"
        f"fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    folder.chmod(0o755)
    return [_path("nginx"), "-e", f"{folder}/error", "-c", str(config)]


def _haproxy(folder: Path, port: int) -> list[str]:
    config = folder / "haproxy.cfg"
    config.write_text(
        "defaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 1s\n"
        f"frontend f\n bind 127.0.0.1:{port}\n"
        " http-request return status 200 content-type text/plain string hello\n"
    )
    return [_path("haproxy"), "-db", "-f", str(config)]


def _lighttpd(folder: Path, port: int) -> list[str]:
    config = folder / "lighttpd.conf"
    (folder / "index.html").write_text("hello\n" * 2000)
    config.write_text(
        f'server.document-root = "{folder}"\nserver.port = {port}\nserver.bind = "127.0.0.1"\n'
        'index-file.names = ("index.html")\n'
    )
    return [_path("lighttpd"), "-D", "-f", str(config)]


def _node(folder: Path, port: int) -> list[str]:
    script = folder / "server.js"
    script.write_text(
        f"require('http').createServer((q, s) => s.end('hello'.repeat(100))).listen({port}, '127.0.0.1')\n"
    )
    return ["node", str(script)]


def _uvicorn(folder: Path, port: int) -> list[str]:
    (folder / "app.py").write_text(
        "async def app(scope, receive, send):\n"
        "    if scope['type'] != 'http':\n        return\n"
        "    headers = [(b'content-length', b'5')]\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})\n"
        "    await send({'type': 'http.response.body', 'body': b'hello'})\n"
    )
    return [
        *(sys.executable, "-m", "uvicorn", "--loop", "uvloop", "--app-dir", str(folder)),
        *("--port", str(port), "--lifespan", "off", "app:app"),
    ]


def _uvicorn_asyncio(folder: Path, port: int) -> list[str]:
    return ["asyncio" if word == "uvloop" else word for word in _uvicorn(folder, port)]


def _aiohttp(folder: Path, port: int) -> list[str]:
    script = folder / "server.py"
    script.write_text(
        "from aiohttp import web\n"
        "async def hello(request):\n    return web.Response(text='hello')\n"
        "app = web.Application()\napp.router.add_get('/', hello)\n"
        f"web.run_app(app, host='127.0.0.1', port={port}, print=None)\n"
    )
    return [sys.executable, str(script)]


def _gunicorn(folder: Path, port: int) -> list[str]:
    (folder / "wsgi.py").write_text(
        "def app(environ, start):\n    start('200 OK', [('Content-Length', '5')])\n    return [b'hello']\n"
    )
    return [
        *(sys.executable, "-m", "gunicorn", "-k", "gevent", "-w", "2", "--chdir", str(folder)),
        *("-b", f"127.0.0.1:{port}", "wsgi:app"),
    ]


SERVERS = {
    "nginx": Server("nginx", _nginx),
    "redis": Server(
        "redis-server",
        lambda folder, port: ["redis-server", "--port", str(port), "--dir", str(folder), "--save", ""],
        b"*1\r\n$4\r\nPING\r\n",
    ),
    "memcached": Server(
        "memcached",
        lambda _, port: ["memcached", "-l", "127.0.0.1", "-p", str(port), "-u", "nobody"],
        b"set k 0 0 5\r\nhello\r\nget k\r\n",
    ),
    "haproxy": Server("haproxy", _haproxy),
    "lighttpd": Server("lighttpd", _lighttpd),
    "node": Server("node", _node),
    "uvicorn-uvloop": Server("python:uvicorn", _uvicorn),
    "uvicorn-asyncio": Server("python:uvicorn", _uvicorn_asyncio),
    "aiohttp": Server("python:aiohttp", _aiohttp),
    "gunicorn-gevent": Server("python:gunicorn", _gunicorn),
}


def _pymux(model: str) -> Server:
    def command(_folder: Path, port: int) -> list[str]:
        pymux = Path(sys.executable).parent / "pymux"
        return [str(pymux), "serve", "--model", model, "--port", str(port), "--workers", "2", "--grace", "1"]

    return Server("python:pymux", command, b"hello")


SERVERS |= {f"pymux-{model}": _pymux(model) for model in MODELS}


def _path(name: str) -> str:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin") or name


def missing(server: Server) -> str:
    """Return why a server cannot be run here, or ""."""
    kind, _, module = server.needs.partition(":")
    if module:
        return "" if find_spec(module) else f"{module} is not installed"
    return "" if os.path.isabs(_path(kind)) else f"{kind} is not installed"


def trace(name: str, server: Server, log: Path, *options: str) -> None:
    """Run a server under strace, with a light load, and end it."""
    with tempfile.TemporaryDirectory(prefix="pymux-server-") as folder:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        command = server.command(Path(folder), port)
        process = subprocess.Popen(
            ["strace", "-f", *options, "-o", str(log), *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _load(port, server.request)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _load(port: int, request: bytes) -> None:
    _connect(port).close()
    clients = [threading.Thread(target=_client, args=(port, request)) for _ in range(_CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()


def _connect(port: int) -> socket.socket:
    end = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=10)
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def _client(port: int, request: bytes) -> None:
    with contextlib.suppress(OSError), _connect(port) as client:
        for _ in range(_REQUESTS):
            client.sendall(request)
            client.recv(65536)
            time.sleep(0.01)


def main(names: list[str]) -> int:
    """Run them; return how many were accused of something."""
    accused = 0
    for name in names or list(SERVERS):
        server = SERVERS[name]
        if why := missing(server):
            print(f"{name:18} left out: {why}")
            continue
        with tempfile.TemporaryDirectory(prefix="pymux-log-") as folder:
            log = Path(os.environ.get("KEEP_LOGS", folder)) / f"{name}.strace"
            trace(name, server, log, "-ttt", "-T", "-yy")
            reading = Reading()
            diagnosis = diagnose(read_files([log], reading), name, reading)
        wrong = [finding for finding in diagnosis.findings if finding.certainty != "hint"]
        accused += bool(wrong)
        hints = len(diagnosis.findings) - len(wrong)
        counts = f"{diagnosis.calls:7,} calls {diagnosis.waits:6,} waits"
        print(f"{name:18} {counts}  {hints} hints, {len(wrong)} accusations")
        for finding in wrong:
            print("    ", finding.fault.name, finding.certainty, finding.fd, finding.what, finding.lines)
    return accused


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
