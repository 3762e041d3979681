/*
 * From the graph to the answer for one question; for src/holders.
 */
#ifndef MVIEW_HOLDERS_ANSWER_H
#define MVIEW_HOLDERS_ANSWER_H

#include "holders/graph.h"
#include "holders/question.h"

#include <stddef.h>

/* The nodes that have a view, for a question.  `visit` is a number that no other walk of this graph had. */
void answer_from(struct graph *graph, const size_t *seeds, size_t count, const char *hidden, unsigned visit,
                 struct holders_answer *answer);

/* No object has it: it may be a function's, in C, that has not returned yet. */
void answer_from_stack(const struct graph *graph, const struct holders_question *question,
                       struct holders_answer *answer);

#endif
