#include "holders/seeds.h"

#include "holders/blocks.h"
#include "memory/peek.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORD = sizeof(uintptr_t),
    WORDS_MAX = 1 << 12, /* of an object */
    COPIES_MAX = 16,     /* of one view: many views of one exporter are all alike */
};

/* An address to compare with, and who wants to know. */
struct wanted {
    uintptr_t address;
    size_t question;
};

/* What there is for a question so far. */
struct found {
    bool in_place;
    unsigned copies;
};

static int by_address(const void *left, const void *right)
{
    uintptr_t a = ((const struct wanted *)left)->address;
    uintptr_t b = ((const struct wanted *)right)->address;

    return a < b ? -1 : a > b;
}

bool seeds_begin(struct seeds *seeds, const struct holders_question *questions, size_t count)
{
    size_t i;

    *seeds = (struct seeds){.questions = questions,
                            .question_count = count,
                            .views = calloc(count + 1, sizeof seeds->views[0]),
                            .exporters = calloc(count + 1, sizeof seeds->exporters[0]),
                            .found = calloc(count + 1, sizeof seeds->found[0])};
    if (seeds->views == NULL || seeds->exporters == NULL || seeds->found == NULL) {
        return false;
    }
    for (i = 0; i < count; i++) {
        const struct holders_question *question = &questions[i];

        if (question->view != NULL && !question->moved) {
            seeds->views[seeds->view_count++] = (struct wanted){(uintptr_t)question->view, i};
        }
        if (!question->itself) {
            seeds->exporters[seeds->exporter_count++] =
                (struct wanted){(uintptr_t)(question->view != NULL ? question->filled.obj : question->exporter), i};
        }
    }
    qsort(seeds->views, seeds->view_count, sizeof seeds->views[0], by_address);
    qsort(seeds->exporters, seeds->exporter_count, sizeof seeds->exporters[0], by_address);
    return true;
}

void seeds_end(struct seeds *seeds)
{
    free(seeds->views);
    free(seeds->exporters);
    free(seeds->found);
    free(seeds->list);
}

/* The first that is not below an address. */
static size_t first_from(const struct wanted *list, size_t count, uintptr_t address)
{
    size_t low = 0;

    while (low < count) {
        size_t middle = low + (count - low) / 2;

        if (list[middle].address < address) {
            low = middle + 1;
        } else {
            count = middle;
        }
    }
    return low;
}

static void add_seed(struct seeds *seeds, size_t question, size_t member, bool copy)
{
    struct found *found = &seeds->found[question];
    size_t i;

    if (copy && (found->in_place || found->copies == COPIES_MAX)) {
        return;
    }
    found->in_place |= !copy;
    for (i = seeds->count; i > 0 && seeds->list[i - 1].member == member; i--) {
        if (seeds->list[i - 1].question == question) {
            seeds->list[i - 1].copy &= copy;
            return;
        }
    }
    found->copies += copy;
    if (seeds->count == seeds->room) {
        size_t room = seeds->room < 64 ? 64 : seeds->room * 2;
        struct seed *moved = realloc(seeds->list, room * sizeof seeds->list[0]);

        if (moved == NULL) {
            seeds->failed = true;
            return;
        }
        seeds->list = moved;
        seeds->room = room;
    }
    seeds->list[seeds->count++] = (struct seed){question, member, copy};
}

/* --- memory --- */

/* Is there still what the exporter filled in?  Memory that was given back may be anybody's. */
static bool is_filled(const Py_buffer *there, const struct holders_question *question)
{
    return there->obj == question->filled.obj && there->buf == question->filled.buf &&
           there->len == question->filled.len;
}

static bool is_filled_at(uintptr_t address, const struct holders_question *question)
{
    Py_buffer there;

    return memory_peek(&there, address, sizeof there) && is_filled(&there, question);
}

bool seeds_in_place(const struct holders_question *question)
{
    return question->view != NULL && !question->moved && is_filled_at((uintptr_t)question->view, question);
}

/* --- looking at one object --- */

static void look_inside(struct seeds *seeds, size_t member, PyObject *object, size_t bytes)
{
    uintptr_t begin = (uintptr_t)object;
    size_t i = first_from(seeds->views, seeds->view_count, begin);

    for (; i < seeds->view_count && seeds->views[i].address - begin + sizeof(Py_buffer) <= bytes; i++) {
        Py_buffer there;

        memcpy(&there, (char *)object + (seeds->views[i].address - begin), sizeof there);
        if (is_filled(&there, &seeds->questions[seeds->views[i].question])) {
            add_seed(seeds, seeds->views[i].question, member, false);
        }
    }
}

/* A word may be a pointer to a Py_buffer, or to a block that has one in it. */
static void look_behind(struct seeds *seeds, size_t member, uintptr_t word)
{
    size_t i = word >= BLOCK_MAX ? first_from(seeds->views, seeds->view_count, word) : seeds->view_count;

    for (; i < seeds->view_count && seeds->views[i].address - word < BLOCK_MAX; i++) {
        uintptr_t view = seeds->views[i].address;

        if ((view == word || view + sizeof(Py_buffer) - word <= blocks_size(word)) &&
            is_filled_at(view, &seeds->questions[seeds->views[i].question])) {
            add_seed(seeds, seeds->views[i].question, member, false);
        }
    }
}

/* Could this be a Py_buffer in use? */
static bool is_plausible(const Py_buffer *view)
{
    return view->len >= 0 && view->itemsize >= 0 && (view->readonly == 0 || view->readonly == 1) && view->ndim >= 0 &&
           view->ndim <= PyBUF_MAX_NDIM && (view->len == 0 || view->buf != NULL);
}

static bool is_open(const struct seeds *seeds, size_t question)
{
    return !seeds->found[question].in_place && seeds->found[question].copies == 0;
}

/* The second word of a Py_buffer is whose it is: is it one that is asked for?  `open`: and that nobody has. */
static void look_at_copy(struct seeds *seeds, size_t member, const char *at, size_t left, bool open)
{
    Py_buffer view;
    size_t i;

    if (left < sizeof view) {
        return;
    }
    memcpy(&view, at, sizeof view);
    i = first_from(seeds->exporters, seeds->exporter_count, (uintptr_t)view.obj);
    for (; i < seeds->exporter_count && seeds->exporters[i].address == (uintptr_t)view.obj; i++) {
        const struct holders_question *question = &seeds->questions[seeds->exporters[i].question];

        if (open && !is_open(seeds, seeds->exporters[i].question)) {
            continue;
        }
        if (question->view == NULL ? is_plausible(&view) : is_filled(&view, question)) {
            add_seed(seeds, seeds->exporters[i].question, member, question->view != NULL);
        }
    }
}

/* Objects that stand between an exporter and who has a view of it. */
static void look_through(struct seeds *seeds, size_t member, uintptr_t word)
{
    size_t i = first_from(seeds->exporters, seeds->exporter_count, word);

    for (; i < seeds->exporter_count && seeds->exporters[i].address == word; i++) {
        if (seeds->questions[seeds->exporters[i].question].view == NULL) {
            add_seed(seeds, seeds->exporters[i].question, member, false);
        }
    }
}

void seeds_look(size_t member, PyObject *object, const struct kind *kind, void *context)
{
    struct seeds *seeds = context;
    size_t words = kind->size / WORD;
    size_t i;

    look_inside(seeds, member, object, kind->size);
    if (!kind->foreign && !kind->keeps_views && !kind->stands_between) {
        return;
    }
    for (i = sizeof(PyObject) / WORD; i < words && i < WORDS_MAX; i++) {
        const char *at = (const char *)object + i * WORD;
        uintptr_t word;

        memcpy(&word, at, sizeof word);
        if (kind->stands_between) {
            look_through(seeds, member, word);
        } else {
            if (kind->foreign) {
                look_behind(seeds, member, word);
            }
            look_at_copy(seeds, member, at, kind->size - i * WORD, false);
        }
    }
}

void seeds_add_exporters(struct seeds *seeds, struct heap *heap)
{
    size_t i, member;

    for (i = 0; i < seeds->question_count; i++) {
        if (seeds->questions[i].itself && heap_member(heap, seeds->questions[i].exporter, &member)) {
            add_seed(seeds, i, member, false);
        }
    }
}

/* --- looking further --- */

static bool has_copy(const struct holders_question *question, const uintptr_t *words, size_t count)
{
    size_t i;

    for (i = 0; i + sizeof(Py_buffer) / WORD <= count; i++) {
        Py_buffer there;

        memcpy(&there, &words[i], sizeof there);
        if (is_filled(&there, question)) {
            return true;
        }
    }
    return false;
}

/*
 * A list of exports, as whoever asks has it, or what is left of one: with what was filled in, it has the address where.
 * A copy that a consumer made has not.
 */
static bool is_record(const struct seeds *seeds, const uintptr_t *words, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        size_t k = first_from(seeds->views, seeds->view_count, words[i]);

        for (; k < seeds->view_count && seeds->views[k].address == words[i]; k++) {
            if (has_copy(&seeds->questions[seeds->views[k].question], words, count)) {
                return true;
            }
        }
    }
    return false;
}

static void look_into_block(size_t member, uintptr_t block, const uintptr_t *words, size_t count, void *context)
{
    size_t i;

    if (is_record(context, words, count)) {
        return;
    }
    for (i = 0; i < count; i++) {
        if (words[i] != block) {
            look_behind(context, member, words[i]);
        }
        look_at_copy(context, member, (const char *)&words[i], (count - i) * WORD, true);
    }
}

void seeds_dig(struct seeds *seeds, struct heap *heap)
{
    size_t question = 0;

    while (question < seeds->question_count && !is_open(seeds, question)) {
        question++;
    }
    seeds->cut = question < seeds->question_count && !blocks_walk(heap, NULL, look_into_block, seeds);
}

void seeds_settle(struct seeds *seeds)
{
    size_t kept = 0;
    size_t i;

    for (i = 0; i < seeds->count; i++) {
        if (!seeds->list[i].copy || !seeds->found[seeds->list[i].question].in_place) {
            seeds->list[kept++] = seeds->list[i];
        }
    }
    seeds->count = kept;
}
