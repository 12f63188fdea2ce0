/* What call.h puts around every call while recording is on. */
#ifndef PYMUX_RECORDER_H
#define PYMUX_RECORDER_H

#include "pymux.h"

extern int pymux_recording; /* how many logs record */

void pymux_record_before(enum pymux_call call, const long arguments[6]);
void pymux_record_after(long result);

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Off, each of both costs one load and one branch that is never taken (bench/recorder.py). */
static inline void pymux_before(enum pymux_call call, long a, long b, long c, long d, long e, long f)
{
    if (UNLIKELY(__atomic_load_n(&pymux_recording, __ATOMIC_RELAXED)))
        pymux_record_before(call, (const long[6]){ a, b, c, d, e, f });
}

static inline long pymux_after(long result)
{
    if (UNLIKELY(__atomic_load_n(&pymux_recording, __ATOMIC_RELAXED)))
        pymux_record_after(result);
    return result;
}

#endif
