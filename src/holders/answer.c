#include "holders/answer.h"

#include "holders/file.h"
#include "holders/frames.h"
#include "holders/path.h"
#include "holders/seeds.h"
#include "holders/statics.h"
#include "holders/threads.h"

#include <frameobject.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAYS_MAX = 4, /* ways to go on from one node */
    QUEUE_MAX = 8192,
    LENGTH_MAX = 400,   /* bytes of a name */
    VARIABLES_MAX = 32, /* objects that are looked for in variables */
};

/* A place in the walk up: a node, and the one that it was reached from. */
struct place {
    size_t node;
    long below; /* place in the queue; -1 at the beginning */
    long edge;  /* that was taken; NO_EDGE at the beginning */
};

struct walk {
    struct graph *graph;
    const char *hidden;
    struct place *queue; /* owned */
    long count;
    long told[HOLDERS_NAMES]; /* places of frames that names were given for */
    int told_count;
    unsigned visit;
    bool cut; /* more ways lead on from a node than were gone */
    struct holders_answer *answer;
};

static PyObject *object_of(const struct graph *graph, size_t node)
{
    size_t member = graph->nodes[node].member;

    return member >= graph->heap->frames + graph->heap->threads ? graph->nodes[node].address : NULL;
}

static bool has_frame(PyObject *object)
{
    return Py_IS_TYPE(object, &PyFrame_Type) || frame_is_generator(object);
}

/* What stands between an exporter and a memoryview. */
static bool is_silent(PyObject *keeper)
{
    static const char *const silent[] = {"managedbuffer", "_io._BytesIOBuffer", "_buffer_wrapper"};
    size_t i;

    for (i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        if (strcmp(Py_TYPE(keeper)->tp_name, silent[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* What has the view: said where it is no memoryview, Python's or Cython's. */
static void put_keeper(struct text *text, PyObject *keeper)
{
    const char *dot = strrchr(Py_TYPE(keeper)->tp_name, '.');

    if (!is_silent(keeper) && (dot == NULL || strcmp(dot, ".memoryview") != 0)) {
        text_puts(text, " (");
        step_put_type(text, Py_TYPE(keeper));
        text_puts(text, ")");
    }
}

/*
 * Words for the way down from a place; the first step has several of one kind, of which this takes one.
 * `beginning` and `end`: of what is there, where that is not where a name begins; else NULL.
 */
static bool path_text(struct walk *walk, long from, unsigned occurrence, const char *beginning, const char *end,
                      struct text *text)
{
    const struct graph *graph = walk->graph;
    struct step step = {.heap = graph->heap, .roots = graph->roots, .hidden = walk->hidden, .occurrence = occurrence,
                        .path = TEXT_INIT, .tail = TEXT_INIT};
    long at = from;
    bool ok = true;

    step.member = graph->nodes[walk->queue[at].node].member;
    step.referrer = object_of(graph, walk->queue[at].node);
    if (beginning != NULL) {
        text_puts(&step.path, beginning);
        text_puts(&step.tail, end);
    } else {
        path_begin(&step);
    }
    for (; ok && walk->queue[at].below >= 0; at = walk->queue[at].below) {
        size_t below = walk->queue[walk->queue[at].below].node;

        step.object = object_of(graph, below);
        step.told = graph->edges[walk->queue[at].edge].told > 0;
        ok = path_step(&step);
        step.before = step.referrer;
        step.referrer = step.object;
        step.member = graph->nodes[below].member;
        step.said = step.says;
        step.occurrence = 0;
    }
    if (ok) {
        put_keeper(&step.path, step.referrer);
        step_put_whole(&step, text);
    }
    text_free(&step.path);
    text_free(&step.tail);
    return ok && text->length > 0;
}

/* A long way is told by its beginning and its end. */
static void cut_middle(struct text *text)
{
    struct text cut = TEXT_INIT;
    size_t left = LENGTH_MAX / 2;
    size_t right = text->length - LENGTH_MAX / 2;

    while (left > 0 && ((unsigned char)text->data[left] & 0xc0) == 0x80) {
        left--;
    }
    while (((unsigned char)text->data[right] & 0xc0) == 0x80) {
        right++;
    }
    text_append(&cut, text->data, left);
    text_puts(&cut, " ... ");
    text_puts(&cut, text->data + right);
    text_free(text);
    *text = cut;
}

static void add_name(struct holders_answer *answer, struct text *text)
{
    int i;

    if (text->length > LENGTH_MAX) {
        cut_middle(text);
    }
    for (i = 0; i < answer->count; i++) {
        if (strcmp(answer->names[i], text_string(text)) == 0) {
            text_free(text);
            return;
        }
    }
    if (answer->count == HOLDERS_NAMES || text->failed) {
        answer->more = true;
        text_free(text);
        return;
    }
    answer->names[answer->count++] = text->data;
}

/* The frame next to the view, on the way from a place down to it: its place, or -1. */
static long frame_below(const struct walk *walk, long place)
{
    long found = -1;

    for (; place >= 0; place = walk->queue[place].below) {
        PyObject *object = object_of(walk->graph, walk->queue[place].node);

        if (object != NULL && has_frame(object)) {
            found = place;
        }
    }
    return found;
}

/* What a frame keeps is told once, however many keep that frame. */
static bool is_told(struct walk *walk, long place)
{
    long frame = frame_below(walk, place);
    int i;

    for (i = 0; frame >= 0 && i < walk->told_count; i++) {
        const struct place *told = &walk->queue[walk->told[i]];

        if (told->node == walk->queue[frame].node && told->edge == walk->queue[frame].edge) {
            return true;
        }
    }
    if (frame >= 0 && walk->told_count < HOLDERS_NAMES) {
        walk->told[walk->told_count++] = frame;
    }
    return false;
}

static void name_root(struct walk *walk, long place)
{
    unsigned told = walk->graph->edges[walk->queue[place].edge].told;
    unsigned i;

    if (is_told(walk, place)) {
        return;
    }
    for (i = 0; i < (told > 0 ? told : 1) && !walk->answer->more; i++) {
        struct text text = TEXT_INIT;

        if (path_text(walk, place, i, NULL, NULL, &text)) {
            add_name(walk->answer, &text);
        } else {
            text_free(&text);
        }
    }
}

static bool enqueue(struct walk *walk, size_t node, long below, long edge)
{
    if (walk->count == QUEUE_MAX) {
        walk->answer->bounds |= HOLDERS_BREADTH;
        return false;
    }
    walk->queue[walk->count++] = (struct place){node, below, edge};
    return true;
}

static bool is_on_path(const struct walk *walk, long place, size_t node)
{
    for (; place >= 0; place = walk->queue[place].below) {
        if (walk->queue[place].node == node) {
            return true;
        }
    }
    return false;
}

/* A visit is counted in the lower part of a node's number. */
static bool may_visit(struct walk *walk, struct node *node)
{
    if (node->visit / (WAYS_MAX + 1) != walk->visit) {
        node->visit = walk->visit * (WAYS_MAX + 1);
    }
    if (node->visit % (WAYS_MAX + 1) == WAYS_MAX) {
        walk->cut = true;
        return false;
    }
    node->visit++;
    return true;
}

/* A leftover on a frame's stack counts only where somebody must be holding it. */
static bool may_follow(const struct graph *graph, const struct edge *edge, bool leftovers)
{
    PyObject *object = object_of(graph, edge->to);
    Py_ssize_t known = (Py_ssize_t)graph->nodes[edge->to].references + HEAP_HELD;
    bool leftover = edge->told == 0 && graph->nodes[edge->from].member < graph->heap->frames;

    return !leftover || (leftovers && (object == NULL || Py_REFCNT(object) > known));
}

/* Of leftovers only where nothing else is found: what somebody must be holding may as well be held by C code. */
static void go_up(struct walk *walk, bool leftovers)
{
    long i;

    for (i = 0; i < walk->count && !walk->answer->more; i++) {
        long edge = walk->graph->nodes[walk->queue[i].node].first;

        for (; edge != NO_EDGE && !walk->answer->more; edge = walk->graph->edges[edge].next) {
            size_t from = walk->graph->edges[edge].from;

            if (!may_follow(walk->graph, &walk->graph->edges[edge], leftovers)) {
                continue;
            }
            if (walk->graph->nodes[from].root) {
                if (enqueue(walk, from, i, edge)) {
                    name_root(walk, walk->count - 1);
                    walk->count--; /* a name is the end */
                }
            } else if (!is_on_path(walk, i, from) && may_visit(walk, &walk->graph->nodes[from])) {
                enqueue(walk, from, i, edge);
            }
        }
    }
}

/* All references to what was walked through come from what was walked through. */
static bool is_closed(const struct walk *walk)
{
    long i;

    for (i = 0; i < walk->count; i++) {
        const struct node *node = &walk->graph->nodes[walk->queue[i].node];
        PyObject *object = object_of(walk->graph, walk->queue[i].node);

        if (object == NULL || Py_REFCNT(object) > (Py_ssize_t)node->references + HEAP_HELD) {
            return false;
        }
    }
    return true;
}

/* Without a name in Python, it may be a variable's, in C. */
static bool name_variable(struct walk *walk)
{
    const void *addresses[VARIABLES_MAX];
    struct text end = TEXT_INIT;
    struct text text = TEXT_INIT;
    size_t count = 0, which = 0;
    bool found = false;

    while (count < VARIABLES_MAX && (long)count < walk->count) {
        addresses[count] = object_of(walk->graph, walk->queue[count].node);
        count++;
    }
    text_puts(&end, " of ");
    if (clock_now() < walk->graph->heap->deadline && statics_find(addresses, count, &which, &end)) {
        found = path_text(walk, (long)which, 0, "a C variable", text_string(&end), &text);
    }
    text_free(&end);
    if (found) {
        add_name(walk->answer, &text);
    }
    return found;
}

/* How much it tells a person that something is kept by such an object. */
static int tells(PyObject *object)
{
    return PyExceptionInstance_Check(object)                                          ? 5
           : PyTraceBack_Check(object)                                                ? 4
           : has_frame(object)                                                        ? 3
           : Py_TYPE(object)->tp_flags & Py_TPFLAGS_HEAPTYPE && !PyDict_Check(object) ? 2
           : PyFunction_Check(object) || PyMethod_Check(object)                       ? 1
                                                                                      : 0;
}

static void put_function(struct text *text, PyObject *function)
{
    PyCodeObject *code = (PyCodeObject *)PyFunction_GET_CODE(function);

    text_puts(text, "<function ");
    step_put_string(text, ((PyFunctionObject *)function)->func_qualname);
    text_puts(text, " at ");
    step_put_string(text, file_called(code->co_filename));
    text_printf(text, ":%d>", code->co_firstlineno);
}

/* What to call it; a frame tells its own name. */
static void put_nameless(struct text *text, PyObject *object)
{
    if (is_silent(object) || PyMemoryView_Check(object)) {
        text_puts(text, "a memoryview");
    } else if (PyExceptionInstance_Check(object) || PyTraceBack_Check(object)) {
        step_put_type(text, Py_TYPE(object));
    } else if (PyFunction_Check(object)) {
        put_function(text, object);
    } else if (!has_frame(object)) {
        text_puts(text, "<");
        step_put_class(text, Py_TYPE(object));
        text_puts(text, " object>");
    }
}

/* Where the way ends because nothing refers to what is there, but C code that tells nobody: its place, or -1. */
static long top_of(const struct walk *walk)
{
    long i;

    for (i = 0; i < walk->count && walk->answer->bounds == 0 && walk->answer->state == HOLDERS_UNNAMED; i++) {
        if (walk->graph->nodes[walk->queue[i].node].first == NO_EDGE) {
            return i;
        }
    }
    return -1;
}

/* Without a name: by the nearest thing on the way that tells a person something. */
static void describe(struct walk *walk)
{
    struct text beginning = TEXT_INIT;
    struct text text = TEXT_INIT;
    const char *end = "";
    long found = walk->count > 1 ? 1 : 0;
    int best = 0;
    long i;

    for (i = 0; i < walk->count; i++) {
        PyObject *object = object_of(walk->graph, walk->queue[i].node);

        if (object != NULL && tells(object) > best) {
            best = tells(object);
            found = i;
        }
    }
    if (best == 0 && top_of(walk) >= 0) {
        found = top_of(walk);
        end = ", to which no Python object is seen to refer";
    }
    put_nameless(&beginning, object_of(walk->graph, walk->queue[found].node));
    if (path_text(walk, found, 0, text_string(&beginning), end, &text)) {
        add_name(walk->answer, &text);
    }
    text_free(&beginning);
}

static void begin_walk(struct walk *walk, const size_t *seeds, size_t count, unsigned visit)
{
    size_t i;

    walk->visit = visit;
    walk->count = 0;
    walk->told_count = 0;
    for (i = 0; i < count; i++) {
        if (may_visit(walk, &walk->graph->nodes[seeds[i]])) {
            enqueue(walk, seeds[i], -1, NO_EDGE);
        }
    }
}

void answer_from(struct graph *graph, const size_t *seeds, size_t count, const char *hidden, unsigned visit,
                 struct holders_answer *answer)
{
    struct walk walk = {.graph = graph, .hidden = hidden, .answer = answer,
                        .queue = calloc(QUEUE_MAX, sizeof walk.queue[0])};

    if (walk.queue == NULL) {
        answer->bounds |= HOLDERS_BREADTH;
        return;
    }
    answer->bounds |= graph->bounds | graph->heap->bounds;
    if (count > 0) {
        begin_walk(&walk, seeds, count, 2 * visit);
        go_up(&walk, false);
        if (answer->count == 0) {
            begin_walk(&walk, seeds, count, 2 * visit + 1);
            go_up(&walk, true);
            answer->guessed = answer->count > 0;
        }
        answer->state = answer->count > 0                         ? HOLDERS_KEPT
                        : is_closed(&walk) && answer->bounds == 0 ? HOLDERS_GARBAGE
                        : name_variable(&walk)                    ? HOLDERS_KEPT
                                                                  : HOLDERS_UNNAMED;
    }
    if (count > 0 && answer->count == 0) {
        describe(&walk);
    } else {
        answer->bounds &= ~(unsigned)HOLDERS_DEPTH; /* the nearest are known */
        answer->more |= walk.cut;
    }
    free(walk.queue);
}

void answer_from_stack(const struct graph *graph, const struct holders_question *question,
                       struct holders_answer *answer)
{
    PyThreadState *thread = seeds_in_place(question)
                                ? threads_on_stack(graph->heap, graph->roots, (uintptr_t)question->view)
                                : NULL;
    struct text text = TEXT_INIT;

    if (thread != NULL) {
        text_puts(&text, "C code that runs");
        threads_put(&text, thread, graph->roots);
        answer->state = HOLDERS_KEPT;
        add_name(answer, &text);
    }
}
