/*
 * The answer's way out: a descriptor written in large pieces, without stdio.
 *
 * A failed write is sticky: `failed_errno` is kept, later calls return false
 * at once, and the caller reports it at the end.  EPIPE is no such case: the
 * program keeps SIGPIPE's default action and dies of it, as every filter.
 */
#ifndef MVIEW_BASE_OUTPUT_H
#define MVIEW_BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct error;

struct output {
    int fd;
    int failed_errno;      /* 0 as long as every write succeeded */
    unsigned char *buffer; /* owned */
    size_t size;           /* bytes that it has room for: one of those below */
    size_t used;           /* bytes of the buffer not yet written */
    unsigned long drains;  /* how often the buffer was written out */
};

enum {
    OUTPUT_BUFFER_SIZE = 256 * 1024,
    OUTPUT_PIPE_SIZE = 64 * 1024, /* into a pipe: what one holds, if nobody has changed it */
};

/* Take over a descriptor; it is closed by output_close. */
bool output_open(struct output *output, int fd, struct error *error);

/* Append bytes; what is larger than the buffer is written from where it lies. */
bool output_write(struct output *output, const void *bytes, size_t length);
bool output_puts(struct output *output, const char *string);

/*
 * Room for `length` bytes (at most output->size) to be filled in place
 * and then made part of the output by output_commit; NULL after a failed write.
 */
unsigned char *output_reserve(struct output *output, size_t length);
void output_commit(struct output *output, size_t length);

/*
 * Take back what was appended since the mark, as far as it is still buffered:
 * for an answer that failed before its first part was written.
 */
struct output_mark {
    size_t used;
    unsigned long drains;
};
struct output_mark output_mark(const struct output *output);
void output_rollback(struct output *output, struct output_mark mark);

/* Write out what is buffered.  False, and the error, when any write so far failed. */
bool output_flush(struct output *output, struct error *error);

/* Flush and close; close's own error counts too (a full disk on NFS shows only there). */
bool output_close(struct output *output, struct error *error);

#endif
