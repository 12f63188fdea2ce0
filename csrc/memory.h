#ifndef PYMUX_MEMORY_H
#define PYMUX_MEMORY_H

#include <stddef.h>

/* Copy, and return how many bytes could be copied: all of them, unless an address that a caller named
 * (pymux_distrust_memory) leads to where nothing is. */
size_t pymux_copy(void *to, const void *from, size_t size);

#endif
