"""Fixtures: what a test opens, changes or starts is put back, also where it fails; a leak is a failure."""

from __future__ import annotations

import contextlib
import mmap
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from errno import ENOSYS
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest
from support.blocked import task, until_gone
from support.deadline import WATCHDOG_S, until
from support.site import built
from support.waiters import WAITERS, lacks

import pymux
from pymux._ffi import ffi
from pymux.labs.kit.lab import labs
from pymux.labs.kit.runs import Run, planned
from pymux.raw.limits import CALLS
from pymux.raw.made_by import MADE_BY

# Its deadline of 200 ms for an example is a clock's, which a busy machine exceeds.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")

Opened = TypeVar("Opened", int, socket.socket, mmap.mmap)


def _descriptors() -> dict[str, str]:
    found = {}
    for fd in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # the one that listed the directory
            found[fd] = os.readlink(f"/proc/self/fd/{fd}")
    return found


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def pytest_configure() -> None:
    """Handle Ctrl-C where it is ignored, as for a command behind `&`, and leave the user's state alone.

    Programs inherit an ignored signal: a test that interrupts one would wait for ever.
    """
    os.environ["XDG_STATE_HOME"] = os.devnull
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip each case whose id names a call that this kernel or C library lacks."""
    absent = {waiter.name for waiter in WAITERS if lacks(waiter)}
    for item in items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            for name in absent.intersection(item.callspec.id.replace("libc ", "libc.").split("-")):
                item.add_marker(pytest.mark.skip(reason=f"{name} is ENOSYS here"))


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """Fail a test that leaves a descriptor, a child process or a thread behind."""
    before = _descriptors(), set(threading.enumerate()), _has_children()
    yield
    after = _descriptors(), set(threading.enumerate()), _has_children()
    assert after == before, "the test left descriptors, threads or children behind"


@pytest.fixture(autouse=True)
def put_back(nothing_leaks: None) -> Iterator[None]:
    """Restore what a test may change in its process: the limit, the signal mask, handlers and the timer."""
    signals = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    handlers = [signal.getsignal(number) for number in signals]
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    for number, handler in zip(signals, handlers, strict=True):
        signal.signal(number, handler)
    resource.setrlimit(resource.RLIMIT_NOFILE, limit)


class Keep:
    """Closes at the end of the test what it was given, unless the test has closed it."""

    def __init__(self) -> None:
        self._opened: list[int | socket.socket | mmap.mmap] = []

    def __call__(self, opened: Opened) -> Opened:
        self._opened.append(opened)
        return opened

    def pipe(self) -> tuple[int, int]:
        reader, writer = os.pipe()
        return self(reader), self(writer)

    def ready_pipe(self) -> tuple[int, int]:
        reader, writer = self.pipe()
        os.write(writer, b"x")
        return reader, writer

    def epoll(self, *readers: int, events: int = pymux.EPOLLIN) -> int:
        epfd = self(pymux.epoll_create1(pymux.EPOLL_CLOEXEC))
        for reader in readers:
            pymux.epoll_ctl(epfd, pymux.EPOLL_CTL_ADD, reader, events)
        return epfd

    def dup(self, fd: int) -> int:
        """Return another number for the same open file description."""
        return self(os.dup(fd))

    def socketpair(self, kind: socket.SocketKind = socket.SOCK_STREAM) -> tuple[socket.socket, socket.socket]:
        left, right = socket.socketpair(socket.AF_UNIX, kind)
        return self(left), self(right)

    def tcp(self) -> tuple[socket.socket, socket.socket]:
        """Return (client, server) of a TCP connection over loopback."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = self(socket.create_connection(listener.getsockname()))
            server, _ = listener.accept()
        return client, self(server)

    def closed(self) -> int:
        """Return a number that is no open descriptor."""
        fd = os.open("/dev/null", os.O_RDONLY)
        os.close(fd)
        return fd

    def page(self, protection: int) -> int:
        """Return the address of a page of memory: PROT_READ alone, or 0 for none at all."""
        page = self(mmap.mmap(-1, mmap.PAGESIZE, prot=protection))
        return int(ffi.cast("uintptr_t", ffi.from_buffer(page)))

    def close(self) -> None:
        for opened in self._opened:
            if isinstance(opened, int):
                with contextlib.suppress(OSError):
                    os.close(opened)
            else:
                opened.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Skip a test of a call that this kernel does not answer: epoll_pwait2 before Linux 5.11, or emulated."""
    try:
        return (yield)
    except OSError as error:
        lacking = {*CALLS} - pymux.capabilities() - MADE_BY.keys()
        if error.errno == ENOSYS and lacking:
            pytest.skip(f"this kernel does not answer {', '.join(sorted(lacking))}")
        raise


@pytest.fixture
def keep(nothing_leaks: None) -> Iterator[Keep]:
    """Open pipes and epolls that are closed at the end, and keep what else is given."""
    kept = Keep()
    yield kept
    kept.close()


def until_blocked(thread: threading.Thread, gone: Callable[[], bool] = lambda: False) -> None:
    """Return once `thread` waits in the kernel's select, poll or epoll: proc(5), wchan."""
    path = Path(f"/proc/self/task/{thread.native_id}/wchan")

    def is_blocked() -> bool:
        assert not gone(), "the call returned before it waited"
        return "poll" in path.read_text()

    until(is_blocked, "a thread blocks in select, poll or epoll_wait")


class Running:
    """A function that runs in a thread of its own."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._outcome: Future[Any] = Future()
        self._thread = threading.Thread(target=self._run, args=(function, *arguments))
        self._thread.start()

    def _run(self, function: Callable[..., Any], *arguments: Any) -> None:
        try:
            self._outcome.set_result(function(*arguments))
        except BaseException as error:
            self._outcome.set_exception(error)

    def until_blocked(self) -> None:
        until_blocked(self._thread, self._outcome.done)

    def done(self) -> bool:
        return self._outcome.done()

    def result(self) -> Any:
        self.join()
        return self._outcome.result()

    def join(self) -> None:
        self._thread.join(WATCHDOG_S)
        assert not self._thread.is_alive(), f"a thread did not end within {WATCHDOG_S:g} s"
        until_gone(task(self._thread.native_id))


@pytest.fixture
def in_thread(keep: Keep) -> Iterator[Callable[..., Running]]:
    """Run functions in threads, which are joined at the end."""
    running: list[Running] = []

    def start(function: Callable[..., Any], *arguments: Any) -> Running:
        running.append(Running(function, *arguments))
        return running[-1]

    yield start
    for each in running:
        each.join()


@pytest.fixture
def interrupted(in_thread: Callable[..., Running]) -> Callable[..., Any]:
    """Call a function here, in the main thread, and send it SIGUSR1 once it waits in the kernel."""

    def call(function: Callable[[], Any], handler: Callable[..., None] = lambda *_: None) -> Any:
        signal.signal(signal.SIGUSR1, handler)
        main, returned = threading.main_thread(), threading.Event()

        def send() -> None:
            until_blocked(main, returned.is_set)
            signal.pthread_kill(main.ident or 0, signal.SIGUSR1)

        sender = in_thread(send)
        try:
            outcome = function()
        finally:
            returned.set()
            sender.join()
        sender.result()
        return outcome

    return call


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program text in a fresh interpreter, outside the checkout, optionally behind another command."""

    def run(text: str, *before: str) -> subprocess.CompletedProcess[str]:
        command = [*before, sys.executable, "-c", text]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=WATCHDOG_S
        )

    return run


@pytest.fixture(scope="session")
def strace() -> str:
    """Return Debian's strace, or skip where it is missing or may not trace."""
    path = shutil.which("strace")
    if path is None:
        pytest.skip("strace is not installed")
    if subprocess.run([path, "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace processes here")
    return path


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The source tree that the tests belong to; the pymux under test is the installed one."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def site(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation site, built; or skip where Sphinx is missing."""
    return built(checkout, tmp_path_factory.mktemp("docs") / "site")


@cache
def _ran(name: str) -> list[Run]:
    experiments = planned([labs()[name]])
    for ran in experiments:
        ran.complete()
    failed = [finding for ran in experiments for finding in ran.findings if finding.because == "failure"]
    assert not failed
    return experiments


@pytest.fixture(scope="session")
def run_lab() -> Callable[[str], list[Run]]:
    """Return what a lab showed when it was run, once in a session of tests."""
    return _ran


@pytest.fixture(scope="session")
def verdicts() -> Callable[[str], dict[str, str]]:
    """Return the verdicts of a lab by claim."""
    return lambda name: {finding.claim: finding.verdict for ran in _ran(name) for finding in ran.findings}
