#include "holders/graph.h"

#include "holders/blocks.h"
#include "holders/question.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 64,
    NODES_MAX = 1 << 15,
    EDGES_MAX = 1 << 18,
    TABLE = 4 * NODES_MAX,
    SIEVE = 1 << 16, /* bits */
    CLOCK_STEP = 1 << 16,
    MARK = 1, /* that some put into an address: torch into that of an object that it owns */
};

/* Most references lead elsewhere: one bit tells of nearly all of these. */
static void sieve_add(unsigned char *sieve, uintptr_t address)
{
    size_t bit = (address >> 4) % SIEVE;

    sieve[bit / 8] = (unsigned char)(sieve[bit / 8] | 1u << bit % 8);
}

static bool sieve_has(const unsigned char *sieve, uintptr_t address)
{
    size_t bit = (address >> 4) % SIEVE;

    return sieve[bit / 8] >> bit % 8 & 1;
}

bool graph_begin(struct graph *graph, const struct heap *heap, const struct roots *roots)
{
    *graph = (struct graph){.heap = heap, .roots = roots, .table = calloc(TABLE, sizeof graph->table[0])};
    return graph->table != NULL;
}

void graph_end(struct graph *graph)
{
    free(graph->nodes);
    free(graph->edges);
    free(graph->table);
}

static size_t place_of(const struct graph *graph, const void *address)
{
    size_t at = (uintptr_t)address / 16 * 2654435761u % TABLE;

    while (graph->table[at] != 0 && graph->nodes[graph->table[at] - 1].address != address) {
        at = (at + 1) % TABLE;
    }
    return at;
}

static bool grow(struct graph *graph, void **array, size_t *room, size_t count, size_t size)
{
    size_t larger = *room < 256 ? 256 : *room * 2;
    void *moved;

    if (count < *room) {
        return true;
    }
    moved = realloc(*array, larger * size);
    if (moved == NULL) {
        graph->failed = true;
        return false;
    }
    *array = moved;
    *room = larger;
    return true;
}

static bool add_node(struct graph *graph, size_t member, unsigned level, size_t *node)
{
    void *address = graph->heap->members[member];
    size_t at = place_of(graph, address);

    if (graph->table[at] == 0) {
        if (graph->count >= NODES_MAX ||
            !grow(graph, (void **)&graph->nodes, &graph->room, graph->count, sizeof graph->nodes[0])) {
            graph->bounds |= HOLDERS_BREADTH;
            return false;
        }
        graph->nodes[graph->count] = (struct node){
            .address = address,
            .member = member,
            .level = level,
            .root = roots_has(graph->roots, graph->heap, member),
            .first = NO_EDGE,
            .last = NO_EDGE,
        };
        graph->table[at] = ++graph->count;
    }
    *node = graph->table[at] - 1;
    return true;
}

bool graph_add(struct graph *graph, size_t member, size_t *node)
{
    return add_node(graph, member, 0, node);
}

static void add_edge(struct graph *graph, size_t member, size_t to, unsigned level, bool untold)
{
    size_t from;
    long at;

    if (!add_node(graph, member, level, &from)) {
        return;
    }
    /* a member's references come one after the other */
    at = graph->nodes[to].last;
    if (at == NO_EDGE || graph->edges[at].from != from) {
        if (graph->edge_count >= EDGES_MAX ||
            !grow(graph, (void **)&graph->edges, &graph->edge_room, graph->edge_count, sizeof graph->edges[0])) {
            graph->bounds |= HOLDERS_BREADTH;
            return;
        }
        graph->edges[graph->edge_count] = (struct edge){.from = from, .to = to, .next = NO_EDGE};
        *(at == NO_EDGE ? &graph->nodes[to].first : &graph->edges[at].next) = (long)graph->edge_count;
        at = (long)graph->edge_count++;
        graph->nodes[to].last = at;
    }
    graph->edges[at].told += !untold;
    graph->edges[at].untold += untold;
    graph->nodes[to].references += !untold;
}

/* Look at all references: which lead to a node of this level? */
static void spread_level(struct graph *graph, unsigned level, const unsigned char *sieve)
{
    const struct heap *heap = graph->heap;
    size_t reference = 0;
    size_t member;

    for (member = 0; member < heap->count && !(graph->bounds & HOLDERS_TIME); member++) {
        if (member % CLOCK_STEP == 0 && clock_now() > heap->deadline) {
            graph->bounds |= HOLDERS_TIME;
        }
        for (; reference < heap->ends[member]; reference++) {
            uintptr_t word = heap->references[reference];
            uintptr_t address = word & ~(uintptr_t)HEAP_UNTOLD;
            size_t found;

            if (!sieve_has(sieve, address)) {
                continue;
            }
            found = graph->table[place_of(graph, (void *)address)];
            if (found != 0 && graph->nodes[found - 1].level == level && !graph->nodes[found - 1].root) {
                add_edge(graph, member, found - 1, level + 1, word & HEAP_UNTOLD);
            }
        }
    }
}

void graph_spread(struct graph *graph)
{
    static const unsigned stop = HOLDERS_TIME | HOLDERS_BREADTH;

    for (; graph->done < graph->count && !(graph->bounds & stop); graph->level++) {
        unsigned char sieve[SIEVE / 8] = {0};
        bool any = false;

        if (graph->level >= DEPTH_MAX) {
            graph->bounds |= HOLDERS_DEPTH;
            return;
        }
        for (; graph->done < graph->count; graph->done++) {
            if (!graph->nodes[graph->done].root) {
                sieve_add(sieve, (uintptr_t)graph->nodes[graph->done].address);
                any = true;
            }
        }
        if (any) {
            spread_level(graph, graph->level, sieve);
        }
    }
}

size_t graph_references(const struct graph *graph, size_t node)
{
    size_t count = 0;
    long edge;

    for (edge = graph->nodes[node].first; edge != NO_EDGE; edge = graph->edges[edge].next) {
        const struct edge *it = &graph->edges[edge];

        count += it->told > it->untold ? it->told : it->untold;
    }
    return count;
}

/* More references than are known: all of them may have been made by C objects, which tell nobody. */
static bool lacks_references(const struct graph *graph, size_t node)
{
    const struct node *it = &graph->nodes[node];

    return !it->root && it->member >= graph->heap->frames + graph->heap->threads &&
           Py_REFCNT((PyObject *)it->address) > (Py_ssize_t)it->references + HEAP_HELD;
}

static void look_into_block(size_t member, uintptr_t block, const uintptr_t *words, size_t count, void *context)
{
    struct graph *graph = context;
    size_t i;

    (void)block;
    for (i = 0; i < count; i++) {
        uintptr_t word = words[i] & ~(uintptr_t)MARK;
        size_t found = word % sizeof word == 0 ? graph->table[place_of(graph, (void *)word)] : 0;

        if (found != 0 && lacks_references(graph, found - 1)) {
            add_edge(graph, member, found - 1, graph->level, true);
        }
    }
}

/* What it keeps alive by itself is not what keeps it. */
static bool is_nameless(size_t member, void *context)
{
    const struct graph *graph = context;
    size_t found = graph->table[place_of(graph, graph->heap->members[member])];

    return found != 0 && lacks_references(graph, found - 1);
}

bool graph_dig(struct graph *graph, struct heap *heap)
{
    return blocks_walk(heap, is_nameless, look_into_block, graph);
}
