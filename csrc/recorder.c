/* The flight recorder: each thread writes the calls it makes into a ring of its own, so that no
 * call waits for another thread and the order within a thread is the order of the ring.
 *
 * A ring holds records of different lengths back to back. Positions count bytes and only ever
 * grow; the place in memory is the position modulo the capacity. A writer first moves `tail` past
 * the oldest records, then overwrites them, then moves `head`. A reader copies what lies between
 * both and afterwards drops what `tail` has passed meanwhile: it never sees a torn record.
 *
 * Which rings there are is guarded by a lock, which a thread takes for its first recorded call
 * and when it ends, and a reader while it reads. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "recorder.h"

#define ALIGNED(size) (((size) + 7) & ~(size_t)7)

struct ring {
    struct ring *next; /* of a higher number */
    uint64_t number;
    size_t capacity;   /* a power of two */
    uint64_t head;     /* position behind the newest whole record */
    uint64_t tail;     /* position of the oldest one */
    uint64_t begun;    /* how many records there ever were, counted before head moves */
    uint64_t written;  /* and after it: where both agree, head belongs to them */
    int owned;         /* by a thread that lives */

    /* The record that is being written, at `head`. */
    struct pymux_record record;
    uint64_t end;     /* position behind its last piece */
    uint64_t session; /* in which it was begun */

    unsigned char *bytes;
};

int pymux_recording;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_thread_exit;
static int unreleased;          /* how many logs may still read */
static struct ring *rings;      /* in the order of their numbers */
static uint64_t last_number;
static uint64_t session;        /* counts the times that recording began */
static size_t ring_size;
static size_t capture;          /* bytes of one piece at most */
static uint64_t missed;         /* records for which there was no memory */

static _Thread_local struct ring *mine;
static _Thread_local int32_t thread_id;

/* What an argument points to, and when it is worth looking there. */
enum kind { NUMBER, FDSET, POLLFDS, EVENTS, EVENT, TIMEVAL, TIMESPEC, MASK, MASK_AND_SIZE, PARAMS };
enum { BEFORE = 16, AFTER = 32, BOTH = BEFORE | AFTER, KIND = 15 };

static const unsigned char layouts[PYMUX_CALLS][6] = {
#define SETS NUMBER, BOTH | FDSET, BOTH | FDSET, BOTH | FDSET
    [PYMUX_select] = { SETS, BOTH | TIMEVAL },
    [PYMUX_pselect6] = { SETS, BOTH | TIMESPEC, BEFORE | MASK_AND_SIZE },
    [PYMUX_libc_select] = { SETS, BOTH | TIMEVAL },
    [PYMUX_libc_pselect] = { SETS, BEFORE | TIMESPEC, BEFORE | MASK },
#define ARRAY BOTH | POLLFDS, NUMBER
    [PYMUX_poll] = { ARRAY },
    [PYMUX_ppoll] = { ARRAY, BOTH | TIMESPEC, BEFORE | MASK },
    [PYMUX_libc_poll] = { ARRAY },
    [PYMUX_libc_ppoll] = { ARRAY, BEFORE | TIMESPEC, BEFORE | MASK },
    [PYMUX_epoll_ctl] = { NUMBER, NUMBER, NUMBER, BEFORE | EVENT },
#define WAIT NUMBER, AFTER | EVENTS, NUMBER
    [PYMUX_epoll_wait] = { WAIT },
    [PYMUX_epoll_pwait] = { WAIT, NUMBER, BEFORE | MASK },
    [PYMUX_epoll_pwait2] = { WAIT, BEFORE | TIMESPEC, BEFORE | MASK },
    [PYMUX_libc_epoll_wait] = { WAIT },
    [PYMUX_libc_epoll_pwait] = { WAIT, NUMBER, BEFORE | MASK },
    [PYMUX_libc_epoll_pwait2] = { WAIT, BEFORE | TIMESPEC, BEFORE | MASK },
    [PYMUX_ioctl] = { NUMBER, NUMBER, BOTH | PARAMS },
};

static size_t size_behind(const struct pymux_record *record, enum kind kind)
{
    const int64_t *arguments = record->arguments;
    const size_t word_bits = 8 * sizeof(unsigned long);

    switch (kind) {
    case FDSET: /* the kernel reads and writes whole words */
        return arguments[0] <= 0
            ? 0 : ((size_t)arguments[0] + word_bits - 1) / word_bits * sizeof(unsigned long);
    case POLLFDS:
        return (size_t)arguments[1] * sizeof(struct pollfd);
    case EVENTS:
        return record->result <= 0 ? 0 : (size_t)record->result * sizeof(struct epoll_event);
    case EVENT:
        return sizeof(struct epoll_event);
    case TIMEVAL:
        return sizeof(struct timeval);
    case TIMESPEC:
        return sizeof(struct timespec);
    case MASK:
    case MASK_AND_SIZE:
        return sizeof(uint64_t);
    case PARAMS:
        return sizeof(struct pymux_epoll_params);
    case NUMBER:
        break;
    }
    return 0;
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static size_t place_of(const struct ring *ring, uint64_t position)
{
    return (size_t)position & (ring->capacity - 1);
}

/* ---- writing: by the ring's own thread alone ---- */

static void make_room(struct ring *ring, uint64_t end)
{
    uint64_t tail = ring->tail;

    if (end - tail <= ring->capacity)
        return;
    while (end - tail > ring->capacity)
        tail += *(const uint64_t *)(const void *)&ring->bytes[place_of(ring, tail)]; /* its size */
    __atomic_store_n(&ring->tail, tail, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE); /* readers learn of it before anything is overwritten */
}

/* Copies to a position, which may be near the end of the ring: then the rest goes to its start. */
static size_t put(struct ring *ring, uint64_t position, const void *from, size_t size)
{
    const size_t place = place_of(ring, position);
    const size_t behind = ring->capacity - place;

    if (size <= behind)
        return pymux_copy(&ring->bytes[place], from, size);
    const size_t copied = pymux_copy(&ring->bytes[place], from, behind);
    if (copied < behind)
        return copied;
    return behind + pymux_copy(ring->bytes, (const unsigned char *)from + behind, size - behind);
}

static void put_piece(struct ring *ring, unsigned argument, int after, const void *memory, size_t size)
{
    if (size > capture)
        size = capture;
    if (!memory || !size)
        return;
    make_room(ring, ring->end + sizeof(struct pymux_piece) + ALIGNED(size));
    const size_t copied = put(ring, ring->end + sizeof(struct pymux_piece), memory, size);
    /* Pieces are aligned to their own size, 8, and so never lie across the end. */
    *(struct pymux_piece *)(void *)&ring->bytes[place_of(ring, ring->end)] =
        (struct pymux_piece){ (uint8_t)argument, (uint8_t)after, copied < size, (uint32_t)copied };
    ring->end += sizeof(struct pymux_piece) + ALIGNED(copied);
}

static void put_pieces(struct ring *ring, int moment)
{
    const struct pymux_record *record = &ring->record;
    const unsigned char *layout = layouts[record->call];

    for (unsigned i = 0; i < 6; i++)
        if (layout[i] & moment)
            put_piece(ring, i, moment == AFTER, (const void *)(intptr_t)record->arguments[i],
                      size_behind(record, layout[i] & KIND));
}

static void put_head(struct ring *ring)
{
    const unsigned char *from = (const unsigned char *)&ring->record;

    for (uint64_t i = 0; i < sizeof ring->record; i += sizeof(uint64_t))
        memcpy(&ring->bytes[place_of(ring, ring->head + i)], from + i, sizeof(uint64_t));
}

/* What the call returns goes where the ring has not been for a whole round, out of the near caches.
 * Asked for now, these lines come while the kernel works: for 64 events that halves the cost of
 * recording (bench/recorder.py). */
static void fetch_ahead(const struct ring *ring)
{
    enum { LINE = 64, BYTES = 1024 };

    for (unsigned i = 0; i < BYTES; i += LINE)
        __builtin_prefetch(&ring->bytes[place_of(ring, ring->end + i)], 1);
}

static struct ring *own_ring(void);

void pymux_record_before(enum pymux_call call, const long arguments[6])
{
    struct ring *ring = own_ring();

    if (!ring)
        return;
    struct pymux_record *record = &ring->record;
    record->call = (int32_t)call;
    record->thread = thread_id;
    for (int i = 0; i < 6; i++)
        record->arguments[i] = arguments[i];
    record->arguments[6] = 0;
    if (layouts[call][5] == (BEFORE | MASK_AND_SIZE)) { /* the shim's own pair, on its stack */
        const unsigned long *pair = (const unsigned long *)arguments[5];
        record->arguments[5] = (int64_t)pair[0];
        record->arguments[6] = (int64_t)pair[1];
    }
    ring->session = __atomic_load_n(&session, __ATOMIC_RELAXED);
    ring->end = ring->head + sizeof *record;
    make_room(ring, ring->end);
    put_pieces(ring, BEFORE);
    fetch_ahead(ring);
    record->start_ns = now_ns();
}

void pymux_record_after(long result)
{
    const int64_t end_ns = now_ns();
    struct ring *ring = mine;

    /* Recording may have begun, or ended and begun again, while the call was under way. */
    if (!ring || ring->session != __atomic_load_n(&session, __ATOMIC_RELAXED))
        return;
    ring->record.end_ns = end_ns;
    ring->record.result = result;
    put_pieces(ring, AFTER);
    ring->record.size = ring->end - ring->head;
    ring->record.ordinal = ring->written;
    put_head(ring);
    ring->session = 0;
    __atomic_store_n(&ring->begun, ring->begun + 1, __ATOMIC_RELAXED);
    __atomic_store_n(&ring->head, ring->end, __ATOMIC_RELEASE);
    __atomic_store_n(&ring->written, ring->begun, __ATOMIC_RELEASE);
}

/* ---- which rings there are: under the lock ---- */

static struct ring *new_ring(void)
{
    struct ring *ring = calloc(1, sizeof *ring);

    if (!ring)
        return NULL;
    ring->bytes = mmap(NULL, ring_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring->bytes == MAP_FAILED) {
        free(ring);
        return NULL;
    }
    ring->capacity = ring_size;
    ring->number = ++last_number;
    struct ring **link = &rings;
    while (*link)
        link = &(*link)->next;
    *link = ring;
    return ring;
}

static void free_ring(struct ring *ring)
{
    struct ring **link = &rings;

    while (*link != ring)
        link = &(*link)->next;
    *link = ring->next;
    munmap(ring->bytes, ring->capacity);
    free(ring);
}

/* A thread that ended leaves its ring, with what is in it, to the next one that comes. */
static struct ring *left_ring(void)
{
    for (struct ring *ring = rings; ring; ring = ring->next)
        if (!ring->owned && ring->capacity == ring_size)
            return ring;
    return NULL;
}

static void leave_ring(void *ring)
{
    pthread_mutex_lock(&lock);
    ((struct ring *)ring)->owned = 0;
    if (!unreleased)
        free_ring(ring);
    mine = NULL;
    pthread_mutex_unlock(&lock);
}

static void free_left_rings(void)
{
    struct ring *next;

    for (struct ring *ring = rings; ring; ring = next) {
        next = ring->next;
        if (!ring->owned)
            free_ring(ring);
    }
}

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

/* The child has one thread, and so one ring. */
static void in_child(void)
{
    for (struct ring *ring = rings; ring; ring = ring->next)
        ring->owned = ring == mine;
    free_left_rings();
    thread_id = (int32_t)syscall(SYS_gettid);
    pthread_mutex_unlock(&lock);
}

static void set_up(void)
{
    pthread_key_create(&at_thread_exit, leave_ring);
    pthread_atfork(before_fork, after_fork, in_child);
}

static void take_ring(void)
{
    pthread_mutex_lock(&lock);
    if (mine && mine->capacity != ring_size) {
        free_ring(mine);
        mine = NULL;
    }
    if (!mine) {
        mine = left_ring();
        if (!mine)
            mine = new_ring();
        if (mine)
            mine->owned = 1;
        else
            missed++;
        thread_id = (int32_t)syscall(SYS_gettid);
        pthread_setspecific(at_thread_exit, mine);
    }
    pthread_mutex_unlock(&lock);
}

static struct ring *own_ring(void)
{
    if (!mine || mine->capacity != __atomic_load_n(&ring_size, __ATOMIC_RELAXED))
        take_ring();
    return mine;
}

/* ---- for the log ---- */

/* Opens a log: `ring_size` is a power of two, and one call's pieces must fit many times over. The
 * rings of a log that is open already are shared, and keep their size. The caller's own ring is
 * there when this returns, and in memory, so that its first round pays for no page. */
long pymux_recorder_start(size_t size, size_t most)
{
    if (!size || size & (size - 1) || most > size / 16)
        return -EINVAL;
    pthread_once(&once, set_up);
    pthread_mutex_lock(&lock);
    if (!unreleased) {
        ring_size = size;
        capture = most;
        missed = 0;
        __atomic_store_n(&session, session + 1, __ATOMIC_RELAXED);
    }
    unreleased++;
    __atomic_add_fetch(&pymux_recording, 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);

    struct ring *ring = own_ring();
    if (!ring) {
        pymux_recorder_stop();
        pymux_recorder_release();
        return -ENOMEM;
    }
    if (!ring->written)
        memset(ring->bytes, 0, ring->capacity);
    return 0;
}

/* What was written stays readable until pymux_recorder_release. */
void pymux_recorder_stop(void)
{
    __atomic_sub_fetch(&pymux_recording, 1, __ATOMIC_RELEASE);
}

/* The log has read all it wanted. The last one frees what no living thread owns, and the caller's ring. */
void pymux_recorder_release(void)
{
    pthread_mutex_lock(&lock);
    if (!--unreleased) {
        if (mine)
            mine->owned = 0;
        mine = NULL;
        pthread_setspecific(at_thread_exit, NULL);
        free_left_rings();
    }
    pthread_mutex_unlock(&lock);
}

size_t pymux_recorder_ring_size(void)
{
    return ring_size;
}

uint64_t pymux_recorder_missed(void)
{
    return missed;
}

uint64_t pymux_recorder_own_ring(void)
{
    return mine ? mine->number : 0;
}

static struct ring *ring_numbered(uint64_t number)
{
    struct ring *ring = rings;

    while (ring && ring->number != number)
        ring = ring->next;
    return ring;
}

/* Puts the cursor at the start of the ring that follows its own; 0 where none does. */
int pymux_recorder_next_ring(struct pymux_cursor *cursor)
{
    pthread_mutex_lock(&lock);
    const struct ring *ring = rings;
    while (ring && ring->number <= cursor->ring)
        ring = ring->next;
    if (ring)
        *cursor = (struct pymux_cursor){ .ring = ring->number };
    pthread_mutex_unlock(&lock);
    return ring != NULL;
}

/* Moves the cursor behind what is there already, as if it had been read. */
void pymux_recorder_skip(struct pymux_cursor *cursor)
{
    pthread_mutex_lock(&lock);
    const struct ring *ring = ring_numbered(cursor->ring);
    if (ring)
        do {
            cursor->ordinal = __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE);
            cursor->position = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
        } while (__atomic_load_n(&ring->begun, __ATOMIC_RELAXED) != cursor->ordinal);
    pthread_mutex_unlock(&lock);
}

static size_t take(const struct ring *ring, uint64_t from, uint64_t to, unsigned char *records)
{
    const size_t place = place_of(ring, from);
    const size_t behind = ring->capacity - place;
    const size_t size = (size_t)(to - from);
    const size_t first = size < behind ? size : behind;

    memcpy(records, &ring->bytes[place], first);
    memcpy(records + first, ring->bytes, size - first);
    return size;
}

/* Copies the whole records that came since the cursor was last here to `records`, room for a ring's
 * size, and returns their bytes. Adds to `lost` what was overwritten meanwhile. */
size_t pymux_recorder_read(struct pymux_cursor *cursor, void *records)
{
    size_t size = 0;

    pthread_mutex_lock(&lock);
    const struct ring *ring = ring_numbered(cursor->ring);
    if (ring) {
        const uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
        uint64_t from = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
        if (from < cursor->position)
            from = cursor->position;
        if (from < head)
            size = take(ring, from, head, records);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        const uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
        const size_t torn = tail <= from ? 0 : tail - from < size ? (size_t)(tail - from) : size;
        size -= torn;
        memmove(records, (const unsigned char *)records + torn, size);
        cursor->position = head;
    }
    pthread_mutex_unlock(&lock);

    struct pymux_record record;
    for (size_t at = 0; at < size; at += (size_t)record.size) {
        memcpy(&record, (const unsigned char *)records + at, sizeof record);
        cursor->lost += record.ordinal - cursor->ordinal;
        cursor->ordinal = record.ordinal + 1;
    }
    return size;
}
