/*
 * The child's side of one offer; for src/offer.
 */
#ifndef MVIEW_OFFER_ATTEMPT_H
#define MVIEW_OFFER_ATTEMPT_H

#include <Python.h>

#include "trial/battery.h"

#include <sys/types.h>

/* What the child writes and the parent reads while it runs; the compiler must not keep any of it back. */
struct shared {
    volatile unsigned beat; /* goes on with every step */
    volatile bool done;     /* the child came to its end */
    char modules[16384];    /* those that it imported, each ended by a newline; as many as fit */
    double searched; /* seconds that went into who keeps what is left */
    double waited;   /* .. and into waiting for threads that may still be at it */
    struct call call;
};

struct attempt {
    PyObject *code;      /* the expression, compiled */
    PyObject *namespace; /* __main__'s names */
    struct buffer buffer;
    struct shared *shared;
    bool compare; /* false when the reference itself does not come back */
    bool quiet;   /* not the first: what the expression prints is lost */
    double timeout; /* seconds that the child may be still */
    double search;  /* .. that may go into who keeps what is left */
    double wait;    /* .. and into waiting for threads */
    pid_t child;  /* a child's: its own number */
};

/* --- attempt.c --- */

/* Be the child that offers the buffer. */
_Noreturn void attempt_run(struct attempt *attempt);

/* --- modules.c: what the expression imports on its way need be imported once only --- */

/* Which modules there are: a new reference, or NULL. */
PyObject *modules_now(void);

/* In a child: write down one that is about to be imported (arguments of the audit event), should there be no end. */
void modules_note(struct shared *shared, PyObject *arguments);

/* At its end, in place of those: the ones that came after `before`. */
void modules_tell(struct shared *shared, PyObject *before);

/* In the parent: import them, as far as they can be. */
void modules_import(struct shared *shared);

/* --- evaluate.c --- */

/* Write ahead what comes next. */
void attempt_mark(struct attempt *attempt, enum call_phase phase);

/* The expression evaluated once with a buffer of ours. */
struct evaluation {
    struct buffer buffer;
    PyObject *exporter;   /* owned; NULL when it is a bytearray or a view of bytes */
    PyObject *object;     /* what `_` is; owned */
    PyObject *result;     /* owned; NULL: it raised, or was not evaluated yet */
    unsigned char *items; /* of the buffer, in C index order: before, then after the call; owned */
    bool written;         /* they are not what they were */
};

/*
 * Make what `_` is to be.  Items are plan_len bytes; `call`, or NULL, is where the exporter writes down what happens
 * to it.  False when there is no memory.  The evaluation must stay where it is.
 */
bool evaluation_begin(struct evaluation *evaluation, const struct buffer *buffer, const unsigned char *items,
                      struct call *call);

/* The same with the items in a bytearray of Python's own, or a view of bytes. */
bool evaluation_begin_bytes(struct evaluation *evaluation, const struct buffer *buffer, const unsigned char *items);

/* Evaluate.  False when it raised; *exception, which may be NULL, says what. */
bool evaluation_run(struct attempt *attempt, struct evaluation *evaluation, struct exception *exception);

/* --- compare.c --- */

/* Before the call: evaluate with a copy of its items. */
void compare_before(struct attempt *attempt, const struct evaluation *call);

/* After it: evaluate with all else that tells how the results compare, and write that down. */
void compare_after(struct attempt *attempt, const struct evaluation *call);

/* --- equal.c --- */

/* 1: equal; 0: not; -1: there is no telling.  What is `_` on both sides is the same. */
int equal_results(PyObject *a, const struct evaluation *of_a, PyObject *b, const struct evaluation *of_b);

/* repr, cut. */
void equal_text(PyObject *object, char text[CALL_TEXT_SIZE]);

/* A text, cut, in one line. */
void equal_cut(const char *from, char text[CALL_TEXT_SIZE]);

/* --- left.c --- */

/* After the last repetition: write down what of it no Python object keeps, where something adds up. */
void left_search(struct attempt *attempt, const struct evaluation *call);

/* --- fault.c --- */

/* From now on write down where the process ends by a fault. */
void fault_watch(struct fault *fault);

#endif
