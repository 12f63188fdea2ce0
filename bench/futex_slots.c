/* futex_slots WAITERS [SLOTS]: what waking one word costs while many threads wait for another.
 *
 *     cc -O2 -pthread bench/futex_slots.c -o build/futex_slots && build/futex_slots 9000
 *
 * The kernel keeps all that wait in a table of few slots; a wakeup looks through the whole list of its slot. Since
 * Linux 6.16 each process has a table of its own, by default of 16 slots on two processors (kernel/futex/core.c,
 * futex_hash_allocate_default), which prctl(PR_FUTEX_HASH) changes: SLOTS is a power of two, or 0 for the table of all
 * processes. Wakes each of 128 words, for none of which anything waits, and prints what the wakeups cost. */
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { FUTEX_HASH = 78, SET_SLOTS = 1, GET_SLOTS = 2 }; /* linux/prctl.h, since 6.16 */
enum { WORDS = 128, APART = 17, WAKES = 500, STACK = 64 * 1024 };

static int awaited, blocked, words[WORDS * APART];

static long futex(int *word, int operation, int value)
{
    return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

static void *wait_for_it(void *nothing)
{
    __atomic_add_fetch(&blocked, 1, __ATOMIC_RELAXED);
    while (!__atomic_load_n(&awaited, __ATOMIC_RELAXED))
        futex(&awaited, FUTEX_WAIT, 0);
    return nothing;
}

static double ns_of_a_wakeup(int *word)
{
    struct timespec start, end;

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < WAKES; i++)
        futex(word, FUTEX_WAKE, 1);
    clock_gettime(CLOCK_MONOTONIC, &end);
    return ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / WAKES;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    const int waiters = atoi(argv[1]);
    if (argc > 2 && prctl(FUTEX_HASH, SET_SLOTS, atol(argv[2]), 0, 0) < 0)
        perror("prctl(PR_FUTEX_HASH)");
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    for (int i = 0; i < waiters; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &small, wait_for_it, NULL) != 0) {
            fprintf(stderr, "thread %d could not be made\n", i);
            return 1;
        }
    }
    while (__atomic_load_n(&blocked, __ATOMIC_RELAXED) < waiters)
        usleep(1000);
    usleep(200000); /* the last ones enter the call */

    double ns[WORDS], fastest = 1e18, slowest = 0;
    int slow = 0;
    for (int i = 0; i < WORDS; i++) {
        ns[i] = ns_of_a_wakeup(&words[i * APART]);
        fastest = ns[i] < fastest ? ns[i] : fastest;
        slowest = ns[i] > slowest ? ns[i] : slowest;
    }
    for (int i = 0; i < WORDS; i++)
        slow += ns[i] > 10 * fastest;
    printf("%d waiters, %d slots: a wakeup takes %.0f to %.0f ns, and for %d of %d words more than ten times the least\n",
           waiters, prctl(FUTEX_HASH, GET_SLOTS, 0, 0, 0), fastest, slowest, slow, WORDS);
    fflush(stdout);
    _exit(0); /* with all that wait */
}
