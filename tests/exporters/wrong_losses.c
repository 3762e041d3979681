/*
 * Wrong in what they leave behind, in whose memory they show, and in what code that they call back may do.
 */
#include "exporters.h"

#include <stdlib.h>
#include <string.h>

/* --- what requests leave behind --- */

/* Told from memory that is still reachable by nobody. */
static void *volatile lost;

static int get_loses_memory(struct exporter *self, Py_buffer *view, int flags)
{
    lost = malloc(40);
    return answer(self, view, flags);
}

static int get_loses_on_failure(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result < 0) {
        lost = malloc(40);
    }
    return result;
}

static int get_loses_object(struct exporter *self, Py_buffer *view, int flags)
{
    lost = PyList_New(0);
    return answer(self, view, flags);
}

static bool make_with_list(struct exporter *self)
{
    self->root = PyList_New(0);
    return self->root != NULL && make_ints(self);
}

static int get_keeps_list(struct exporter *self, Py_buffer *view, int flags)
{
    Py_INCREF(self->root);
    return answer(self, view, flags);
}

/* Each one that is made has a reference that nobody owns. */
static bool make_immortal(struct exporter *self)
{
    Py_INCREF(self);
    return make_ints(self);
}

/* --- releases --- */

static void release_right_of_other(struct exporter *self, Py_buffer *view)
{
    (void)view;
    self->exports--;
}

/* The views have a copy, which the last release frees. */
static int get_copy(struct exporter *self, Py_buffer *view, int flags)
{
    int result = answer(self, view, flags);

    if (result == 0 && self->other == NULL) {
        self->other = malloc(self->allocated);
        if (self->other != NULL) {
            memcpy(self->other, self->memory, self->allocated);
        }
    }
    if (result == 0 && self->other != NULL) {
        view->buf = self->other;
    }
    return result;
}

static void release_copy(struct exporter *self, Py_buffer *view)
{
    (void)view;
    answered(self);
    if (self->exports == 0) {
        free(self->other);
        self->other = NULL;
    }
}

/* --- whose memory it is --- */

static bool make_over_bytes(struct exporter *self)
{
    self->root = PyBytes_FromStringAndSize("abcdefghijklmnopqrstuvwx", 24);
    if (self->root == NULL || !make_ints(self)) {
        return false;
    }
    self->buf = (unsigned char *)PyBytes_AS_STRING(self->root);
    return true;
}

static bool make_over_text(struct exporter *self)
{
    self->root = PyUnicode_FromString("abcdefghijklmnopqrstuvwx");
    if (self->root == NULL || !make_ints(self)) {
        return false;
    }
    self->buf = PyUnicode_DATA(self->root);
    return true;
}

/* --- code that is called back --- */

/* An index that takes a view while it is asked for its value. */
#define TAKES_A_VIEW \
    "_.resize(type('Index', (), {'__index__': lambda self: globals().update(kept=memoryview(_)) or 8})())"

const struct mode wrong_losses[] = {
    {.name = "loses memory", ERROR("no-leak", make_ints, get_loses_memory)},
    {.name = "loses memory on failure", ERROR("no-leak", make_table, get_loses_on_failure)},
    {.name = "loses an object", ERROR("no-leak", make_ints, get_loses_object)},
    {.name = "keeps its list", ERROR("no-leak", make_with_list, get_keeps_list)},
    {.name = "keeps itself", WARNING("evaluation-balances", make_immortal, get_right)},
    {.name = "two parents", ERROR("slots-of-one-type", make_ints, get_right), .release = release_right_of_other,
     .type = two_parents},
    {.name = "frees a copy", INFO("release-frees-memory", make_many_ints, get_copy), .release = release_copy},
    {.name = "over bytes", ERROR("writable-over-immutable", make_over_bytes, get_right)},
    {.name = "over text", ERROR("writable-over-immutable", make_over_text, get_right)},
    {.name = "resizes under a callback", ERROR("no-stale-view-by-callback", make_ints, get_right),
     .release = release_right, .mutate = TAKES_A_VIEW, .resize_early = true},
    {.name = NULL},
};
