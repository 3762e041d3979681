/*
 * What is handed over as a capsule: two at a time, dropped and consumed, many
 * times, and outliving the object.
 */
#include "probe/child.h"

#include "base/error.h"
#include "base/hash.h"
#include "memory/guard.h"
#include "probe/crowd.h"
#include "probe/taken.h"
#include "protocol/telling.h"

#include <stdlib.h>
#include <string.h>

/* --- as it was --- */

struct seen {
    struct told told;
    bool readable;
    uint64_t contents; /* a hash of the first bytes */
};

static bool hash_memory(const unsigned char *from, size_t size, uint64_t *hash)
{
    unsigned char bytes[4096];
    const void *address;
    size_t piece;

    for (; size > 0; from += piece, size -= piece) {
        piece = size < sizeof bytes ? size : sizeof bytes;
        if (!guard_copy(bytes, from, piece, &address)) {
            return false;
        }
        *hash = hash_bytes(*hash, bytes, piece);
    }
    return true;
}

/* The items of memory that is there, all of it: what lies behind is others', and changes. */
static bool find_items(const struct told *told, const struct telling *telling, uintptr_t *from, size_t *size)
{
    struct error ignored = ERROR_INIT;
    ptrdiff_t low, high;

    if (!telling->have_layout || !telling->is_local || !layout_check(&telling->layout, &ignored) ||
        !layout_block(&telling->layout, &low, &high)) {
        return false;
    }
    *from = (uintptr_t)telling->layout.buf + (uintptr_t)low;
    *size = (size_t)(high - low);
    return *from >= told->readable.low && *from <= told->readable.high && *size <= told->readable.high - *from;
}

static void see(struct taken *taken, struct seen *seen)
{
    enum { MOST = 1 << 20 }; /* bytes of contents that are looked at */
    struct telling telling;
    uintptr_t from;
    size_t size;

    memset(seen, 0, sizeof *seen);
    taken_tell(taken, &seen->told);
    telling = told_read(&seen->told, taken->protocol);
    if (find_items(&seen->told, &telling, &from, &size)) {
        seen->contents = HASH_START;
        seen->readable = hash_memory((const unsigned char *)from, size < MOST ? size : MOST, &seen->contents);
    }
    telling_free(&telling);
}

static bool differs(const struct seen *before, const struct seen *now)
{
    return !told_same(&before->told, &now->told) || before->readable != now->readable ||
           before->contents != now->contents;
}

static void see_again(struct probe *probe, struct taken *taken, struct seen *now)
{
    probe_mark(probe, PHASE_READ, -1);
    see(taken, now);
    probe_mark(probe, PHASE_OTHER, -1);
}

/* Is it no longer as it was? */
static bool has_changed(struct probe *probe, struct taken *taken, const struct seen *before)
{
    struct seen now;

    see_again(probe, taken, &now);
    return differs(before, &now);
}

/* --- two at a time --- */

static bool take(struct probe *probe, enum protocol protocol, struct taken *taken)
{
    PyObject *keywords = taken_keywords(probe, protocol);
    bool ok = taken_ask(probe, protocol, keywords, taken) == OUTCOME_GRANTED;

    Py_XDECREF(keywords);
    PyErr_Clear();
    return ok;
}

/*
 * Two that each come to an end of their own.  One structure in two of DLPack's capsules may be: its deleter can count.
 * What Arrow's consumers get is marked as released by the first of them.
 */
static bool take_two(struct probe *probe, enum protocol protocol, struct exchange *exchange, struct taken taken[2])
{
    bool shared;

    if (!take(probe, protocol, &taken[0])) {
        return false;
    }
    if (!take(probe, protocol, &taken[1])) {
        taken_drop(probe, &taken[0]);
        return false;
    }
    shared = taken_structure(&taken[0]) == taken_structure(&taken[1]) && taken_has_end(&taken[0]);
    exchange->same_capsule = shared && taken[0].first == taken[1].first;
    exchange->same_structure = shared && !exchange->same_capsule && protocol == PROTOCOL_ARROW;
    return !exchange->same_capsule && !exchange->same_structure; /* which are left as they are */
}

static void hold(struct probe *probe, enum protocol protocol, struct exchange *exchange)
{
    struct taken taken[2];
    struct seen seen;

    if (!take_two(probe, protocol, exchange, taken)) {
        return;
    }
    see(&taken[1], &seen);
    exchange->restless |= has_changed(probe, &taken[1], &seen);
    taken_drop(probe, &taken[0]);
    probe_disturb(false);
    exchange->changed_by_drop = has_changed(probe, &taken[1], &seen);
    taken_drop(probe, &taken[1]);
}

static void consume(struct probe *probe, enum protocol protocol, struct exchange *exchange)
{
    struct taken taken[2];
    struct seen seen;

    if (!take_two(probe, protocol, exchange, taken)) {
        return;
    }
    see(&taken[1], &seen);
    taken_consume(probe, &taken[0], exchange);
    probe_disturb(false);
    exchange->changed_by_end = has_changed(probe, &taken[1], &seen);
    if (!exchange->changed_by_end) { /* what is gone has no second end */
        taken_consume(probe, &taken[1], exchange);
    }
}

/* --- many times --- */

static bool drop_once(struct probe *probe, int protocol)
{
    struct taken taken;

    if (!take(probe, (enum protocol)protocol, &taken)) {
        return false;
    }
    taken_drop(probe, &taken);
    return true;
}

static bool consume_once(struct probe *probe, int protocol)
{
    struct exchange *exchange = &probe->transcript->protocols.exchanges[protocol];
    struct taken taken;

    if (!take(probe, (enum protocol)protocol, &taken)) {
        return false;
    }
    taken_consume(probe, &taken, exchange);
    return true;
}

static bool read_once(struct probe *probe, int protocol)
{
    PyObject *answer = taken_attribute(probe, (enum protocol)protocol);

    Py_XDECREF(answer);
    probe_stay_one(probe);
    PyErr_Clear();
    return answer != NULL;
}

static void lose(struct probe *probe, enum protocol protocol, bool (*once)(struct probe *, int), struct losses *losses)
{
    struct repeated repeated = {.once = once, .what = (int)protocol, .cycle_ms = 20, .count_memory = true};
    const struct exchange *exchange = &probe->transcript->protocols.exchanges[protocol];
    struct crowd crowd;

    if (exchange->same_capsule || exchange->same_structure || exchange->changed_by_end ||
        exchange->ended_twice || !probe_crowd(probe, &crowd)) {
        return;
    }
    probe_add_spares(probe->exporter);
    probe_measure(probe, &repeated, &crowd, losses);
    crowd_end(&crowd);
}

/* --- without the object --- */

/*
 * An array's structure is its capsule's own; of the memory that it leads to, whoever reads it keeps the object (The
 * Array Interface, C-struct access).  A tensor's, and Arrow's, keep the memory, too.
 */
static bool is_lost(enum protocol protocol, const struct seen *before, const struct seen *now)
{
    return protocol == PROTOCOL_ARRAY_STRUCT ? !told_same_words(&before->told, &now->told) : differs(before, now);
}

static void outlive(struct probe *probe, enum protocol protocol, struct exchange *exchange)
{
    struct taken taken;
    struct seen seen, now;

    if (!take(probe, protocol, &taken)) {
        return;
    }
    see(&taken, &seen);
    exchange->restless |= has_changed(probe, &taken, &seen);
    Py_CLEAR(probe->exporter);
    probe_mark(probe, PHASE_OTHER, -1); /* what follows may take its time: a large heap is looked through */
    probe_disturb(true);
    see_again(probe, &taken, &now);
    exchange->changed_by_owner = is_lost(protocol, &seen, &now);
    taken_consume(probe, &taken, exchange);
}

/* --- a trial of any --- */

static void exchange_by(struct probe *probe, enum protocol protocol, int trial)
{
    struct exchange *exchange = &probe->transcript->protocols.exchanges[protocol];

    if (probe->transcript->protocols.told[protocol].outcome != OUTCOME_GRANTED) {
        return;
    }
    switch ((enum exchange_trial)trial) {
    case EXCHANGE_HOLD:
        hold(probe, protocol, exchange);
        break;
    case EXCHANGE_CONSUME:
        consume(probe, protocol, exchange);
        break;
    case EXCHANGE_DROPPED:
        lose(probe, protocol, drop_once, &exchange->dropped);
        break;
    case EXCHANGE_CONSUMED:
        lose(probe, protocol, consume_once, &exchange->consumed);
        break;
    case EXCHANGE_OUTLIVE:
        outlive(probe, protocol, exchange);
        break;
    case EXCHANGE_TRIALS:
        break;
    }
}

void probe_exchange_interface(struct probe *probe, int item)
{
    (void)item;
    lose(probe, PROTOCOL_ARRAY_INTERFACE, read_once,
         &probe->transcript->protocols.exchanges[PROTOCOL_ARRAY_INTERFACE].dropped);
}

void probe_exchange_struct(struct probe *probe, int trial)
{
    if (trial != EXCHANGE_CONSUME && trial != EXCHANGE_CONSUMED) { /* its capsule is only ever dropped */
        exchange_by(probe, PROTOCOL_ARRAY_STRUCT, trial);
    }
}

void probe_exchange_dlpack(struct probe *probe, int trial)
{
    exchange_by(probe, PROTOCOL_DLPACK, trial);
}

void probe_exchange_arrow(struct probe *probe, int trial)
{
    exchange_by(probe, PROTOCOL_ARROW, trial);
}
