/*
 * What a call leaves: is it lost, or kept by something of Python's?
 */
#include "offer/attempt.h"

#include "base/clock.h"
#include "holders/holders.h"
#include "offer/exporter.h"

#include <string.h>

enum { VIEWS_MAX = 64 }; /* that are looked for; the last ones */

struct search {
    struct holders_question questions[VIEWS_MAX + 1];
    struct holders_answer answers[VIEWS_MAX + 1];
    size_t views, count; /* questions: those about views come first */
};

/* Where all of it was looked through: nobody, or an object that itself is lost. */
static bool is_lost(const struct holders_answer *answer)
{
    return answer->state != HOLDERS_KEPT && answer->bounds == 0;
}

/* Each view by its own place; those of a memoryview have none that is known. */
static void ask_for_views(struct search *search, const struct evaluation *evaluation)
{
    const Py_buffer *views[VIEWS_MAX];
    Py_buffer filled;
    size_t i;

    if (evaluation->buffer.guise == GUISE_MEMORYVIEW) {
        search->questions[search->views++] = (struct holders_question){.exporter = evaluation->object};
        return;
    }
    search->views = exporter_views(evaluation->exporter, views, VIEWS_MAX, &filled);
    for (i = 0; i < search->views; i++) {
        search->questions[i] =
            (struct holders_question){.exporter = evaluation->exporter, .view = views[i], .filled = filled};
    }
}

static void ask(struct search *search, const struct call *call, const struct evaluation *evaluation)
{
    if (call_leaves(call) > 0) {
        ask_for_views(search, evaluation);
    }
    search->count = search->views;
    if (call_leaves_references(call) > 0) {
        search->questions[search->count++] = (struct holders_question){.exporter = evaluation->object, .itself = true};
    }
}

static void take_keeper(struct call *call, const struct holders_answer *answer)
{
    if (call->keeper[0] == '\0' && answer->state == HOLDERS_KEPT && answer->count > 0) {
        equal_cut(answer->names[0], call->keeper);
    }
}

static void take_views(struct call *call, const struct search *search, enum guise guise)
{
    size_t i;

    for (i = 0; i < search->views; i++) {
        call->lost += is_lost(&search->answers[i]);
        take_keeper(call, &search->answers[i]);
    }
    if (guise == GUISE_MEMORYVIEW && call->lost > 0) {
        call->lost = call->held_after[CALL_REPEATS - 1];
    }
}

/* A view that something keeps has a reference of its own, which is among those that were seen. */
static void take_references(struct call *call, const struct holders_answer *answer)
{
    int64_t more = call->references_after[CALL_REPEATS - 1];
    int64_t seen = (int64_t)answer->references - (call->held_after[CALL_REPEATS - 1] - call->lost);

    if (is_lost(answer)) {
        call->lost_references = more;
    } else if (answer->bounds == 0 && seen < more) {
        call->lost_references = more - (seen > 0 ? seen : 0);
    }
    take_keeper(call, answer);
}

void left_search(struct attempt *attempt, const struct evaluation *evaluation)
{
    struct call *call = &attempt->shared->call;
    struct search search = {.count = 0};
    double longest = attempt->timeout / 2 < HOLDERS_SECONDS ? attempt->timeout / 2 : HOLDERS_SECONDS;
    const struct holders_options options = {
        .hidden = "_",
        .seconds = attempt->search < longest ? attempt->search : longest,
    };
    double begin = clock_seconds();

    ask(&search, call, evaluation);
    call->searched = search.count > 0;
    if (search.count == 0 || options.seconds <= 0) {
        return;
    }
    attempt->shared->beat++;
    holders_find(search.questions, search.answers, search.count, &options);
    take_views(call, &search, evaluation->buffer.guise);
    if (search.count > search.views) {
        take_references(call, &search.answers[search.views]);
    }
    holders_free(search.answers, search.count);
    attempt->shared->searched = clock_seconds() - begin;
    attempt->shared->beat++;
}
