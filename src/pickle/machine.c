#include "pickle/machine.h"

#include "base/error.h"

/* --- containers ----------------------------------------------------------- */

/* The values from `first` on; NULL for none, for the stack may not have been needed yet. */
static struct pickle_value **values_from(const struct machine *m, size_t first)
{
    return first < m->stack_count ? m->stack + first : NULL;
}

static bool push_tuple(struct machine *m, size_t first)
{
    size_t count = m->stack_count - first;
    struct pickle_value *tuple = value_new(m, PICKLE_TUPLE);

    if (tuple == NULL || !value_extend(m, tuple, values_from(m, first), count)) {
        return false;
    }
    m->stack_count = first;
    return stack_push(m, tuple);
}

static bool run_empty(struct machine *m, unsigned kind)
{
    return stack_push(m, value_new(m, (enum pickle_kind)kind));
}

static bool run_tuple(struct machine *m, unsigned unused)
{
    size_t first;

    (void)unused;
    return stack_pop_mark(m, &first) && push_tuple(m, first);
}

static bool run_small_tuple(struct machine *m, unsigned count)
{
    return stack_need(m, count) && push_tuple(m, m->stack_count - count);
}

/* Move the values from `first` on into the container below or just made. */
static bool fill(struct machine *m, struct pickle_value *container, size_t first)
{
    struct pickle_value **items = values_from(m, first);
    size_t count = m->stack_count - first;
    size_t i;

    if (container->kind == PICKLE_DICT) {
        if (count % 2 != 0) {
            return machine_broken(m, "a key without a value");
        }
        for (i = 0; i < count; i += 2) {
            if (!value_is_key(items[i])) {
                return machine_refuse(m, "a dict key of type '%s'", value_type_name(items[i]));
            }
        }
    }
    m->stack_count = first;
    return value_extend(m, container, items, count);
}

/* LIST, DICT: a new container of all that lies above the mark. */
static bool run_container(struct machine *m, unsigned kind)
{
    struct pickle_value *container = value_new(m, (enum pickle_kind)kind);
    size_t first;

    return container != NULL && stack_pop_mark(m, &first) && fill(m, container, first) &&
           stack_push(m, container);
}

/* Put the values from `first` on into the container below them. */
static bool add(struct machine *m, enum pickle_kind kind, size_t first)
{
    struct pickle_value *container = m->stack[first - 1];

    if (container->kind != kind) {
        return machine_broken(m, "a %s needed on the stack, '%s' there",
                              kind == PICKLE_LIST ? "list" : "dict", value_type_name(container));
    }
    return fill(m, container, first);
}

/* APPEND, SETITEM */
static bool run_add(struct machine *m, unsigned kind)
{
    size_t count = kind == PICKLE_LIST ? 1 : 2;

    return stack_need(m, count + 1) && add(m, (enum pickle_kind)kind, m->stack_count - count);
}

/* APPENDS, SETITEMS */
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
    return true;
}

static bool run_dup(struct machine *m, unsigned unused)
{
    (void)unused;
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

/* --- globals and calls ---------------------------------------------------- */

static bool push_global(struct machine *m, const unsigned char *module, size_t module_size,
                        const unsigned char *name, size_t name_size)
{
    const struct pickle_global *global =
        global_find((const char *)module, module_size, (const char *)name, name_size);
    struct pickle_value *value;

    if (global == NULL) {
        return machine_refuse(m, "'%.*s.%.*s'", module_size < 200 ? (int)module_size : 200,
                              (const char *)module, name_size < 200 ? (int)name_size : 200,
                              (const char *)name);
    }
    value = value_new(m, (enum pickle_kind)KIND_GLOBAL);
    if (value != NULL) {
        value->global = global;
    }
    return stack_push(m, value);
}

static bool run_global(struct machine *m, unsigned unused)
{
    const unsigned char *module, *name;
    size_t module_size, name_size;

    (void)unused;
    return take_line(m, &module, &module_size) && take_line(m, &name, &name_size) &&
           push_global(m, module, module_size, name, name_size);
}

static bool run_stack_global(struct machine *m, unsigned unused)
{
    const struct pickle_value *module, *name;

    (void)unused;
    if (!stack_need(m, 2)) {
        return false;
    }
    name = m->stack[--m->stack_count];
    module = m->stack[--m->stack_count];
    if (module->kind != PICKLE_STR || name->kind != PICKLE_STR) {
        return machine_broken(m, "a global's names must be str");
    }
    return push_global(m, module->data, module->size, name->data, name->size);
}

static bool run_reduce(struct machine *m, unsigned unused)
{
    const struct pickle_value *callable, *arguments;

    (void)unused;
    if (!stack_need(m, 2)) {
        return false;
    }
    arguments = m->stack[--m->stack_count];
    callable = m->stack[--m->stack_count];
    return stack_push(m, build_call(m, callable, arguments));
}

static bool run_build(struct machine *m, unsigned unused)
{
    const struct pickle_value *state;

    (void)unused;
    if (!stack_need(m, 2)) {
        return false;
    }
    state = m->stack[--m->stack_count];
    return build_state(m, m->stack[m->stack_count - 1], state);
}

/* --- the rest ------------------------------------------------------------- */

static bool run_proto(struct machine *m, unsigned width)
{
    uint64_t protocol;

    if (m->opcode_at != 0) {
        return machine_broken(m, "only the first opcode can be this");
    }
    if (!take_unsigned(m, width, &protocol)) {
        return false;
    }
    if (protocol > 5) {
        return machine_broken(m, "protocol %u is not known", (unsigned)protocol);
    }
    m->protocol = (int)protocol;
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
    return true;
}

static bool run_refused(struct machine *m, unsigned unused)
{
    (void)unused;
    return machine_refuse(m, "opcode %s", m->opcode);
}

static bool run_outside(struct machine *m, unsigned unused)
{
    (void)unused;
    return error_set(m->error, ERROR_INPUT,
                     "opcode %s at byte %zu: the data are not in the file (out-of-band buffers)", m->opcode,
                     m->opcode_at);
}

/* --- the machine ---------------------------------------------------------- */

static const struct opcode {
    const char *name; /* as pickletools has it; NULL for a byte that is no opcode */
    bool (*run)(struct machine *machine, unsigned argument); /* NULL for STOP */
    unsigned argument;
} opcodes[256] = {
    ['.'] = {"STOP", NULL, 0},
    ['N'] = {"NONE", run_constant, 0},
    [0x89] = {"NEWFALSE", run_constant, 1},
    [0x88] = {"NEWTRUE", run_constant, 2},
    ['K'] = {"BININT1", run_unsigned, 1},
    ['M'] = {"BININT2", run_unsigned, 2},
    ['J'] = {"BININT", run_binint, 4},
    ['I'] = {"INT", run_digits, false},
    ['L'] = {"LONG", run_digits, true},
    [0x8a] = {"LONG1", run_long, 1},
    [0x8b] = {"LONG4", run_long, 4},
    ['F'] = {"FLOAT", run_float, 0},
    ['G'] = {"BINFLOAT", run_binfloat, 0},

    ['B'] = {"BINBYTES", run_bytes, 4},
    ['C'] = {"SHORT_BINBYTES", run_bytes, 1},
    [0x8e] = {"BINBYTES8", run_bytes, 8},
    [0x96] = {"BYTEARRAY8", run_bytearray, 8},
    ['S'] = {"STRING", run_string, 0},
    ['T'] = {"BINSTRING", run_binstring, 4},
    ['U'] = {"SHORT_BINSTRING", run_binstring, 1},
    ['V'] = {"UNICODE", run_unicode, 0},
    ['X'] = {"BINUNICODE", run_binunicode, 4},
    [0x8c] = {"SHORT_BINUNICODE", run_binunicode, 1},
    [0x8d] = {"BINUNICODE8", run_binunicode, 8},

    [')'] = {"EMPTY_TUPLE", run_empty, PICKLE_TUPLE},
    [']'] = {"EMPTY_LIST", run_empty, PICKLE_LIST},
    ['}'] = {"EMPTY_DICT", run_empty, PICKLE_DICT},
    ['t'] = {"TUPLE", run_tuple, 0},
    [0x85] = {"TUPLE1", run_small_tuple, 1},
    [0x86] = {"TUPLE2", run_small_tuple, 2},
    [0x87] = {"TUPLE3", run_small_tuple, 3},
    ['l'] = {"LIST", run_container, PICKLE_LIST},
    ['d'] = {"DICT", run_container, PICKLE_DICT},
    ['a'] = {"APPEND", run_add, PICKLE_LIST},
    ['s'] = {"SETITEM", run_add, PICKLE_DICT},
    ['e'] = {"APPENDS", run_add_all, PICKLE_LIST},
    ['u'] = {"SETITEMS", run_add_all, PICKLE_DICT},

    ['('] = {"MARK", run_mark, 0},
    ['0'] = {"POP", run_pop, 0},
    ['1'] = {"POP_MARK", run_pop_mark, 0},
    ['2'] = {"DUP", run_dup, 0},
    ['p'] = {"PUT", run_put, 0},
    ['q'] = {"BINPUT", run_binput, 1},
    ['r'] = {"LONG_BINPUT", run_binput, 4},
    [0x94] = {"MEMOIZE", run_memoize, 0},
    ['g'] = {"GET", run_get, 0},
    ['h'] = {"BINGET", run_binget, 1},
    ['j'] = {"LONG_BINGET", run_binget, 4},

    ['c'] = {"GLOBAL", run_global, 0},
    [0x93] = {"STACK_GLOBAL", run_stack_global, 0},
    ['R'] = {"REDUCE", run_reduce, 0},
    ['b'] = {"BUILD", run_build, 0},

    [0x80] = {"PROTO", run_proto, 1},
    [0x95] = {"FRAME", run_frame, 8},

    ['i'] = {"INST", run_refused, 0},
    ['o'] = {"OBJ", run_refused, 0},
    [0x81] = {"NEWOBJ", run_refused, 0},
    [0x92] = {"NEWOBJ_EX", run_refused, 0},
    [0x82] = {"EXT1", run_refused, 0},
    [0x83] = {"EXT2", run_refused, 0},
    [0x84] = {"EXT4", run_refused, 0},
    ['P'] = {"PERSID", run_refused, 0},
    ['Q'] = {"BINPERSID", run_refused, 0},
    [0x8f] = {"EMPTY_SET", run_refused, 0},
    [0x90] = {"ADDITEMS", run_refused, 0},
    [0x91] = {"FROZENSET", run_refused, 0},
    [0x97] = {"NEXT_BUFFER", run_outside, 0},
    [0x98] = {"READONLY_BUFFER", run_outside, 0},
};

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
        if (opcode->run == NULL) {
            if (m->mark_count > 0) {
                machine_broken(m, "a mark is left on the stack");
                return NULL;
            }
            return stack_need(m, 1) ? m->stack[m->stack_count - 1] : NULL;
        }
        if (!opcode->run(m, opcode->argument)) {
            return NULL;
        }
    }
    error_set(m->error, ERROR_INPUT, "broken pickle: it ends at byte %zu without STOP", m->size);
    return NULL;
}
