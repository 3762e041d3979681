#include "pickle/machine.h"

#include "base/error.h"
#include "pickle/close.h"
#include "pickle/literals.h"
#include "pickle/make.h"
#include "pickle/objects.h"
#include "pickle/setter.h"
#include "pickle/stack.h"

/* --- containers ----------------------------------------------------------- */

static bool run_empty(struct machine *m, unsigned kind)
{
    return stack_push(m, value_new(m, (enum pickle_kind)kind));
}

static bool run_tuple(struct machine *m, unsigned unused)
{
    size_t first;

    (void)unused;
    return stack_pop_mark(m, &first) && stack_tuple(m, first);
}

static bool run_small_tuple(struct machine *m, unsigned count)
{
    return stack_need(m, count) && stack_tuple(m, m->stack_count - count);
}

/* Move the values from `first` on into a container. */
static bool fill(struct machine *m, struct pickle_value *container, size_t first)
{
    struct pickle_value **items = stack_from(m, first);
    size_t count = m->stack_count - first;

    if (container->kind == PICKLE_DICT && count % 2 != 0) {
        return machine_broken(m, "a key without a value");
    }
    m->stack_count = first;
    return value_extend(m, container, items, count);
}

/* No one can change a tuple: the empty one is there once. */
static bool run_empty_tuple(struct machine *m, unsigned unused)
{
    (void)unused;
    if (m->empty == NULL) {
        m->empty = value_new(m, PICKLE_TUPLE);
    }
    return stack_push(m, m->empty);
}

/* LIST, DICT, FROZENSET: a new container of all that lies above the mark. */
static bool run_container(struct machine *m, unsigned kind)
{
    struct pickle_value *container = value_new(m, (enum pickle_kind)kind);
    size_t first;

    return container != NULL && stack_pop_mark(m, &first) && fill(m, container, first) &&
           stack_push(m, container);
}

/* Put the values from `first` on into what lies below them. */
static bool add(struct machine *m, enum pickle_kind kind, size_t first)
{
    struct pickle_value *container = object_room(m, m->stack[first - 1], kind);

    return container != NULL && fill(m, container, first);
}

/* APPEND, SETITEM */
static bool run_add(struct machine *m, unsigned kind)
{
    size_t count = kind == PICKLE_DICT ? 2 : 1;

    return stack_need(m, count + 1) && add(m, (enum pickle_kind)kind, m->stack_count - count);
}

/* APPENDS, SETITEMS, ADDITEMS */
static bool run_add_all(struct machine *m, unsigned kind)
{
    size_t first;

    if (!stack_pop_mark(m, &first)) {
        return false;
    }
    if (first == stack_fence(m)) {
        return machine_broken(m, "nothing on the stack to add to");
    }
    return add(m, (enum pickle_kind)kind, first);
}

/* --- stack and memo ------------------------------------------------------- */

static bool run_mark(struct machine *m, unsigned unused)
{
    (void)unused;
    return stack_push_mark(m);
}

static bool run_pop_mark(struct machine *m, unsigned unused)
{
    size_t first;

    (void)unused;
    if (!stack_pop_mark(m, &first)) {
        return false;
    }
    m->stack_count = first;
    return true;
}

static bool run_pop(struct machine *m, unsigned unused)
{
    /* A mark just set is popped as a value would be. */
    if (m->mark_count > 0 && m->stack_count == stack_fence(m)) {
        return run_pop_mark(m, unused);
    }
    if (!stack_need(m, 1)) {
        return false;
    }
    m->stack_count--;
    return object_set_by(m, m->stack[m->stack_count]);
}

static bool run_dup(struct machine *m, unsigned unused)
{
    (void)unused;
    machine_odd(m, PICKLE_DUPLICATED);
    return stack_need(m, 1) && stack_push(m, m->stack[m->stack_count - 1]);
}

static bool run_put(struct machine *m, unsigned unused)
{
    size_t index;

    (void)unused;
    return take_index_line(m, &index) && memo_put(m, index);
}

static bool run_binput(struct machine *m, unsigned width)
{
    uint64_t index;

    return take_unsigned(m, width, &index) && memo_put(m, (size_t)index);
}

static bool run_memoize(struct machine *m, unsigned unused)
{
    (void)unused;
    return memo_put(m, m->memo_count);
}

static bool run_get(struct machine *m, unsigned unused)
{
    size_t index;

    (void)unused;
    return take_index_line(m, &index) && memo_get(m, index);
}

static bool run_binget(struct machine *m, unsigned width)
{
    uint64_t index;

    return take_unsigned(m, width, &index) && memo_get(m, (size_t)index);
}

/* --- the rest ------------------------------------------------------------- */

static bool run_proto(struct machine *m, unsigned width)
{
    uint64_t protocol;

    if (!take_unsigned(m, width, &protocol)) {
        return false;
    }
    if (protocol > 5) {
        return machine_broken(m, "protocol %u is not known", (unsigned)protocol);
    }
    if (m->opcode_at != 0) {
        machine_odd(m, (int)protocol == m->protocol ? PICKLE_PROTOCOL_AGAIN : PICKLE_PROTOCOL_CHANGES);
    }
    m->protocol = (int)protocol;
    m->latest = protocol > 1 ? (unsigned)protocol : 1;
    return true;
}

/* A frame only helps those who read from a stream. */
static bool run_frame(struct machine *m, unsigned width)
{
    uint64_t size;

    if (!take_unsigned(m, width, &size)) {
        return false;
    }
    if (size > m->size - m->at) {
        return machine_broken(m, "a frame of %ju bytes, %zu present", (uintmax_t)size, m->size - m->at);
    }
    if (m->frame_end != SIZE_MAX) {
        machine_odd(m, PICKLE_FRAME_CROSSED);
    }
    m->frame_end = m->at + (size_t)size;
    machine_plan_pause(m);
    return true;
}

enum { PROTO = 0x80 };

/* --- the machine ---------------------------------------------------------- */

static const struct opcode {
    const char *name; /* as pickletools has it; NULL for a byte that is no opcode */
    bool (*run)(struct machine *machine, unsigned argument); /* NULL for STOP */
    unsigned argument;
    unsigned first, last; /* protocols that picklers write it in */
} opcodes[256] = {
    ['.'] = {"STOP", NULL, 0, 0, 5},
    ['N'] = {"NONE", run_constant, 0, 0, 5},
    [0x89] = {"NEWFALSE", run_constant, 1, 2, 5},
    [0x88] = {"NEWTRUE", run_constant, 2, 2, 5},
    ['K'] = {"BININT1", run_unsigned, 1, 1, 5},
    ['M'] = {"BININT2", run_unsigned, 2, 1, 5},
    ['J'] = {"BININT", run_binint, 4, 1, 5},
    ['I'] = {"INT", run_digits, false, 0, 2},
    ['L'] = {"LONG", run_digits, true, 0, 1},
    [0x8a] = {"LONG1", run_long, 1, 2, 5},
    [0x8b] = {"LONG4", run_long, 4, 2, 5},
    ['F'] = {"FLOAT", run_float, 0, 0, 1},
    ['G'] = {"BINFLOAT", run_binfloat, 0, 1, 5},

    ['B'] = {"BINBYTES", run_bytes, 4, 3, 5},
    ['C'] = {"SHORT_BINBYTES", run_bytes, 1, 3, 5},
    [0x8e] = {"BINBYTES8", run_bytes, 8, 4, 5},
    [0x96] = {"BYTEARRAY8", run_bytearray, 8, 5, 5},
    ['S'] = {"STRING", run_string, 0, 0, 1},
    ['T'] = {"BINSTRING", run_binstring, 4, 1, 5},
    ['U'] = {"SHORT_BINSTRING", run_binstring, 1, 1, 5},
    ['V'] = {"UNICODE", run_unicode, 0, 0, 1},
    ['X'] = {"BINUNICODE", run_binunicode, 4, 1, 5},
    [0x8c] = {"SHORT_BINUNICODE", run_binunicode, 1, 4, 5},
    [0x8d] = {"BINUNICODE8", run_binunicode, 8, 4, 5},

    [')'] = {"EMPTY_TUPLE", run_empty_tuple, 0, 1, 5},
    [']'] = {"EMPTY_LIST", run_empty, PICKLE_LIST, 1, 5},
    ['}'] = {"EMPTY_DICT", run_empty, PICKLE_DICT, 1, 5},
    [0x8f] = {"EMPTY_SET", run_empty, PICKLE_SET, 4, 5},
    ['t'] = {"TUPLE", run_tuple, 0, 0, 5},
    [0x85] = {"TUPLE1", run_small_tuple, 1, 2, 5},
    [0x86] = {"TUPLE2", run_small_tuple, 2, 2, 5},
    [0x87] = {"TUPLE3", run_small_tuple, 3, 2, 5},
    ['l'] = {"LIST", run_container, PICKLE_LIST, 0, 1},
    ['d'] = {"DICT", run_container, PICKLE_DICT, 0, 1},
    [0x91] = {"FROZENSET", run_container, PICKLE_FROZENSET, 4, 5},
    ['a'] = {"APPEND", run_add, PICKLE_LIST, 0, 5},
    ['s'] = {"SETITEM", run_add, PICKLE_DICT, 0, 5},
    ['e'] = {"APPENDS", run_add_all, PICKLE_LIST, 1, 5},
    ['u'] = {"SETITEMS", run_add_all, PICKLE_DICT, 1, 5},
    [0x90] = {"ADDITEMS", run_add_all, PICKLE_SET, 4, 5},

    ['('] = {"MARK", run_mark, 0, 0, 5},
    ['0'] = {"POP", run_pop, 0, 0, 5},
    ['1'] = {"POP_MARK", run_pop_mark, 0, 1, 5},
    ['2'] = {"DUP", run_dup, 0, 0, 5},
    ['p'] = {"PUT", run_put, 0, 0, 1},
    ['q'] = {"BINPUT", run_binput, 1, 1, 5},
    ['r'] = {"LONG_BINPUT", run_binput, 4, 1, 5},
    [0x94] = {"MEMOIZE", run_memoize, 0, 4, 5},
    ['g'] = {"GET", run_get, 0, 0, 1},
    ['h'] = {"BINGET", run_binget, 1, 1, 5},
    ['j'] = {"LONG_BINGET", run_binget, 4, 1, 5},

    ['c'] = {"GLOBAL", run_global, 0, 0, 5},
    [0x93] = {"STACK_GLOBAL", run_stack_global, 0, 4, 5},
    [0x82] = {"EXT1", run_extension, 1, 2, 5},
    [0x83] = {"EXT2", run_extension, 2, 2, 5},
    [0x84] = {"EXT4", run_extension, 4, 2, 5},
    ['R'] = {"REDUCE", run_call, PICKLE_CALLED, 0, 5},
    [0x81] = {"NEWOBJ", run_call, PICKLE_NEW, 2, 5},
    [0x92] = {"NEWOBJ_EX", run_call_keywords, PICKLE_NEW, 4, 5},
    ['i'] = {"INST", run_inst, 0, 0, 1},
    ['o'] = {"OBJ", run_obj, 0, 1, 2},
    ['P'] = {"PERSID", run_persistent, 0, 0, 1},
    ['Q'] = {"BINPERSID", run_binary_persistent, 0, 1, 5},
    [0x97] = {"NEXT_BUFFER", run_outside, 0, 5, 5},
    [0x98] = {"READONLY_BUFFER", run_readonly, 0, 5, 5},
    ['b'] = {"BUILD", run_build, 0, 0, 5},

    [PROTO] = {"PROTO", run_proto, 1, 0, 5},
    [0x95] = {"FRAME", run_frame, 8, 4, 5},
};

/* Whether a pickler of the protocol that is stated writes this opcode. */
static void check_protocol(struct machine *m, const struct opcode *opcode)
{
    if (opcode->first > m->latest) {
        machine_odd(m, m->bytes[0] == PROTO ? PICKLE_PROTOCOL_LIES : PICKLE_PROTOCOL_MISSING);
    } else {
        machine_odd(m, PICKLE_OPCODE_OUTLIVED);
    }
}

static struct pickle_value *stop(struct machine *m)
{
    if (m->mark_count > 0) {
        machine_broken(m, "a mark is left on the stack");
        return NULL;
    }
    if (m->frame_end != SIZE_MAX && m->at != m->frame_end) {
        machine_odd(m, m->at < m->frame_end ? PICKLE_FRAME_PAST_STOP : PICKLE_FRAME_CROSSED);
    }
    if (m->stack_count > 1) {
        machine_odd(m, PICKLE_LEFT_ON_STACK);
    }
    return stack_need(m, 1) ? m->stack[m->stack_count - 1] : NULL;
}

struct pickle_value *machine_run(struct machine *m)
{
    while (m->at < m->size) {
        unsigned char code = m->bytes[m->at];
        const struct opcode *opcode = &opcodes[code];

        if (opcode->name == NULL) {
            error_set(m->error, ERROR_INPUT, "broken pickle: byte 0x%02x at byte %zu is no opcode", code,
                      m->at);
            return NULL;
        }
        m->opcode = opcode->name;
        m->opcode_at = m->at++;
        if (opcode->first > m->latest || (int)opcode->last < m->protocol) {
            check_protocol(m, opcode);
        }
        if (opcode->run == NULL) {
            return stop(m);
        }
        if (!opcode->run(m, opcode->argument)) {
            return m->cut ? close_up(m) : NULL;
        }
        if (m->at >= m->pause) {
            machine_pause(m);
        }
    }
    error_set(m->error, ERROR_INPUT, "broken pickle: it ends at byte %zu without STOP", m->size);
    return NULL;
}
