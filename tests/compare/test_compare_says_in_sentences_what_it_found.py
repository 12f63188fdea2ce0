"""compare ends in sentences: the cost of a call at the largest N, and from which share on which wins."""

from array import array

from pymux.bootstrap import Ratio
from pymux.compare.measure import Measurement, OverFew
from pymux.report.compare import Result
from pymux.report.conclusions import conclusions


def measured(label: str, n: int, active: int, ns: int) -> Measurement:
    return Measurement("tcp", n, active, label, label.partition(" ")[0], array("q", [ns] * 4), [0.0])


def result(measurements: list[Measurement], *, sweep: bool = False) -> Result:
    return Result(measurements, {}, sweep, [])


def test_growth() -> None:
    found = conclusions(
        result(
            [
                measured(label, n, 1, ns)
                for label, slope in (("poll", 90), ("epoll", 0))
                for n, ns in ((10, 300 + 10 * slope), (10_000, 300 + 10_000 * slope))
            ]
        )
    )
    assert found == [
        "With 10,000 TCP connections, one ready, poll takes 900 µs and epoll takes 0.30 µs.",
        "Each further idle descriptor adds 90 ns to poll and nothing measurable to epoll.",
    ]


def test_what_took_turns_with_few() -> None:
    many = measured("epoll", 1_000_000, 1, 200)
    many.over_few = OverFew(1_000, Ratio(1.004, 0.99, 1.02))
    assert conclusions(result([many]))[:2] == [
        "With 1,000,000 TCP connections, one ready, epoll takes 0.20 µs.",
        "That is 1.00 (0.99 to 1.02) times as long as with 1,000, measured in turns.",
    ]


def test_a_share_that_grows_with_n_is_not_idle() -> None:
    found = conclusions(result([measured("poll", n, n // 10, 90 * n) for n in (100, 1_000)]))
    assert found == [
        "With 1,000 TCP connections, 100 of them ready, poll takes 90.0 µs.",
        "Each further descriptor, with the same share of them ready, adds 90 ns to poll.",
    ]


def test_a_sweep() -> None:
    shares = (0, 500, 1000)
    times = {
        "poll": (10, 10, 10),
        "epoll": (0, 8, 16),
        "epoll ET": (0, 6, 12),
        "io_uring": (1, 20, 40),
        "io_uring multi": (0, 3, 6),
    }
    found = conclusions(
        result(
            [
                measured(label, 1000, active, 1000 * us)
                for label, row in times.items()
                for active, us in zip(shares, row, strict=True)
            ],
            sweep=True,
        )
    )
    assert found == [
        "Of 1,000 TCP connections: from 62 % ready on, poll is cheaper than epoll.",
        "Of 1,000 TCP connections: whatever share is ready, epoll is cheaper than io_uring.",
        "Of 1,000 TCP connections: whatever share is ready, edge triggering costs 25 % less than level "
        "triggering.",
        "Of 1,000 TCP connections: whatever share is ready, io_uring's multishot poll costs 50 % less than "
        "epoll's edge triggering.",
    ]


def test_calls_that_never_cross() -> None:
    for us, words in (
        (1, "whatever share is ready, poll is cheaper than epoll"),
        (9, "whatever share is ready, epoll is cheaper than poll"),
    ):
        (sentence,) = conclusions(
            result(
                [measured("poll", 10, active, 1000 * us) for active in (1, 10)]
                + [measured("epoll", 10, active, 5000) for active in (1, 10)],
                sweep=True,
            )
        )
        assert words in sentence
