/*
 * What the functions that know a consumer share; for src/known's own files.
 */
#ifndef MVIEW_KNOWN_READS_H
#define MVIEW_KNOWN_READS_H

#include "format/format.h"
#include "known/consumers.h"
#include "known/subject.h"

struct reading {
    const struct consumer *consumer;
    const struct subject *subject;
    struct verdict *verdict;

    /* After reading_ask: */
    struct answer answer;
    bool takes_type_layout; /* NumPy goes by the ctypes type, not by the format */
    bool parsed;
    struct format format; /* of the answer, when parsed; the caller frees it with reading_end */
    char numpy_format[TRANSCRIPT_FORMAT_SIZE]; /* what `format` is of when NumPy reads another text in it */
};

/*
 * Ask for what the consumer asks for.  False, with the reason, when that and
 * the fallback bring nothing, or an answer that nobody could make sense of.
 */
bool reading_ask(struct reading *reading);
bool reading_ask_for(struct reading *reading, const struct subject *subject, int flags, int fallback);
void reading_end(struct reading *reading);

/* Append why not; returns false, so that `return cannot(...)` reads well. */
bool cannot(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Append what is to be known of one that reads; returns true. */
bool but(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Say so when len is not what shape and itemsize make, to one that reads the items, or len bytes; it is not. */
bool but_len(struct reading *reading, bool items);

/* It reads the items, or len bytes: say what but_len has to say, and return true. */
bool reads_items(struct reading *reading);
bool reads_len(struct reading *reading);

/* Add the element types of the consumer's languages that are of this group and size; some were added. */
bool add_types(struct reading *reading, enum group group, size_t size);

/* What a consumer of a virtual subject would be told; without a remedy. */
bool consumer_reads(const struct consumer *consumer, const struct subject *subject, struct verdict *verdict);

/* Find what helps a consumer that cannot read, and write it down. */
void find_remedy(const struct consumer *consumer, const struct subject *subject, struct verdict *verdict);

/* The functions that know. */
bool check_memoryview(struct reading *reading);
bool check_cast(struct reading *reading);
bool check_dunder(struct reading *reading);
bool check_copy(struct reading *reading);
bool check_bytes(struct reading *reading);
bool check_parsed(struct reading *reading);
bool check_hashlib(struct reading *reading);
bool check_frombytes(struct reading *reading);
bool check_ctypes(struct reading *reading);
bool check_pickle(struct reading *reading);
bool check_s_star(struct reading *reading);
bool check_y_hash(struct reading *reading);
bool check_cffi(struct reading *reading);
bool check_asarray(struct reading *reading);
bool check_frombuffer(struct reading *reading);
bool check_torch(struct reading *reading);
bool check_not_null(struct reading *reading);
bool check_cython(struct reading *reading);
bool check_cython_const(struct reading *reading);
bool check_cython_c(struct reading *reading);
bool check_cython_f(struct reading *reading);
bool check_buffer_info(struct reading *reading);
bool check_array_t(struct reading *reading);
bool check_noconvert(struct reading *reading);
bool check_nanobind(struct reading *reading);
bool check_pyo3(struct reading *reading);

/* Typed memoryviews take no more than this, nor fewer than one. */
enum { CYTHON_DIMENSIONS = CONSUMER_ANY_NDIM - 1 };

/* A row whose name has the exporter's dimensions; "Cython T[:, ::1]" appended. */
bool consumer_has_dimensions(const struct consumer *consumer);
void consumer_name(const struct consumer *consumer, int ndim, struct text *name);

#endif
