#include <Python.h>

#include "trace/holding.h"

#include "holders/holders.h"
#include "memory/peek.h"
#include "trace/subject.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- what is held ------------------------------------------------------------------------------ */

/*
 * Whether the Py_buffer still lies where it was filled, as far as can be seen; one that has lost its place may be
 * anywhere.  A release that was made by hand (the slot called, obj set to NULL) is seen here at the latest.
 */
static bool is_released(const struct ledger_export *export)
{
    Py_buffer now;

    return export->placed && memory_peek(&now, export->view.address, sizeof now) && now.obj == NULL &&
           (uintptr_t)now.buf == export->view.buf;
}

static int by_owner(const void *left, const void *right)
{
    const struct holding *a = left, *b = right;

    if (a->export.exporter != b->export.exporter) {
        return a->export.exporter < b->export.exporter ? -1 : 1;
    }
    return a->export.time < b->export.time ? -1 : a->export.time > b->export.time;
}

/* Exporters in the order in which they were first asked for what is held: addresses are others in each run. */
static int by_first(const void *left, const void *right)
{
    const struct holding *a = left, *b = right;

    return a->first != b->first ? (a->first < b->first ? -1 : 1) : by_owner(left, right);
}

static void sort(struct holdings *holdings)
{
    struct holding *items = holdings->items;
    size_t i;

    qsort(items, holdings->count, sizeof *items, by_owner);
    for (i = 0; i < holdings->count; i++) {
        bool same = i > 0 && items[i].export.exporter == items[i - 1].export.exporter;

        items[i].first = same ? items[i - 1].first : items[i].export.time;
    }
    qsort(items, holdings->count, sizeof *items, by_first);
}

static bool concerns(const struct ledger_export *export, const uintptr_t *of, size_t of_count)
{
    size_t i;

    for (i = 0; i < of_count; i++) {
        if (export->view.owner == of[i] || export->exporter == of[i]) {
            return true;
        }
    }
    return of_count == 0;
}

bool holding_collect(struct ledger *ledger, const uintptr_t *of, size_t of_count, struct holdings *holdings)
{
    size_t room = ledger->live < HOLDING_MOST ? (size_t)ledger->live : HOLDING_MOST;
    size_t i;

    *holdings = (struct holdings){.items = calloc(room + 1, sizeof *holdings->items)};
    if (holdings->items == NULL) {
        return false;
    }
    for (i = 0; i < ledger->export_count; i++) {
        struct ledger_export *export = &ledger->exports[i];

        if (export->used && is_released(export)) {
            ledger_forget(ledger, export);
        } else if (!export->used || !concerns(export, of, of_count)) {
            continue;
        } else if (holdings->count == room) {
            holdings->left_out += (size_t)export->times;
            holdings->left_out_time = export->time > holdings->left_out_time ? export->time : holdings->left_out_time;
        } else {
            holdings->items[holdings->count++] = (struct holding){
                .export = *export, .words = ledger->rows[export->row].words, .state = HOLDING_NOT_FOUND, .why = ""};
        }
    }
    sort(holdings);
    return true;
}

static void drop_names(struct holding *holding)
{
    size_t i;

    for (i = 0; i < holding->name_count; i++) {
        free(holding->names[i]);
    }
    free(holding->names);
    holding->names = NULL;
    holding->name_count = 0;
}

/* --- who keeps them ---------------------------------------------------------------------------- */

/* What is left of an object that was freed has no count of references that an object could have. */
static bool is_object(uintptr_t address)
{
    PyObject object;

    return memory_peek(&object, address, sizeof object) && Py_REFCNT(&object) > 0 && object.ob_type != NULL &&
           Py_REFCNT(&object) < INT64_MAX / 2;
}

static bool is_thread(long thread)
{
    return syscall(SYS_tgkill, getpid(), thread, 0) == 0;
}

/* A Py_buffer on a stack belongs to a call that runs, unless there is none any more. */
static bool may_be_running(const struct ledger_export *export, bool ended)
{
    long thread = export->view.thread;

    return thread != 0 && (thread == syscall(SYS_gettid) ? !ended : is_thread(thread));
}

static void take_answer(struct holding *holding, struct holders_answer *answer, bool ended)
{
    static const enum holding_state states[] = {
        [HOLDERS_NONE] = HOLDING_LEAKED,
        [HOLDERS_GARBAGE] = HOLDING_GARBAGE,
        [HOLDERS_KEPT] = HOLDING_KEPT,
        [HOLDERS_UNNAMED] = HOLDING_UNNAMED,
    };
    int i;

    holding->state = states[answer->state];
    holding->guessed = answer->guessed;
    holding->more = answer->more;
    holding->why = holders_bounds_text(answer->bounds);
    if (holding->state == HOLDING_LEAKED && answer->bounds != 0) {
        holding->state = HOLDING_NOT_FOUND;
    } else if (holding->state == HOLDING_LEAKED && may_be_running(&holding->export, ended)) {
        holding->state = HOLDING_NOT_FOUND;
        holding->why = "it may be a call that is still running";
    }
    holding->names = answer->count > 0 ? calloc((size_t)answer->count, sizeof *holding->names) : NULL;
    for (i = 0; holding->names != NULL && i < answer->count; i++) {
        holding->names[holding->name_count++] = answer->names[i];
        answer->names[i] = NULL;
    }
}

/* Whether the owner can be looked at. */
static bool is_here(const struct ledger_export *export)
{
    return !export->view.elsewhere && is_object(export->view.owner);
}

uintptr_t holding_behind(const struct ledger_export *export)
{
    return is_here(export) ? (uintptr_t)subject_behind((PyObject *)export->view.owner) : 0;
}

/* What kind of exporters theirs are. */
static void know(struct holdings *holdings)
{
    size_t i;

    for (i = 0; i < holdings->count; i++) {
        struct holding *holding = &holdings->items[i];

        if (holding->behind == 0 && is_here(&holding->export)) {
            holding->family = subject_family(Py_TYPE((PyObject *)holding->export.view.owner));
            holding->behind = holding_behind(&holding->export);
        }
    }
}

/* Those that `is_one` says so of. */
static void leave(struct holdings *holdings, bool (*is_one)(const struct holding *holding, const void *data),
                  const void *data)
{
    size_t kept = 0, i;

    for (i = 0; i < holdings->count; i++) {
        if (is_one(&holdings->items[i], data)) {
            holdings->items[kept++] = holdings->items[i];
        } else {
            drop_names(&holdings->items[i]);
        }
    }
    holdings->count = kept;
}

static bool is_subject(const struct holding *holding, const void *exception)
{
    return subject_has_family(exception, holding->family);
}

void holding_restrict(struct holdings *holdings, const char *exception)
{
    bool any = false;
    size_t i;

    know(holdings);
    for (i = 0; i < holdings->count && exception != NULL && !any; i++) {
        any = is_subject(&holdings->items[i], exception);
    }
    if (any) {
        leave(holdings, is_subject, exception);
    }
}

bool holding_are_of_one(const struct holdings *holdings, const char *exception)
{
    size_t i;

    if (exception == NULL || holdings->count == 0 || holdings->left_out > 0) {
        return false;
    }
    for (i = 0; i < holdings->count; i++) {
        const struct holding *holding = &holdings->items[i];

        if (holding->behind == 0 || holding->behind != holdings->items[0].behind || !is_subject(holding, exception)) {
            return false;
        }
    }
    return true;
}

struct of {
    const uintptr_t *items;
    size_t count;
};

static bool is_of(const struct holding *holding, const void *data)
{
    const struct of *of = data;

    return concerns(&holding->export, of->items, of->count);
}

void holding_select(struct holdings *holdings, const uintptr_t *of, size_t of_count)
{
    leave(holdings, is_of, &(struct of){of, of_count});
}

void holding_name(struct holdings *holdings, void *traceback, bool ended)
{
    const struct holders_options options = {
        .begin = traceback, .begin_name = "the traceback of this BufferError", .seconds = HOLDERS_SECONDS};
    struct holders_question *questions = calloc(holdings->count + 1, sizeof *questions);
    struct holders_answer *answers = calloc(holdings->count + 1, sizeof *answers);
    struct holding **asked = calloc(holdings->count + 1, sizeof *asked);
    size_t count = 0, i;

    know(holdings);
    for (i = 0; questions != NULL && answers != NULL && asked != NULL && i < holdings->count; i++) {
        struct holding *holding = &holdings->items[i];

        if (holding->export.view.elsewhere) {
            holding->why = "another interpreter's objects are not looked through";
        } else if (is_here(&holding->export)) {
            questions[count].exporter = (PyObject *)holding->export.view.owner;
            questions[count].view = (const Py_buffer *)holding->export.view.address;
            memcpy(&questions[count].filled, holding->export.filled, sizeof questions[count].filled);
            asked[count++] = holding;
        }
    }
    if (count > 0) {
        holders_find(questions, answers, count, &options);
    }
    for (i = 0; i < count; i++) {
        take_answer(asked[i], &answers[i], ended);
    }
    if (answers != NULL) {
        holders_free(answers, count);
    }
    free(questions);
    free(answers);
    free(asked);
}

static bool is_named(const struct holding *holding)
{
    return holding->state == HOLDING_KEPT && !holding->guessed && holding->name_count > 0;
}

bool holding_leaks(const struct holdings *holdings)
{
    size_t i;

    for (i = 0; i < holdings->count; i++) {
        if (holdings->items[i].state == HOLDING_LEAKED) {
            return true;
        }
    }
    return false;
}

bool holding_since(const struct holdings *holdings, uint64_t time)
{
    size_t i;

    for (i = 0; i < holdings->count; i++) {
        if (holdings->items[i].export.time > time) {
            return true;
        }
    }
    return holdings->left_out > 0 && holdings->left_out_time > time;
}

bool holding_are_named(const struct holdings *holdings)
{
    size_t i;

    for (i = 0; i < holdings->count; i++) {
        if (!is_named(&holdings->items[i])) {
            return false;
        }
    }
    return true;
}

static void take_names(struct holding *holding, const struct holding *other)
{
    size_t i;

    drop_names(holding);
    holding->names = calloc(other->name_count + 1, sizeof *holding->names);
    for (i = 0; holding->names != NULL && i < other->name_count; i++) {
        holding->names[i] = strdup(other->names[i]);
        if (holding->names[i] == NULL) {
            break;
        }
        holding->name_count++;
    }
    holding->state = other->state;
    holding->guessed = other->guessed;
    holding->more = other->more;
    holding->why = other->why;
}

/* What others tell of those that have no sure name here: `why` says of those that it is theirs, unless it is NULL. */
static void borrow(struct holdings *holdings, const struct holdings *others, const char *why)
{
    size_t i, k;

    for (i = 0; i < holdings->count; i++) {
        struct holding *holding = &holdings->items[i];

        for (k = 0; k < others->count && !is_named(holding); k++) {
            if (others->items[k].export.time == holding->export.time && is_named(&others->items[k])) {
                take_names(holding, &others->items[k]);
                holding->why = why != NULL ? why : holding->why;
            }
        }
    }
}

void holding_recall(struct holdings *holdings, const struct holdings *earlier)
{
    borrow(holdings, earlier, "these are the names from before the program's end");
}

void holding_improve(struct holdings *holdings, const struct holdings *later)
{
    borrow(holdings, later, NULL);
}

bool holding_copy(const struct holdings *holdings, struct holdings *copy)
{
    size_t i;

    *copy = *holdings;
    copy->items = calloc(holdings->count + 1, sizeof *copy->items);
    for (i = 0; copy->items != NULL && i < holdings->count; i++) {
        copy->items[i] = holdings->items[i];
        copy->items[i].names = NULL;
        copy->items[i].name_count = 0;
        take_names(&copy->items[i], &holdings->items[i]);
    }
    return copy->items != NULL;
}

void holding_free(struct holdings *holdings)
{
    size_t i;

    for (i = 0; i < holdings->count; i++) {
        drop_names(&holdings->items[i]);
    }
    free(holdings->items);
    *holdings = (struct holdings){.items = NULL};
}
