"""The calls of a log, followed: threads, processes and their descriptors, and what each wait led to.

A `Turn` begins where a wait returns and ends where the same thread waits for the same things again. It is
judged when the thread's next call shows how long that second wait took.
"""

from __future__ import annotations

from collections import deque
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from pymux.diagnose import grammar
from pymux.diagnose.descriptors import Description, Descriptor, Epoll, Op, Process, Watch
from pymux.diagnose.effects import ACCEPTS, ON_DESCRIPTORS, READS, WRITES, apply, epoll_of, note_annotation
from pymux.diagnose.strace import Attached, Exit, Gap, Signal
from pymux.diagnose.waits import EPOLL_WAITS, WAITS, Asked, blocked, read_wait, timed_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.strace import Item

SLEEPS = frozenset({"nanosleep", "clock_nanosleep", "pause", "rt_sigtimedwait", "rt_sigsuspend"})
_COUNTER = r"\1\0\0\0\0\0\0\0"
_FORKS = frozenset({"fork", "vfork", "clone", "clone3"})
_WORK = (
    frozenset(READS) | frozenset(WRITES) | ACCEPTS | {"openat", "open", "connect", "sendfile", "getdents64"}
)
_LARGEST_GUESS = 1 << 16  # data beyond is a pointer or a token, and no descriptor
_OPS_KEPT = 64
_INNER_KEPT = 1_000


class Report(NamedTuple):
    """One event that a wait returned."""

    watch: Watch
    events: int
    descriptor: Descriptor | None  # None: which one is not known
    stale: Watch | None  # the ended registration whose data this is


class Turn:
    """A wait that returned, and what was done until the thread waited again."""

    def __init__(self, thread: Thread, key: Any, wait: Call, asked: Asked, epoll: Epoll | None) -> None:
        self.thread = thread
        self.key = key
        self.wait = wait
        self.asked = asked
        self.epoll = epoll
        self.reports: list[Report] = []
        self.calls = 0  # made by this thread until it waited again
        self.slept = False
        self.worked = False  # something was read, written, accepted, opened
        self.ops: list[tuple[Descriptor, Op]] = []  # of this thread, the first few
        self.longest: Call | None = None
        self.sleep_call: Call | None = None  # a sleep, and how long it was for
        self.sleep_seconds = 0.0
        self.before_seq = 0  # where the wait before it began
        self.number = 0  # of the thread's turns with this key
        self.broken = False  # some of the log is missing in between
        self.next: Call | None = None  # the wait that ended the turn; None at the end of the log
        self.next_asked: Asked | None = None
        self.next_reports: list[Report] = []

    @property
    def pid(self) -> int | None:
        """The thread's number."""
        return self.thread.pid

    @property
    def blocked(self) -> bool | None:
        """Whether the wait itself blocked; None where the log does not show it."""
        return blocked(self.wait, self.asked)

    @property
    def next_blocked(self) -> bool | None:
        """Whether the wait after it blocked."""
        return blocked(self.next, self.next_asked) if self.next and self.next_asked else None

    @property
    def next_timed_out(self) -> bool:
        """Whether the wait after it returned nothing in all its time."""
        return bool(self.next and self.next_asked and timed_out(self.next, self.next_asked))

    def done(self, report: Report, *kinds: str) -> list[Op]:
        """Return what any thread did with a reported descriptor since, of these kinds or all."""
        if report.descriptor is None:
            return []
        ops = report.descriptor.since(self.wait.begin_seq)
        return [op for op in ops if op.kind in kinds] if kinds else ops

    def woken(self, report: Report) -> bool:
        """Whether a counter was written since the wait before, and this may be it under EPOLLET.

        Such an eventfd is written by one thread to wake another, which never reads it.
        """
        return not report.watch.known and self.thread.world.counted > self.before_seq

    def untouched(self, report: Report) -> bool:
        """Whether nothing at all was done about a report, as far as the log shows."""
        if self.done(report):
            return False
        fd = report.watch.fd
        if report.descriptor is None or not report.watch.known:
            known = {other.watch.fd for other in self.reports} - {fd if report.descriptor is None else None}
            if any(descriptor.fd not in known for descriptor, op in self.ops if op.kind != "ctl"):
                return False  # it may have been this one
        world = self.thread.world
        if fd is None:
            return not self.worked
        seq, process = world.touched.get(fd, (0, None))
        return seq <= self.wait.begin_seq or process is self.thread.process


class Thread:
    """One thread: its process, its open turns, its last call."""

    def __init__(self, world: World, pid: int | None, process: Process) -> None:
        self.world = world
        self.pid = pid
        self.began = world.seq  # where its first call is
        self.process = process
        self.turns: dict[Any, Turn] = {}
        self.judging: list[Turn] = []  # whose second wait has just returned
        self.last: Call | None = None
        self.wait: Call | None = None  # the last wait
        self.signal: Signal | None = None
        self.notes: dict[Any, Any] = {}
        self.calls = 0


class World:
    """Follows the items of a log; yields what rules look at: turns, calls, ends."""

    def __init__(self, sees_all: bool = True, unfiltered: bool = False) -> None:
        self.unfiltered = unfiltered  # strace is known to have shown every call
        self.sees_all = sees_all  # False: the source shows waits and registrations alone
        self.threads: dict[int | None, Thread] = {}
        self.names: dict[str, int] = {}
        self.touched: dict[int, tuple[int, Process]] = {}  # by strangers to each other, which may be threads
        self.notes: dict[Any, Any] = {}
        self._other = False
        self.gaps = 0
        self.counted = -1  # where a counter of 8 bytes was last written
        self.first: float | None = None
        self.last: float | None = None
        self.seq = 0
        self._children: dict[int, Process] = {}  # of clone, before their first call
        # The same where clone returned the number that the child has in a PID namespace: the log has another.
        self._inner: deque[Process] = deque(maxlen=_INNER_KEPT)
        self._group: Process | None = None
        self._group_left = 0

    @property
    def shows_all(self) -> bool:
        """Whether a call that is not in the log was not made, as far as can be known.

        A filter of strace (-e trace=…) keeps calls on descriptors, of the network or of epoll: what is of
        neither kind shows that there was none.
        """
        return self.unfiltered or (self.sees_all and self._other)

    def registers(self, turn: Turn) -> bool:
        """Whether the log shows registrations with the epoll of a turn: what is not there was not made."""
        return turn.epoll is not None and bool(turn.epoll.watches)

    def follow(self, item: Item) -> Iterator[Turn | Call | Exit | Signal]:
        """Take one item; yield what it completes, before and after."""
        if isinstance(item, Signal):
            self.thread(item.pid).signal = item
            yield item
        elif isinstance(item, Exit):
            thread = self.thread(item.pid)
            yield from self._judge(thread)
            yield item
            self._ended(thread)
        elif isinstance(item, Attached):
            self._attached(item)
        elif isinstance(item, Gap):
            self.gaps += 1
            for thread in self.threads.values():
                for turn in thread.turns.values():
                    turn.broken = True
        else:
            yield from self._call(item)

    def finish(self) -> Iterator[Turn]:
        """Yield the turns that the end of the log leaves open."""
        for thread in self.threads.values():
            yield from self._judge(thread)
            yield from thread.turns.values()

    def thread(self, pid: int | None) -> Thread:
        """Return a thread; one that was never seen begins here."""
        found = self.threads.get(pid)
        if found:
            return found
        main = self.threads.get(None)
        if main is not None and main.pid is None and pid not in self._children:
            # strace writes no pid while there is one process: this is the one.
            main.pid = main.process.pid = pid
            self.threads[pid] = main
            return main
        return self._new(pid)

    def _new(self, pid: int | None) -> Thread:
        if pid is not None and pid in self._children:
            process = self._children.pop(pid)
        elif self._inner:
            process = self._inner.popleft()
        elif self._group is not None and self._group_left > 0:
            process, self._group_left = self._group, self._group_left - 1
        else:
            process = Process(pid)
        thread = self.threads[pid] = Thread(self, pid, process)
        return thread

    def _attached(self, item: Attached) -> None:
        if not self.threads and item.threads < 2:
            return  # by -p: its lines may be without a pid
        thread = self.threads.get(item.pid) or self._new(item.pid)
        if item.threads > 1:
            self._group, self._group_left = thread.process, item.threads - 1

    def _ended(self, thread: Thread) -> None:
        for pid in [pid for pid, other in self.threads.items() if other is thread]:
            del self.threads[pid]
        if not any(other.process is thread.process for other in self.threads.values()):
            thread.process.end()

    def _judge(self, thread: Thread) -> Iterator[Turn]:
        turns, thread.judging = thread.judging, []
        yield from turns

    def _call(self, call: Call) -> Iterator[Turn | Call]:
        self.seq = call.seq
        name = call.name
        seen = self.names.get(name, 0)
        self.names[name] = seen + 1
        if not seen and name not in ON_DESCRIPTORS and not name.startswith("epoll_"):
            self._other = True
        thread = self.thread(call.pid)
        self._clock(thread, call)
        yield from self._judge(thread)
        self._annotations(call, thread.process)
        if name in _FORKS:
            self._fork(call, thread)
        elif name == "execve" and call.result == 0:
            thread.process.exec(call)
        elif name in WAITS:
            self._wait(call, thread)
        else:
            self._apply(call, thread)
        thread.last = call
        thread.calls += 1
        yield call

    def _clock(self, thread: Thread, call: Call) -> None:
        last = thread.last
        if call.start is None:
            return
        self.first = call.start if self.first is None else self.first
        self.last = call.end or call.start
        if last is not None and last.start is not None and (last.end is None or last.duration is None):
            if last.end is None:
                last.end = call.start
            self._longest(thread, last)

    def _apply(self, call: Call, thread: Thread) -> None:
        descriptor = apply(call, thread.process, call.seq)
        op = descriptor.ops[-1] if descriptor and descriptor.ops else None
        if op is not None and (op.seq != call.seq or op.call is not call):
            op = None
        if op is not None and descriptor is not None and thread.process.stranger:
            self.touched[descriptor.fd] = (call.seq, thread.process)
        if call.name == "write" and call.result == 8 and _COUNTER in call.text:
            self.counted = call.seq
        slept = call.name in SLEEPS or (call.name == "futex" and "FUTEX_WAIT" in call.text)
        worked = call.name in _WORK and call.result is not None and call.result > 0
        seconds = _sleep(call) if call.name in SLEEPS else 0.0
        for turn in thread.turns.values():
            if seconds > turn.sleep_seconds:
                turn.sleep_call, turn.sleep_seconds = call, seconds
            turn.calls += 1
            turn.slept = turn.slept or slept
            turn.worked = turn.worked or worked
            if op is not None and descriptor is not None and len(turn.ops) < _OPS_KEPT:
                turn.ops.append((descriptor, op))
        self._longest(thread, call)

    def _longest(self, thread: Thread, call: Call) -> None:
        if call.took is None or call.name in EPOLL_WAITS:
            return
        for turn in thread.turns.values():
            if turn.wait is call:
                continue
            if turn.longest is None or call.took > (turn.longest.took or 0):
                turn.longest = call

    def _annotations(self, call: Call, process: Process) -> None:
        first = call.text[:12]
        if "<" in first and first[:1].isdigit() and call.fd is not None and call.name != "close":
            note_annotation(process.get(call.fd).description, grammar.annotation(call.arg(0)))

    def _fork(self, call: Call, thread: Thread) -> None:
        if call.result is None or call.result <= 0:
            return
        shared = "CLONE_FILES" in call.text or "CLONE_THREAD" in call.text
        inner = call.pid is not None and call.result < call.pid and call.result not in self.threads
        existing = self._newcomer(call) if inner else self.threads.get(call.result)
        if existing:  # its first calls came before clone returned
            if shared and existing.process is not thread.process:
                existing.process = thread.process
            elif not shared and existing.process.stranger:
                own = existing.process.table
                existing.process.table = {**thread.process.fork(call.result).table, **own}
                existing.process.stranger = False
            return
        child = thread.process if shared else thread.process.fork(call.result)
        if inner:
            self._inner.append(child)
        else:
            self._children[call.result] = child

    def _newcomer(self, clone: Call) -> Thread | None:
        """Return the first thread of unknown origin that began while `clone` was under way."""
        newest_first = reversed(self.threads.values())
        since = takewhile(lambda thread: thread.began > clone.begin_seq, newest_first)
        strangers = [thread for thread in since if thread.process.stranger]
        return strangers[-1] if strangers else None

    # -- waits

    def _wait(self, call: Call, thread: Thread) -> None:
        asked = read_wait(call)
        epoll = None
        key: Any = "poll"
        if call.name in EPOLL_WAITS:
            epfd = call.fd
            if epfd is None:
                previous = next((turn for turn in thread.turns.values() if turn.epoll), None)
                epoll = previous.epoll if previous else thread.notes.setdefault("epoll", Epoll())
                key = id(epoll)
            else:
                epoll = epoll_of(thread.process, epfd)
                key = id(epoll)
        turn = Turn(thread, key, call, asked, epoll)
        if call.result is not None and call.result > 0:
            turn.reports = [self._report(thread, epoll, data, events) for data, events in asked.reported]
        for fd, _, path in asked.entries:
            if path:
                note_annotation(thread.process.get(fd).description, path)
        for other in thread.turns.values():
            if other.key != key:
                other.calls += 1
                other.slept = other.slept or (asked.timeout is not None and asked.timeout > 0)
        previous = thread.turns.get(key)
        if previous:
            turn.number = previous.number + 1
            turn.before_seq = previous.wait.begin_seq
            previous.next, previous.next_asked, previous.next_reports = call, asked, turn.reports
            thread.judging.append(previous)
        thread.turns[key] = turn
        thread.wait = call

    def _report(self, thread: Thread, epoll: Epoll | None, data: int | None, events: int) -> Report:
        process = thread.process
        if epoll is None:
            assert data is not None
            descriptor = process.get(data)
            watch = descriptor.notes.setdefault("poll", Watch(data, 0, data))
            watch.known = True
            return Report(watch, events, descriptor, None)
        live = epoll.by_data.get(data, []) if data is not None else []
        if len(live) == 1:
            watch = live[0]
            stale = epoll.tombs.get(watch.data or 0) if watch.closed else None
            if watch.one_shot:
                watch.disabled = True
            return Report(watch, events, self._holder(process, watch), stale)
        if not live and data is not None and data in epoll.tombs:
            tomb = epoll.tombs[data]
            return Report(tomb, events, self._holder(process, tomb), tomb)
        watch = epoll.unknown.get(data) or self._guess(process, epoll, data, ambiguous=bool(live))
        return Report(watch, events, process.get(watch.fd) if watch.fd is not None else None, None)

    def _holder(self, process: Process, watch: Watch) -> Descriptor | None:
        found = process.table.get(watch.fd) if watch.fd is not None else None
        return found if found and found.description is watch.description else None

    def _guess(self, process: Process, epoll: Epoll, data: int | None, ambiguous: bool) -> Watch:
        """Return a registration for data that the log does not register: mostly it is the number."""
        number = None if data is None else data & 0xFFFFFFFF
        fd = None
        if (
            number is not None
            and number < _LARGEST_GUESS
            and not ambiguous
            and (number > 2 or number in process.table)
        ):
            fd = number
        watch = Watch(fd, 0, data, epoll)
        epoll.remember(data, watch)
        return watch


def _sleep(call: Call) -> float:
    """Return the seconds that a sleep which was not interrupted asked for."""
    if call.failed or "TIMER_ABSTIME" in call.text:
        return 0.0
    return grammar.seconds(call.arg(2 if call.name == "clock_nanosleep" else 0), 10**9) or 0.0


def describe(report_or_descriptor: Descriptor | None, watch: Watch | None = None) -> str:
    """Return what a descriptor is, in a few words: "TCP connection, EPOLLET"."""
    parts = []
    description: Description | None = None
    if report_or_descriptor is not None:
        description = report_or_descriptor.description
    elif watch is not None:
        description = watch.description
    if description is not None and description.kind:
        kind = description.kind
        if kind in ("connection", "listener", "socket") and description.name:
            kind = f"{description.name} {kind}"
        parts.append(kind)
    if watch is not None:
        parts += [name for name, has in (("EPOLLET", watch.edge), ("EPOLLONESHOT", watch.one_shot)) if has]
    return ", ".join(parts) or "descriptor"
