/* For the source that cffi writes (CMakeLists.txt): two steps that it takes around every call, made cheaper: together
 * a tenth of an epoll_ctl from Python (bench/README.md). The names are cffi's own; should it rename them, its steps are
 * back, and no more than time is lost. */
#ifndef PYMUX_CFFI_H
#define PYMUX_CFFI_H

#include <limits.h>
#include <stdint.h>

/* cffi keeps an errno for Python's ffi.errno, and swaps it in and out. Here every result carries its own. */
#undef _cffi_restore_errno
#undef _cffi_save_errno
#define _cffi_restore_errno() ((void)0)
#define _cffi_save_errno() ((void)0)

/* cffi goes through a table of functions and the long long of Python's API; a long is had sooner. And it takes what has
 * __int__ alone, which here is a TypeError, as in Python's own calls since 3.10. */
static inline int pymux_to_int(PyObject *object)
{
    const long value = PyLong_AsLong(object);

    if (value == (int)value)
        return (int)value;
    PyErr_SetString(PyExc_OverflowError, "not within the range of an int");
    return -1;
}
#undef _cffi_to_c_i32
#define _cffi_to_c_i32 pymux_to_int

#if LONG_MAX > UINT32_MAX
static inline uint32_t pymux_to_uint32(PyObject *object)
{
    const long value = PyLong_AsLong(object);

    if (value == (long)(uint32_t)value || (value == -1 && PyErr_Occurred()))
        return (uint32_t)value;
    PyErr_SetString(PyExc_OverflowError, "not within the range of a uint32_t");
    return UINT32_MAX;
}
#undef _cffi_to_c_u32
#define _cffi_to_c_u32 pymux_to_uint32
#endif

#endif
