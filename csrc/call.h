/* The one way from a shim to the kernel, and beside it the one to the C library. What
 * has to see every call (a recorder, a counter) is here and nowhere else. */
#ifndef PYMUX_CALL_H
#define PYMUX_CALL_H

#include <errno.h>
#include <unistd.h>

#include "numbers.h"
#include "pymux.h"
#include "recorder.h"

/* KERNEL(poll, fds, nfds, timeout) asks for the system call NR_poll with up to six arguments. */
#define KERNEL(name, ...) \
    RECORDED(PYMUX_##name, pymux_kernel(NR_##name, SIX_LONGS(__VA_ARGS__, 0, 0, 0, 0, 0, 0)), __VA_ARGS__)
#define LIBC(name, ...) RECORDED(PYMUX_libc_##name, with_errno(name(__VA_ARGS__)), __VA_ARGS__)
#define SIX_LONGS(a, b, c, d, e, f, ...) \
    (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)

/* `made` is the expression that makes the call: evaluated between before and after. */
#define RECORDED(call, made, ...) \
    (pymux_before(call, SIX_LONGS(__VA_ARGS__, 0, 0, 0, 0, 0, 0)), pymux_after(made))

/* syscall(2) answers -1 and errno; the kernel's own convention, -errno, needs no
 * thread-local variable and so loses nothing between C and Python. */
static inline long with_errno(long result)
{
    return result == -1 ? -errno : result;
}

static inline long pymux_kernel(long number, long a, long b, long c, long d, long e, long f)
{
    if (number == NR_ABSENT)
        return -ENOSYS;
    return with_errno(syscall(number, a, b, c, d, e, f));
}

#endif
