/* The system call behind each name, or NR_ABSENT where this architecture has none: arm64 and riscv64,
 * which came late, only ever had the newer call of each pair, which then makes the older one.
 * PYMUX_WITHOUT_OLD_CALLS compiles any architecture that way. */
#ifndef PYMUX_NUMBERS_H
#define PYMUX_NUMBERS_H

#include <sys/syscall.h>

#define NR_ABSENT (-1L)

#define SIGSETSIZE 8 /* bytes of the kernel's signal set */

/* i386's SYS_select takes one pointer to five packed arguments, and SYS__newselect, which
 * 32-bit arm has alone, a struct timeval of 32-bit seconds: neither is select(2) as we call it. */
#if defined SYS_select && !defined SYS__newselect && !defined PYMUX_WITHOUT_OLD_CALLS
#define NR_select SYS_select
#else
#define NR_select NR_ABSENT
#endif

/* Where long has 32 bits, the calls with 64-bit seconds have names of their own (Linux 5.1). */
#ifdef SYS_pselect6_time64
#define NR_pselect6 SYS_pselect6_time64
#else
#define NR_pselect6 SYS_pselect6
#endif

#ifdef SYS_ppoll_time64
#define NR_ppoll SYS_ppoll_time64
#else
#define NR_ppoll SYS_ppoll
#endif

#if defined SYS_poll && !defined PYMUX_WITHOUT_OLD_CALLS
#define NR_poll SYS_poll
#else
#define NR_poll NR_ABSENT
#endif

#if defined SYS_epoll_create && !defined PYMUX_WITHOUT_OLD_CALLS
#define NR_epoll_create SYS_epoll_create
#else
#define NR_epoll_create NR_ABSENT
#endif

#if defined SYS_epoll_wait && !defined PYMUX_WITHOUT_OLD_CALLS
#define NR_epoll_wait SYS_epoll_wait
#else
#define NR_epoll_wait NR_ABSENT
#endif

/* Linux 5.11. Wheels are built with the headers of older kernels, for those that have it too. */
#ifdef SYS_epoll_pwait2
#define NR_epoll_pwait2 SYS_epoll_pwait2
#elif defined __aarch64__ || defined __x86_64__ && defined __LP64__
#define NR_epoll_pwait2 441
#else
#define NR_epoll_pwait2 NR_ABSENT
#endif

/* Linux 5.1; newer than the split of the tables, they have one number everywhere. */
#define NR_io_uring_setup 425
#define NR_io_uring_enter 426
#define NR_io_uring_register 427

#define NR_epoll_create1 SYS_epoll_create1
#define NR_epoll_ctl SYS_epoll_ctl
#define NR_epoll_pwait SYS_epoll_pwait
#define NR_ioctl SYS_ioctl

#endif
