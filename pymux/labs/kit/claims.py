"""What the tutorial that pymux started from says, C01 to C40, and where to read about each claim."""

from pymux.labs.kit.model import Claim

_BANGA = "Banga, Mogul and Druschel 1999 https://www.usenix.org/legacy/event/usenix99/banga.html"
_GAMMO = "Gammo et al. 2004 https://www.kernel.org/doc/ols/2004/ols2004v1-pages-215-226.pdf"
_SELECT = "Python, select https://docs.python.org/3/library/select.html"
_SELECTORS = "Python, selectors https://docs.python.org/3/library/selectors.html"
_C10K = "Kegel, The C10K problem http://www.kegel.com/c10k.html"
_MULTIPROCESSING = "Python, multiprocessing https://docs.python.org/3/library/multiprocessing.html"
_GREENLET = "greenlet https://greenlet.readthedocs.io/"
_GEVENT = "gevent https://www.gevent.org/"

_CLAIMS = (
    Claim(
        "C01",
        "select watches an array of descriptors; when it returns, the kernel has changed the marks of"
        " the ready ones",
        ("select(2)",),
    ),
    Claim("C02", "select's advantage is that it works on every platform", ("select(2)",)),
    Claim("C03", "the number of descriptors one process can watch with select has a maximum", ("select(2)",)),
    Claim(
        "C04",
        "the cost of copying select's descriptor data grows linearly with the number of descriptors",
        ("select(2)", _BANGA),
    ),
    Claim(
        "C05", "select scans all sockets linearly on every call, so inactive connections cost time", (_BANGA,)
    ),
    Claim(
        "C06", "poll is in essence the same as select, without a maximum number of descriptors", ("poll(2)",)
    ),
    Claim(
        "C07",
        "poll's whole array is copied between user and kernel space, ready or not, at a linearly "
        "growing cost",
        ("poll(2)", _BANGA),
    ),
    Claim(
        "C08",
        "what select and poll reported and the program did not handle is reported again next time, so"
        " nothing is lost (level triggered)",
        ("select(2)", "poll(2)", "epoll(7)"),
    ),
    Claim("C09", "epoll does both level and edge triggering", ("epoll(7)",)),
    Claim(
        "C10",
        "edge triggered: the process is told once, and if it does nothing it is not told again",
        ("epoll(7)",),
    ),
    Claim("C11", "edge triggering is in theory the faster of the two", ("epoll(7)", _GAMMO)),
    Claim("C12", "edge triggered code is considerably more complex", ("epoll(7)",)),
    Claim(
        "C13",
        "epoll_wait returns only how many are ready; the descriptors are taken in order from an array"
        " the caller named",
        ("epoll_wait(2)",),
    ),
    Claim(
        "C14",
        "epoll uses memory mapping (mmap), so descriptors are not copied during the system call at all",
        ("epoll(7)", "epoll_wait(2)"),
    ),
    Claim(
        "C15",
        "select and poll scan only when called; epoll registers once with epoll_ctl and a callback in"
        " the kernel activates the descriptor",
        ("epoll(7)", "epoll_ctl(2)"),
    ),
    Claim(
        "C16",
        "epoll_wait's cost does not grow with the number of watched descriptors",
        ("epoll(7)", _BANGA, _GAMMO),
    ),
    Claim(
        "C17",
        "Python's select watches sockets, open files and pipes: anything with fileno()",
        (_SELECT, "epoll_ctl(2)"),
    ),
    Claim(
        "C18",
        "watching many clients with select beats a long loop that polls each of them",
        ("select(2)", _BANGA),
    ),
    Claim("C19", "Python's selectors picks epoll by itself on Linux; Windows has only select", (_SELECTORS,)),
    Claim(
        "C20",
        "for few connections a select/epoll server is not necessarily faster than threads with "
        "blocking I/O, and its latency may be higher; its advantage is the number of connections",
        (_C10K,),
    ),
    Claim(
        "C21",
        "multiplexing needs two system calls (select, then recvfrom) where blocking I/O needs one",
        ("select(2)", "recv(2)"),
    ),
    Claim(
        "C22",
        "a multiplexing process is still blocked, by select rather than by the read; its sockets are "
        "set non-blocking",
        ("select(2)", "fcntl(2)"),
    ),
    Claim(
        "C23",
        "a read has two phases, waiting for the data and copying it into the process; blocking I/O "
        "blocks in both",
        ("read(2)",),
    ),
    Claim(
        "C24",
        "non-blocking I/O: the read returns an error at once when nothing is there, and the process "
        "keeps asking",
        ("read(2)", "open(2)"),
    ),
    Claim("C25", "signal-driven I/O is rarely used", ("fcntl(2)", "socket(7)")),
    Claim(
        "C26",
        "asynchronous I/O: the kernel does both phases and signals when all is done; the process "
        "never blocks",
        ("aio(7)", "io_uring(7)"),
    ),
    Claim(
        "C27",
        "a buffered read copies the data into the kernel's page cache first and then into the process",
        ("read(2)", "open(2)"),
    ),
    Claim(
        "C28",
        "a process per request costs most but is simplest; threads bring synchronisation and "
        "deadlocks; an event loop is the most complex to write and what most servers choose",
        (_C10K,),
    ),
    Claim("C29", "in the event-driven version the three tasks interleave in one thread of control", (_C10K,)),
    Claim("C30", "ten thousand concurrent connections are served by the selectors server on Linux", (_C10K,)),
    Claim(
        "C31",
        "processes share no memory: a plain queue filled in a child stays empty in the parent",
        ("fork(2)", _MULTIPROCESSING),
    ),
    Claim(
        "C32",
        "a process queue carries pickled copies; it passes data, it does not share it",
        (_MULTIPROCESSING,),
    ),
    Claim("C33", "a Manager shares data between processes", (_MULTIPROCESSING,)),
    Claim(
        "C34",
        "`Pool.apply` runs the tasks one after another, `apply_async` runs five at a time, and the "
        "callback runs in the parent",
        (_MULTIPROCESSING,),
    ),
    Claim(
        "C35",
        "a coroutine switch needs no thread context switch and no locks; tens of thousands fit one CPU",
        (_GREENLET,),
    ),
    Claim("C36", "a coroutine cannot use a second core, and one blocking call stops them all", (_GREENLET,)),
    Claim("C37", "three greenlets sleeping 2, 1 and 0 seconds take 2 seconds together", (_GEVENT,)),
    Claim("C38", "gevent does not make urllib concurrent until monkey-patched; patched, it does", (_GEVENT,)),
    Claim("C39", "with a lock, output of several processes is not mixed", (_MULTIPROCESSING,)),
    Claim("C40", "every process is started by a parent process", ("fork(2)",)),
)
CLAIMS = {claim.id: claim for claim in _CLAIMS}
