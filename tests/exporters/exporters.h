/*
 * The parts of the module: an exporter, and the modes it comes in.
 */
#ifndef MVIEW_TESTS_EXPORTERS_H
#define MVIEW_TESTS_EXPORTERS_H

#include <Python.h>

#include <stdbool.h>
#include <stddef.h>

enum { MAX_NDIM = 64, MAX_VIEWS = 64 };

struct exporter;

struct mode {
    const char *name;
    bool (*make)(struct exporter *self);
    int (*get)(struct exporter *self, Py_buffer *view, int flags);
    void (*release)(struct exporter *self, Py_buffer *view); /* NULL: a type without bf_releasebuffer */

    /* Of wrong ones: */
    const char *rule;     /* the rule that it breaks .. */
    const char *severity; /* .. and how that is judged */
    const char *mutate;   /* what shows it, as --mutate; NULL when nothing is needed */
    bool resize_anyway;   /* resize() does not care about views */
    bool resize_early;    /* .. looks for them before it calls back */
    PyTypeObject *(*type)(void); /* a type of its own (a new reference); NULL: by `release` */
    PyObject **resize_error; /* what it raises for them; NULL: BufferError */
    bool unlocked;        /* threads meet in it where there is no GIL */
};

struct exporter {
    PyObject_HEAD
    const struct mode *mode;
    unsigned char *memory; /* owned */
    size_t allocated;      /* bytes */
    size_t mapped;         /* bytes, when it is mmap's */
    void *other;           /* owned; a mode's own */
    PyObject *root;        /* owned; a mode's own */

    unsigned char *buf;
    Py_ssize_t len, itemsize;
    int readonly, ndim;
    const char *format;
    bool indirect;
    Py_ssize_t shape[MAX_NDIM + 1], strides[MAX_NDIM + 1], suboffsets[MAX_NDIM + 1];

    Py_ssize_t exports;
    int calls; /* a mode's own count */
    bool copied; /* a mode's own */
    const void *views[MAX_VIEWS]; /* a mode's own */
};

/* Each ended by a name of NULL. */
extern const struct mode right_modes[], wrong_endings[], wrong_answers[], wrong_lifetimes[], wrong_losses[];

/* A type whose bf_getbuffer is one base's and whose bf_releasebuffer is another's: a new reference. */
PyTypeObject *two_parents(void);

/* The parts of a wrong mode's row that all of them have. */
#define ERROR(id, make_it, get_it) .rule = id, .severity = "error", .make = make_it, .get = get_it
#define WARNING(id, make_it, get_it) .rule = id, .severity = "warning", .make = make_it, .get = get_it
#define INFO(id, make_it, get_it) .rule = id, .severity = "info", .make = make_it, .get = get_it


/* All as it should be: grant or refuse, fill in, count. */
int answer(struct exporter *self, Py_buffer *view, int flags);
void answered(struct exporter *self); /* the release */

/* Does a request ask for all of this?  Is it of this base, with or without WRITABLE and FORMAT? */
bool asks(int flags, int wanted);
bool has_base(int flags, int base);

int get_right(struct exporter *self, Py_buffer *view, int flags); /* the same, as a mode's */
void release_right(struct exporter *self, Py_buffer *view);
int refuse(Py_buffer *view, PyObject *type, const char *why);

struct exporter *exporter_new(const struct mode *mode);

/* What memory there is. */
bool make_items(struct exporter *self, const char *format, Py_ssize_t itemsize, int ndim,
                const Py_ssize_t *shape);
bool make_rows(struct exporter *self, const char *format, Py_ssize_t itemsize,
               Py_ssize_t columns);             /* two, each behind a pointer */
bool make_ints(struct exporter *self);          /* six, 1-d */
bool make_many_ints(struct exporter *self);     /* thousands, 1-d */
bool make_readonly_ints(struct exporter *self); /* the same, readonly */
bool make_table(struct exporter *self);         /* two by three, C order */
bool make_strided(struct exporter *self);       /* six, every second */
bool make_pil(struct exporter *self);           /* two by three bytes behind pointers */

#endif
