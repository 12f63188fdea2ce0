"""What others published, as their pages have it."""

from __future__ import annotations

# iphydf, TokTok/c-toxcore, pull request 2987, 2026: ns of one turn of a loop over N sockets, M of them ready.
READY_NS = {
    (8, 1): 438,
    (64, 1): 438,
    (512, 1): 443,
    (1024, 1): 442,
    (1024, 10): 947,
    (1024, 100): 6_268,
    (1024, 1024): 61_875,
}
# casperisfine, Shopify/pitchfork, pull request 127, 2024: requests of four clients that each worker served.
PITCHFORK = (49131, 46997, 44023, 38420, 14945, 1742, 91, 12, 0, 1, 0, 0, 0, 0, 0, 0)
# M. Majkowski, cloudflare/cloudflare-blog, 2017-10-accept-balancing: which of three workers answered.
MAJKOWSKI = {"accept": (2, 1, 0, 2, 1, 0), "EPOLLEXCLUSIVE": (0, 0, 0, 0, 0, 0)}
# R. Penyaev, libevent/libevent, pull request 801, 2019: HTTP requests a second, of 20,000.
LIBEVENT_RATES = {"level": 31_433, "edge": 36_277}
