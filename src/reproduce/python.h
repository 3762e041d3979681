/*
 * Pieces of Python's language, written; for src/reproduce.
 */
#ifndef MVIEW_REPRODUCE_PYTHON_H
#define MVIEW_REPRODUCE_PYTHON_H

#include <stdbool.h>
#include <stdint.h>

struct text;
struct transcript;

/* Is this word in the code? */
bool python_uses(const char *code, const char *word);

/* A str literal; bytes that are no UTF-8 become what os.fsdecode makes of them. */
void python_literal(struct text *text, const char *string);

/* An expression as it is, or, `named` or not fit to stand there, as eval("...", names). */
void python_expression(struct text *text, const char *expression, bool named);

/* "MOD" or "MOD=NAME" as an import on a line. */
void python_import(struct text *text, const char *spec);

/* SIZES: the formats that were answered, and what each describes in bytes; not the itemsize where it is `wrong`. */
void python_sizes(struct text *text, const struct transcript *transcript, uint64_t wrong);

/* "REQUESTS = {...}", the flags of a set's requests by their names: bit I stands for requests[I]. */
void python_requests(struct text *script, uint64_t set);

#endif
