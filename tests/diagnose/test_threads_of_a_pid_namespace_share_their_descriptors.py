"""From outside a container, clone returns the number that a thread has inside: the log has another one."""

from __future__ import annotations

import pytest
from diagnose.corpus import accusations, diagnosed

THREAD = "CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD"
# One thread registers the connection with EPOLLONESHOT, another gets its event and does not re-arm it.
BEFORE = f"""
500 1.000 epoll_create1(EPOLL_CLOEXEC) = 4
500 1.010 accept4(3, NULL, NULL, 0) = 5
500 1.020 epoll_ctl(4, EPOLL_CTL_ADD, 5, {{events=EPOLLIN|EPOLLONESHOT, data={{u32=5, u64=5}}}}) = 0
500 1.030 clone3({{flags={THREAD}, exit_signal=0}}, 88"""
AFTER = """
501 1.050 epoll_wait(4, [{events=EPOLLIN, data={u32=5, u64=5}}], 1, -1) = 1
501 1.060 recvfrom(5, "x", 64, 0, NULL, NULL) = 1
501 1.070 sendto(5, "x", 1, 0, NULL, 0) = 1
501 1.080 epoll_wait(4,  <unfinished ...>
500 9.000 exit_group(0) = ?
"""
STARTED = {
    "after clone has returned": ") = 7\n501 1.040 rseq(0x7f, 0x20, 0, 0x53053053) = 0",
    "before clone has returned": " <unfinished ...>\n501 1.040 rseq(0x7f, 0x20, 0, 0x53053053) = 0\n"
    "500 1.045 <... clone3 resumed>) = 7",
}


@pytest.mark.parametrize("started", STARTED)
def test_the_registration_of_another_thread_is_known(started: str) -> None:
    text = BEFORE + STARTED[started] + AFTER
    assert "oneshot-not-rearmed" in accusations(diagnosed(text))
    same_namespace = text.replace(") = 7\n", ") = 501\n").replace("resumed>) = 7", "resumed>) = 501")
    assert accusations(diagnosed(same_namespace)) == accusations(diagnosed(text))
