#include "holders/holders.h"

#include "holders/answer.h"
#include "holders/collector.h"
#include "holders/graph.h"
#include "holders/heap.h"
#include "holders/roots.h"
#include "holders/seeds.h"

#include <stdlib.h>

enum { ROUNDS = 3 }; /* of looking for what C objects keep */

static void give_up(struct holders_answer *answers, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        answers[i].bounds = HOLDERS_TIME | HOLDERS_DEPTH | HOLDERS_BREADTH;
    }
}

/* The seeds of a question, as nodes of the graph: how many. */
static size_t seeds_of(struct graph *graph, const struct seeds *seeds, size_t question, size_t *nodes)
{
    size_t found = 0;
    size_t i;

    for (i = 0; i < seeds->count; i++) {
        if (seeds->list[i].question == question && graph_add(graph, seeds->list[i].member, &nodes[found])) {
            found++;
        }
    }
    return found;
}

/* Those that were not answered, or without a name.  `round` is another one each time. */
static bool answer_open(struct graph *graph, const struct seeds *seeds, struct holders_answer *answers, size_t count,
                        const char *hidden, unsigned round)
{
    const struct holders_question *questions = seeds->questions;
    size_t *nodes = calloc(seeds->count + 1, sizeof nodes[0]);
    size_t i;

    for (i = 0; nodes != NULL && i < count; i++) {
        size_t found = round == 0 || answers[i].state == HOLDERS_UNNAMED ? seeds_of(graph, seeds, i, nodes) : 0;

        if (found > 0) {
            holders_free(&answers[i], 1);
            answer_from(graph, nodes, found, hidden, (unsigned)(round * count + i) + 1, &answers[i]);
            answers[i].bounds |= answers[i].state == HOLDERS_UNNAMED && seeds->cut ? HOLDERS_BREADTH : 0u;
            answers[i].references = questions[i].itself ? graph_references(graph, nodes[0]) : 0;
        } else if (round == 0) {
            answers[i].bounds = graph->bounds | graph->heap->bounds | (seeds->cut ? HOLDERS_BREADTH : 0u);
            answer_from_stack(graph, &questions[i], &answers[i]);
        }
    }
    free(nodes);
    return nodes != NULL;
}

static bool any_unnamed(const struct holders_answer *answers, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (answers[i].state == HOLDERS_UNNAMED) {
            return true;
        }
    }
    return false;
}

static bool find_all(const struct holders_question *questions, struct holders_answer *answers, size_t count,
                     const struct holders_options *options)
{
    struct heap heap = {0};
    struct roots roots = {0};
    struct seeds seeds = {0};
    struct graph graph = {0};
    unsigned round;
    size_t i, node;
    bool ok = seeds_begin(&seeds, questions, count) && roots_begin(&roots, options->begin, options->begin_name) &&
              heap_take(&heap, options->ignored, options->ignored_count, options->seconds, seeds_look, &seeds) &&
              graph_begin(&graph, &heap, &roots);

    if (ok) {
        seeds_add_exporters(&seeds, &heap);
        seeds_dig(&seeds, &heap);
        seeds_settle(&seeds);
        for (i = 0; i < seeds.count; i++) {
            graph_add(&graph, seeds.list[i].member, &node);
        }
        graph_spread(&graph);
        ok = answer_open(&graph, &seeds, answers, count, options->hidden, 0);
    }
    for (round = 1; ok && round <= ROUNDS && any_unnamed(answers, count) && graph.bounds == 0; round++) {
        seeds.cut |= !graph_dig(&graph, &heap);
        graph_spread(&graph);
        ok = answer_open(&graph, &seeds, answers, count, options->hidden, round);
    }
    ok = ok && !seeds.failed && !graph.failed;
    graph_end(&graph);
    seeds_end(&seeds);
    roots_end(&roots);
    heap_free(&heap);
    return ok;
}

bool holders_find(const struct holders_question *questions, struct holders_answer *answers, size_t count,
                  const struct holders_options *options)
{
    PyObject *type, *value, *traceback;
    bool collects, ok;
    size_t i;

    for (i = 0; i < count; i++) {
        answers[i] = (struct holders_answer){.state = HOLDERS_NONE};
    }
    PyErr_Fetch(&type, &value, &traceback);
    collects = collector_rest();
    ok = count == 0 || find_all(questions, answers, count, options);
    collector_go_on(collects);
    PyErr_Restore(type, value, traceback);
    if (!ok) {
        holders_free(answers, count);
        give_up(answers, count);
    }
    return ok;
}

void holders_free(struct holders_answer *answers, size_t count)
{
    size_t i;
    int name;

    for (i = 0; i < count; i++) {
        for (name = 0; name < answers[i].count; name++) {
            free(answers[i].names[name]);
        }
        answers[i] = (struct holders_answer){.state = HOLDERS_NONE};
    }
}
