/*
 * The --mutate expression, in processes of its own: with no view there, under
 * a held one, after the release.
 */
#include "probe/child.h"

#include "base/text.h"
#include "holders/collector.h"
#include "holders/holders.h"
#include "probe/raised.h"

#include <string.h>

PyObject *probe_namespace(struct probe *probe)
{
    PyObject *module = PyImport_AddModule("__main__");
    PyObject *namespace = module != NULL ? PyModule_GetDict(module) : NULL;

    if (namespace == NULL || PyDict_SetItemString(namespace, "_", probe->exporter) != 0) {
        PyErr_Clear();
        return NULL;
    }
    return namespace;
}

void probe_evaluate(struct probe *probe, PyObject *namespace, struct exception *exception)
{
    PyObject *result;

    Py_XDECREF(probe->exporter);
    probe_mark(probe, PHASE_OTHER, -1);
    result = PyEval_EvalCode(probe->mutate, namespace, namespace);
    probe_stay_one(probe);
    raised_take(exception);
    Py_XDECREF(result);
    Py_XINCREF(probe->exporter);
}

/* --- an expression that names the object otherwise than by `_` --- */

bool probe_uses_underscore(PyObject *code)
{
    PyObject *names = PyObject_GetAttrString(code, "co_names");
    PyObject *constants = PyObject_GetAttrString(code, "co_consts");
    bool uses = false;
    Py_ssize_t i;

    for (i = 0; names != NULL && i < PyTuple_GET_SIZE(names) && !uses; i++) {
        uses = PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, i), "_") == 0;
    }
    for (i = 0; constants != NULL && i < PyTuple_GET_SIZE(constants) && !uses; i++) {
        PyObject *constant = PyTuple_GET_ITEM(constants, i);

        uses = PyCode_Check(constant) && probe_uses_underscore(constant);
    }
    Py_XDECREF(names);
    Py_XDECREF(constants);
    PyErr_Clear();
    return uses;
}

/*
 * What the expression gives may itself be a view of what is resized.  Where
 * --mutate does not need it, the value is dropped for there to be no view.
 */
static void drop_value(struct probe *probe, PyObject *namespace)
{
    if (probe->apart) {
        PyDict_DelItemString(namespace, "_");
        Py_CLEAR(probe->exporter);
        PyErr_Clear();
    }
}

/* The exporter whose new view shows what became of the memory: the same one, or what the expression gives now. */
static PyObject *exporter_now(struct probe *probe, PyObject *namespace)
{
    PyObject *exporter = probe->exporter;

    if (probe->apart) {
        exporter = PyEval_EvalCode(probe->expression, namespace, namespace);
        PyErr_Clear();
        return exporter != NULL && PyObject_CheckBuffer(exporter) ? exporter : NULL;
    }
    Py_INCREF(exporter);
    return exporter;
}

/* What a new view is like. */
static void find_mutated(struct probe *probe, PyObject *namespace, int truth, struct mutation *mutation)
{
    PyObject *own = probe->exporter;
    Py_buffer view;

    probe->exporter = exporter_now(probe, namespace);
    if (probe->exporter != NULL) {
        mutation->after = probe_ask(probe, truth, &view, NULL);
        if (mutation->after == OUTCOME_GRANTED) {
            mutation->buf_after = (uintptr_t)view.buf;
            mutation->len_after = view.len;
            probe_release(probe, truth, &view, NULL);
        }
        Py_DECREF(probe->exporter);
    }
    probe->exporter = own;
}

/* --- views that the expression takes itself --- */

enum { OWN_VIEWS = 16 };

static struct {
    const PyObject *exporter; /* NULL: not watched */
    PyBufferProcs *procs;     /* its type's own */
    PyBufferProcs watching;
    const Py_buffer *views[OWN_VIEWS];
    struct mutation *mutation;
} watched;

static int get_and_note(PyObject *exporter, Py_buffer *view, int flags)
{
    int result = watched.procs->bf_getbuffer(exporter, view, flags);
    int i;

    for (i = 0; result == 0 && exporter == watched.exporter && i < OWN_VIEWS; i++) {
        if (watched.views[i] == NULL) {
            watched.views[i] = view;
            if (watched.mutation->own_views++ == 0) {
                watched.mutation->own_buf = (uintptr_t)view->buf;
                watched.mutation->own_len = view->len;
            }
            break;
        }
    }
    return result;
}

static void release_and_note(PyObject *exporter, Py_buffer *view)
{
    int i;

    for (i = 0; exporter == watched.exporter && i < OWN_VIEWS; i++) {
        if (watched.views[i] == view) {
            watched.views[i] = NULL;
            watched.mutation->own_views--;
            break;
        }
    }
    if (watched.procs->bf_releasebuffer != NULL) {
        watched.procs->bf_releasebuffer(exporter, view);
    }
}

/* Stand between the exporter's type and whoever asks it.  __buffer__ in Python is released in another way. */
static void watch_views(struct probe *probe, struct mutation *mutation)
{
    PyTypeObject *type = Py_TYPE(probe->exporter);

    if (probe->transcript->python_buffer) {
        return;
    }
    watched.procs = type->tp_as_buffer;
    watched.watching = *watched.procs;
    watched.watching.bf_getbuffer = get_and_note;
    watched.watching.bf_releasebuffer = release_and_note;
    watched.mutation = mutation;
    watched.exporter = probe->exporter;
    type->tp_as_buffer = &watched.watching;
}

static void stop_watching(void)
{
    watched.exporter = NULL;
}

/* --- when it is tried --- */

static void mutate_held(struct probe *probe, PyObject *namespace, int truth, struct mutation *mutation)
{
    struct snapshot *snapshot;
    Py_buffer view;

    if (probe_ask(probe, truth, &view, NULL) != OUTCOME_GRANTED) {
        return;
    }
    mutation->buf_before = (uintptr_t)view.buf;
    mutation->len_before = view.len;
    snapshot = snapshot_take(&view);
    probe_evaluate(probe, namespace, &mutation->exception);
    find_mutated(probe, namespace, truth, mutation);
    if (snapshot != NULL) {
        mutation->changed = snapshot_compare(snapshot, &view);
        snapshot_free(snapshot);
    }
    mutation->done = true;
    probe_release(probe, truth, &view, NULL);
}

/* Send every request that ended so in the sweep; how many there were. */
static int send_all(struct probe *probe, enum outcome outcome)
{
    int sent = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        Py_buffer view;

        if (probe->transcript->sweeps[0][i].outcome == outcome && !(probe->avoid & UINT64_C(1) << i)) {
            sent++;
            if (probe_ask(probe, i, &view, NULL) == OUTCOME_GRANTED) {
                probe_release(probe, i, &view, NULL);
            }
        }
    }
    return sent;
}

static void mutate_untouched(struct probe *probe, PyObject *namespace, int truth, struct mutation *mutation)
{
    mutation->buf_before = probe->transcript->sweeps[0][truth].buf.address;
    mutation->len_before = probe->transcript->sweeps[0][truth].len;
    watch_views(probe, mutation);
    drop_value(probe, namespace);
    probe_evaluate(probe, namespace, &mutation->exception);
    if (mutation->exception.buffer_error && mutation->own_views == 0) {
        struct exception again;

        collector_collect();
        probe_evaluate(probe, namespace, &again);
        if (!again.set) {
            mutation->exception = again;
            mutation->garbage = true;
        }
    }
    stop_watching();
    find_mutated(probe, namespace, truth, mutation);
    mutation->done = true;
}

void probe_mutate(struct probe *probe, int when)
{
    struct mutation *mutation = &probe->transcript->mutations[when];
    int truth = transcript_truth(probe->transcript);
    PyObject *namespace = probe->mutate != NULL ? probe_namespace(probe) : NULL;

    if (namespace == NULL || truth < 0 || !probe_can_send(probe, truth)) {
        return;
    }
    if (probe->transcript->mutations[MUTATE_UNTOUCHED].garbage) {
        collector_collect();
    }
    if (when == MUTATE_HELD) {
        mutate_held(probe, namespace, truth, mutation);
    } else if (when == MUTATE_UNTOUCHED) {
        mutate_untouched(probe, namespace, truth, mutation);
    } else if (send_all(probe, when == MUTATE_RELEASED ? OUTCOME_GRANTED : OUTCOME_REFUSED) > 0) {
        drop_value(probe, namespace);
        probe_evaluate(probe, namespace, &mutation->exception);
        mutation->done = true;
    }
}

/* --- who holds a view --- */

enum { NAMED_MAX = 16 };

/* What --mutate names in __main__: borrowed. */
static size_t named_exporters(const char *mutate, PyObject *exporters[NAMED_MAX])
{
    PyObject *module = PyImport_AddModule("__main__");
    PyObject *code = Py_CompileString(mutate, "<mutate>", Py_eval_input);
    PyObject *names = code != NULL ? PyObject_GetAttrString(code, "co_names") : NULL;
    size_t count = 0;
    Py_ssize_t i;

    for (i = 0; module != NULL && names != NULL && i < PyTuple_GET_SIZE(names) && count < NAMED_MAX; i++) {
        PyObject *named = PyDict_GetItem(PyModule_GetDict(module), PyTuple_GET_ITEM(names, i));

        if (named != NULL && !PyModule_Check(named) && !PyType_Check(named)) {
            exporters[count++] = named;
        }
    }
    Py_XDECREF(names);
    Py_XDECREF(code);
    PyErr_Clear();
    return count;
}

static void put_answer(const struct holders_answer *answer, struct text *text)
{
    int i;

    text_puts(text, "; it is held by ");
    for (i = 0; i < answer->count; i++) {
        text_printf(text, "%s%s", i > 0 ? ", " : "", answer->names[i]);
    }
    text_puts(text, answer->more ? ", and others" : "");
    text_puts(text, answer->state == HOLDERS_GARBAGE ? ", which is garbage until it is collected" : "");
    if (answer->bounds != 0) {
        text_printf(text, "; %s", holders_bounds_text(answer->bounds));
    }
}

/* Views of what is resized: true when any was found, and then what holds the first of them. */
static bool put_holders(PyObject *exporter, const char *mutate, bool apart, struct text *text)
{
    static const struct holders_options options = {.hidden = "_", .seconds = HOLDERS_SECONDS};
    struct holders_question questions[NAMED_MAX] = {{.exporter = NULL}};
    struct holders_answer answers[NAMED_MAX];
    PyObject *exporters[NAMED_MAX] = {exporter};
    size_t count = apart ? named_exporters(mutate, exporters) : 1;
    bool found = false;
    size_t i;

    for (i = 0; i < count; i++) {
        questions[i].exporter = exporters[i];
    }
    holders_find(questions, answers, count, &options);
    for (i = 0; i < count && !found; i++) {
        found = answers[i].state != HOLDERS_NONE;
        if (found) {
            put_answer(&answers[i], text);
        }
    }
    holders_free(answers, count);
    return found;
}

void probe_explain_mutation(PyObject *exporter, const char *mutate, const struct transcript *transcript,
                            struct text *text)
{
    const struct exception *exception = transcript_mutation_error(transcript);
    const PyObject *base = probe_base(exporter);
    struct text holder = TEXT_INIT;
    bool found = put_holders(exporter, mutate, transcript->mutate_apart, &holder);

    text_puts(text, found || exception->buffer_error ? "--mutate fails, for a view was there before the check began: "
                                                     : "--mutate fails with no view there that is known of: ");
    text_printf(text, "%s: %s", exception->type, exception->text);
    if (base != NULL && !transcript->mutate_apart && exception->buffer_error) {
        text_printf(text, "; the expression's value is itself a view, of type '%s' underneath: --mutate is to name the "
                          "object otherwise than by '_'", Py_TYPE(base)->tp_name);
    } else if (found) {
        text_puts(text, text_string(&holder));
    } else if (exception->buffer_error) {
        text_puts(text, "; no Python object is seen to hold it: who asked for it in what was run may never have released it");
    }
    text_free(&holder);
}
