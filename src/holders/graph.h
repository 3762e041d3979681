/*
 * Of the heap, the part that leads to some objects: who refers to them, who
 * to those, up to what has a name; for src/holders.
 */
#ifndef MVIEW_HOLDERS_GRAPH_H
#define MVIEW_HOLDERS_GRAPH_H

#include "holders/heap.h"
#include "holders/roots.h"

#include <stdbool.h>
#include <stddef.h>

enum { NO_EDGE = -1 };

struct node {
    void *address;
    size_t member;     /* of the heap */
    unsigned level;    /* steps from where the search began */
    bool root;         /* a name begins here: nobody is looked for who refers to it */
    long first, last;  /* edges to it, NO_EDGE for none */
    size_t references; /* to it, by objects that tell the collector */
    unsigned visit;    /* for who walks the graph */
};

/* One that refers to another. */
struct edge {
    size_t from, to;          /* nodes */
    long next;                /* edge to the same node */
    unsigned told, untold;    /* how many references, of which kind */
};

struct graph {
    const struct heap *heap;
    const struct roots *roots;
    struct node *nodes; /* owned */
    struct edge *edges; /* owned */
    size_t count, room, edge_count, edge_room;
    size_t *table;      /* owned: nodes by address, open addressing; 0 is free, else the number of the node + 1 */
    size_t done;        /* nodes that were gone up from */
    unsigned level;     /* of the next */
    unsigned bounds;    /* enum holders_bound */
    bool failed;        /* out of memory */
};

bool graph_begin(struct graph *graph, const struct heap *heap, const struct roots *roots);
void graph_end(struct graph *graph);

/* The node of a member of the heap, made if need be, at level 0; false where there is no room. */
bool graph_add(struct graph *graph, size_t member, size_t *node);

/* Go up from all nodes that were not gone up from yet. */
void graph_spread(struct graph *graph);

/* How many references to a node were seen; those that an object tells the collector are in its memory, too. */
size_t graph_references(const struct graph *graph, size_t node);

/*
 * Look for those who refer to nodes that have more references than are known, in
 * blocks of the heap that C objects point to.  False when not in all.
 */
bool graph_dig(struct graph *graph, struct heap *heap);

#endif
