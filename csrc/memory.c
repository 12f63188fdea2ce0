/* The memory of pymux's own buffers. */
#include <stdlib.h>

#include "pymux.h"

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
