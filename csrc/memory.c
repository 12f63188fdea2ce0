/* The memory of pymux's own buffers, and that of others. */
#include "memory.h"

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
    return copied < 0 ? 0 : (size_t)copied;
}
