/* The memory of pymux's own buffers, and that of others. */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "pymux.h"

static int distrusted; /* whether arguments may point to where nothing is */

/* calloc(3) hands out large blocks as the kernel's untouched zero pages: a buffer of
 * a hundred million entries costs nothing until it is written to. */
void *pymux_allocate(size_t size)
{
    return calloc(1, size);
}

void pymux_release(void *memory)
{
    free(memory);
}

void pymux_distrust_memory(void)
{
    __atomic_store_n(&distrusted, 1, __ATOMIC_RELAXED);
}

/* Where process_vm_readv(2) is refused (a seccomp filter, an emulator): through a pipe, whose write fails where
 * nothing can be read, and whose read fails where nothing can be written. */
static size_t copy_through_a_pipe(void *to, const void *from, size_t size)
{
    size_t copied = 0;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return 0;
    while (copied < size) {
        const size_t rest = size - copied;
        const ssize_t written = write(ends[1], (const char *)from + copied, rest < PIPE_BUF ? rest : PIPE_BUF);

        if (written <= 0 || read(ends[0], (char *)to + copied, (size_t)written) != written)
            break;
        copied += (size_t)written;
    }
    close(ends[0]);
    close(ends[1]);
    return copied;
}

/* Until a buffer was made from an address, all memory is pymux's own. From then on the kernel copies
 * each piece: it answers EFAULT where a plain copy would crash, at either end. */
size_t pymux_copy(void *to, const void *from, size_t size)
{
    if (!__atomic_load_n(&distrusted, __ATOMIC_RELAXED)) {
        memcpy(to, from, size);
        return size;
    }
    const struct iovec local = { to, size };
    const struct iovec remote = { (void *)(uintptr_t)from, size };
    const ssize_t copied = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
    if (copied < 0 && (errno == ENOSYS || errno == EPERM))
        return copy_through_a_pipe(to, from, size);
    return copied < 0 ? 0 : (size_t)copied;
}
