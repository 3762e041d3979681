/*
 * The parts of the module `protocols`: an object that tells of its memory by other ways than a buffer, and the modes
 * it comes in.
 *
 * The structures are declared from the specifications: dlpack.h 1.1, NumPy's "The array interface protocol", "The
 * Arrow C data interface".
 */
#ifndef MVIEW_TESTS_PROTOCOLS_H
#define MVIEW_TESTS_PROTOCOLS_H

#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

enum { ITEMS = 6 }; /* int32_t, 0 to 5: two rows of three */

struct subject;
struct product;
struct told_struct;
struct told_arrow;

struct mode {
    const char *name;
    PyTypeObject *type;

    /* Of wrong ones: */
    const char *rule;     /* the rule that it breaks .. */
    const char *severity; /* .. and how that is judged */

    /* DLPack */
    bool no_keywords;                                      /* takes none but stream */
    bool legacy;                                           /* cannot make a versioned capsule */
    bool readonly;                                         /* the memory */
    bool copies;                                           /* always */
    bool copies_never;                                     /* not even when asked to */
    bool counted;      /* DLPack: one tensor for all capsules at a time, which counts them */
    int device_type;                                       /* what __dlpack_device__ says; 0: the CPU */
    void (*spoil)(struct product *product);                /* before it is given out */
    PyObject *(*give)(struct subject *self);               /* instead of a capsule */
    void (*destroy)(PyObject *capsule);                    /* instead of the right destructor */
    PyObject *(*device)(struct subject *self);             /* instead of a tuple */

    /* __array_interface__, __array_struct__ */
    PyObject *(*interface)(struct subject *self);
    void (*spoil_struct)(struct told_struct *told);
    PyObject *(*give_struct)(struct subject *self);

    /* Arrow */
    void (*spoil_arrow)(struct told_arrow *told);
    PyObject *(*give_arrow)(struct subject *self);
};

struct subject {
    PyObject_HEAD
    const struct mode *mode;
    int32_t *items; /* owned; twice as many as needed */
    void *kept;     /* a mode's own: what was given before */
    int calls;      /* a mode's own */
};

/* Each ended by a name of NULL. */
extern const struct mode dlpack_right[], dlpack_wrong[], array_right[], array_wrong[], arrow_right[], arrow_wrong[],
    many_right[], many_wrong[];

extern PyTypeObject dlpack_type, interface_type, struct_type, arrow_type, many_type;

#define ERROR(id, of) .type = &of, .rule = id, .severity = "error"
#define WARNING(id, of) .type = &of, .rule = id, .severity = "warning"

/* --- DLPack --- */

struct tensor {
    void *data;
    int32_t device_type, device_id;
    int32_t ndim;
    uint8_t code, bits;
    uint16_t lanes;
    int64_t *shape, *strides; /* items */
    uint64_t byte_offset;
};

struct legacy {
    struct tensor tensor;
    void *context;
    void (*deleter)(struct legacy *self);
};

struct versioned {
    uint32_t major, minor;
    void *context;
    void (*deleter)(struct versioned *self);
    uint64_t flags;
    struct tensor tensor;
};

enum { READ_ONLY = 1, COPIED = 2, KDL_CPU = 1, KDL_CUDA = 2, KDL_INT = 0, KDL_BFLOAT = 4 };

/* What a capsule leads to, and all that it needs. */
struct product {
    union {
        struct legacy legacy;
        struct versioned versioned;
    } managed;
    bool is_versioned;
    struct tensor *tensor; /* inside it */
    const char *name;      /* of the capsule */
    int64_t shape[2], strides[2];
    PyObject *owner; /* a reference, or NULL */
    void *memory;    /* a copy's: owned, or NULL */
    int capsules;    /* that lead to it and have not come to their end, where there may be several */
};

/* What right and wrong ones are made of: a tensor, deleters that end it, and the destructor of an unused capsule. */
void product_free(struct product *product);
void delete_legacy(struct legacy *self);
void delete_versioned(struct versioned *self);
void delete_any(PyObject *capsule);
void destroy_unused(PyObject *capsule);
struct product *product_new(struct subject *self, bool is_versioned, bool copy);

PyObject *subject_dlpack(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *subject_dlpack_device(PyObject *self, PyObject *none);

/* --- the array interface --- */

struct array_struct {
    int two, nd;
    char typekind;
    int itemsize, flags;
    Py_ssize_t *shape, *strides;
    void *data;
    PyObject *descr;
};

struct told_struct {
    struct array_struct array;
    Py_ssize_t shape[2], strides[2];
    PyObject *owner; /* a reference, or NULL */
    void *memory;    /* owned, or NULL */
};

PyObject *subject_interface(PyObject *self, void *closure);
PyObject *subject_struct(PyObject *self, void *closure);

/* --- Arrow --- */

struct arrow_schema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct arrow_schema **children, *dictionary;
    void (*release)(struct arrow_schema *self);
    void *private_data;
};

struct arrow_array {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct arrow_array **children, *dictionary;
    void (*release)(struct arrow_array *self);
    void *private_data;
};

struct told_arrow {
    struct arrow_schema schema;
    struct arrow_array array;
    const void *buffers[3];
    struct arrow_schema child_schema, *schema_children[1];
    struct arrow_array child_array, *array_children[1];
    PyObject *owner; /* a reference, or NULL */
    int references;  /* of the two structures to this */
    const char *names[2];
    struct arrow_array *own; /* what is given out for `array` */
};

PyObject *subject_arrow(PyObject *self, PyObject *args, PyObject *kwargs);

/* --- what several modes do --- */

PyObject *again(PyObject *object); /* with a reference more */
PyObject *give_number(struct subject *self);
PyObject *give_error(struct subject *self);  /* RuntimeError */
PyObject *give_exit(struct subject *self);   /* _exit(3) */
PyObject *give_crash(struct subject *self);  /* SIGSEGV */
PyObject *give_never(struct subject *self);  /* an endless loop */

#endif
