#include <Python.h>

#include "trace/lines.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
    NEAR = 4096, /* bytes of code that are gone through faster than a table is looked for */
    TABLES = 32, /* long functions that are known at a time */
};

struct span {
    int begin; /* up to the next one's */
    int line;
};

/*
 * The lines of one code.  It keeps Python's own packed form of them, so that no other code's can come to lie there;
 * the code is not kept, for its end may be one of the program's.
 */
struct table {
    PyObject *packed; /* owned */
    int first_line;
    struct span *spans; /* owned; by their begin */
    size_t count, room;
};

static struct table tables[TABLES]; /* those without `packed` are free */
static unsigned next_table;         /* the one that is given up for a new one */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of these; nothing of Python's is called with it */

static PyObject *packed_of(const PyCodeObject *code)
{
#if PY_VERSION_HEX < 0x030a0000
    return code->co_lnotab;
#else
    return code->co_linetable;
#endif
}

static bool add_span(struct table *table, int begin, int line)
{
    if (table->count == table->room) {
        size_t room = table->room > 0 ? 2 * table->room : 1024;
        struct span *grown = realloc(table->spans, room * sizeof *grown);

        if (grown == NULL) {
            return false;
        }
        table->spans = grown;
        table->room = room;
    }
    table->spans[table->count++] = (struct span){begin, line};
    return true;
}

#if PY_VERSION_HEX < 0x030a0000
/* Objects/lnotab_notes.txt: pairs of bytes, how far on in the code and, signed, how many lines. */
static bool unpack(struct table *table, PyCodeObject *code)
{
    const char *bytes = PyBytes_AS_STRING(table->packed);
    Py_ssize_t size = PyBytes_GET_SIZE(table->packed), i;
    int begin = 0, line = code->co_firstlineno;
    bool ok = add_span(table, begin, line);

    for (i = 0; i + 1 < size && ok; i += 2) {
        begin += (unsigned char)bytes[i];
        line += (signed char)bytes[i + 1];
        ok = add_span(table, begin, line);
    }
    return ok;
}
#else
static bool add_item(struct table *table, PyObject *item)
{
    PyObject *line = PyTuple_GET_ITEM(item, 2);

    return add_span(table, (int)PyLong_AsLong(PyTuple_GET_ITEM(item, 0)),
                    line == Py_None ? -1 : (int)PyLong_AsLong(line));
}

/* What packs them differs from one Python to the next; co_lines is there in all, and in order. */
static bool unpack(struct table *table, PyCodeObject *code)
{
    PyObject *lines = PyObject_CallMethod((PyObject *)code, "co_lines", NULL);
    PyObject *item = NULL;
    bool ok = lines != NULL;

    while (ok && (item = PyIter_Next(lines)) != NULL) {
        ok = add_item(table, item);
        Py_DECREF(item);
    }
    ok = ok && PyErr_Occurred() == NULL;
    PyErr_Clear();
    Py_XDECREF(lines);
    return ok;
}
#endif

/* The line of the last span that begins there or before. */
static int line_in(const struct table *table, int place)
{
    size_t low = 0, high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (table->spans[middle].begin <= place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? table->spans[low - 1].line : -1;
}

static bool look_up(const PyCodeObject *code, int place, int *line)
{
    bool found = false;
    int i;

    pthread_mutex_lock(&lock);
    for (i = 0; i < TABLES && !found; i++) {
        found = tables[i].packed == packed_of(code) && tables[i].first_line == code->co_firstlineno;
        if (found) {
            *line = line_in(&tables[i], place);
        }
    }
    pthread_mutex_unlock(&lock);
    return found;
}

/* Owned by the tables from here on. */
static void put(const struct table *table)
{
    struct table old;

    pthread_mutex_lock(&lock);
    old = tables[next_table];
    tables[next_table] = *table;
    next_table = (next_table + 1) % TABLES;
    pthread_mutex_unlock(&lock);
    Py_XDECREF(old.packed);
    free(old.spans);
}

int lines_find(PyCodeObject *code, int place)
{
    struct table table = {.packed = packed_of(code), .first_line = code->co_firstlineno};
    int line;

    /* what one interpreter made is not another's to free */
    if (place < NEAR || PyInterpreterState_Get() != PyInterpreterState_Main()) {
        return PyCode_Addr2Line(code, place);
    }
    if (look_up(code, place, &line)) {
        return line;
    }
    if (!unpack(&table, code)) {
        free(table.spans);
        return PyCode_Addr2Line(code, place);
    }
    line = line_in(&table, place);
    Py_INCREF(table.packed);
    put(&table);
    return line;
}
