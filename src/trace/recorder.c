#include <Python.h>

#include "trace/recorder.h"

#include "base/error.h"
#include "base/text.h"
#include "memory/peek.h"
#include "trace/asker.h"
#include "trace/record.h"
#include "trace/replace.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(Py_buffer) == LEDGER_FILLED, "the ledger keeps a Py_buffer whole");

enum { STACK = 1 << 20 }; /* bytes, of those who ask: a Py_buffer further up is taken for one on the heap */

static struct {
    struct ledger *ledger;
    recorder_listener *listener;
    void *context;
    bool follows; /* there was a listener at the start */
    PyInterpreterState *interpreter; /* the first */
    uint64_t events;
    struct recorder_limits limits;
} recorder;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all that is in there, and of the ledger */
static atomic_bool recording;
static _Atomic uint64_t now; /* a number for each request and release, in order */
static _Thread_local bool busy; /* in here, or in what was asked to hold */

/* --- what was seen ----------------------------------------------------------------------------------- */

struct sight {
    PyTypeObject *type;
    struct asker asker;
    uint64_t signature;
    struct text room; /* of the words */
    struct ledger_words words;
};

static void see(struct sight *sight, PyObject *exporter, int flags, uintptr_t caller)
{
    sight->type = Py_TYPE(exporter);
    sight->room = (struct text)TEXT_INIT;
    asker_find(&sight->asker, caller);
    sight->signature = asker_signature(&sight->asker, sight->type, flags);
}

static void put_in_words(struct sight *sight, int flags)
{
    asker_words(&sight->asker, sight->type, flags, &sight->room, &sight->words);
}

/*
 * With the lock, which is let go while the words are found: Python may not be waited for with it.  Where nobody would
 * be told of the words, none are found.
 */
static uint32_t find_row(struct sight *sight, int flags)
{
    uint32_t row = ledger_find(recorder.ledger, sight->signature);

    if (row == LEDGER_NONE && (recorder.listener != NULL || !ledger_drop(recorder.ledger))) {
        pthread_mutex_unlock(&lock);
        put_in_words(sight, flags);
        pthread_mutex_lock(&lock);
        row = ledger_find(recorder.ledger, sight->signature);
        row = row != LEDGER_NONE ? row : ledger_add(recorder.ledger, sight->signature, &sight->words);
    }
    return row;
}

static long this_thread(void)
{
    static _Thread_local long number;

    if (number == 0) {
        number = syscall(SYS_gettid);
    }
    return number;
}

/* Whether it lies in a frame of one of those that called. */
static bool is_on_stack(const Py_buffer *view)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    return (uintptr_t)view > here && (uintptr_t)view - here < STACK;
}

static struct ledger_view view_of(const Py_buffer *view)
{
    return (struct ledger_view){
        .address = (uintptr_t)view,
        .owner = (uintptr_t)view->obj,
        .buf = (uintptr_t)view->buf,
        .len = view->len,
        .thread = is_on_stack(view) ? this_thread() : 0,
        .elsewhere = PyInterpreterState_Get() != recorder.interpreter,
    };
}

static void tell(struct recorder_event *event)
{
    event->number = ++recorder.events;
    event->thread = this_thread();
    recorder.listener(recorder.context, event);
}

/* --- requests -------------------------------------------------------------------------------------------- */

static void write_request(struct sight *sight, PyObject *exporter, const Py_buffer *view, int flags, bool granted,
                          const char *exception, uint64_t time)
{
    struct ledger *ledger = recorder.ledger;
    uint32_t row = find_row(sight, flags);

    if (granted) {
        struct ledger_view filled = view_of(view);

        ledger_granted(ledger, row, &filled, view, (uintptr_t)exporter, time);
    } else {
        ledger_refused(ledger, row, exception);
    }
    if (recorder.listener != NULL && (row != LEDGER_NONE || sight->room.length > 0)) {
        struct recorder_event event = {
            .words = row != LEDGER_NONE ? &ledger->rows[row].words : &sight->words,
            .exporter = (uintptr_t)exporter,
            .view = (uintptr_t)view,
            .granted = granted,
            .nbytes = granted ? view->len : 0,
            .exception = exception,
        };

        tell(&event);
    }
}

/* The one that is set, which stays so. */
static void read_exception(struct text *text)
{
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    asker_exception(type, value, text);
    PyErr_Restore(type, value, traceback);
}

bool record_begin(uint64_t *time)
{
    if (!recording || busy) {
        return false;
    }
    *time = ++now;
    return true;
}

void record_request(PyObject *exporter, const Py_buffer *view, int flags, bool granted, uint64_t time,
                    uintptr_t caller)
{
    struct sight sight;
    struct text exception = TEXT_INIT;

    busy = true;
    see(&sight, exporter, flags, caller);
    if (!granted) {
        read_exception(&exception);
    }
    pthread_mutex_lock(&lock);
    if (recording && (view != NULL || !granted)) {
        write_request(&sight, exporter, view, flags, granted, granted ? NULL : text_string(&exception), time);
        recorder.limits.interpreters += PyInterpreterState_Get() != recorder.interpreter;
    }
    pthread_mutex_unlock(&lock);
    text_free(&exception);
    text_free(&sight.room);
    busy = false;
}

/* --- releases ---------------------------------------------------------------------------------------------- */

static void tell_release(const struct sight *sight, const Py_buffer *view, enum ledger_match match)
{
    struct recorder_event event = {
        .release = true,
        .words = &sight->words,
        .exporter = (uintptr_t)view->obj,
        .view = (uintptr_t)view,
        .nbytes = view->len,
        .match = match,
    };

    tell(&event);
}

/* Who released is asked only where that is told. */
static void look_closer(const Py_buffer *view, enum ledger_match match, uintptr_t caller)
{
    bool wrong = match == LEDGER_TWICE || match == LEDGER_FOREIGN;
    struct sight sight;

    if (!wrong && !recorder.follows) {
        return;
    }
    see(&sight, view->obj, 0, caller);
    put_in_words(&sight, 0);
    pthread_mutex_lock(&lock);
    if (wrong) {
        ledger_mistake(recorder.ledger, match, &sight.words);
    }
    if (recorder.listener != NULL) {
        tell_release(&sight, view, match);
    }
    pthread_mutex_unlock(&lock);
    text_free(&sight.room);
}

void record_release(const Py_buffer *view, uintptr_t caller)
{
    const PyBufferProcs *procs = Py_TYPE(view->obj)->tp_as_buffer;
    bool counts = procs != NULL && procs->bf_releasebuffer != NULL;
    struct ledger_view released = view_of(view);
    enum ledger_match match;
    uint64_t time;
    uint32_t row;

    if (!record_begin(&time)) {
        return;
    }
    busy = true;
    pthread_mutex_lock(&lock);
    match = recording ? ledger_released(recorder.ledger, &released, view, counts, time, &row) : LEDGER_UNKNOWN;
    pthread_mutex_unlock(&lock);
    look_closer(view, match, caller);
    busy = false;
}

/* --- begin and end ------------------------------------------------------------------------------------------- */

/* Those that are forked off are programs of their own. */
static void before_fork(void)
{
    recorder.limits.forks += recording;
}

static void in_child(void)
{
    recording = false;
}

static bool is_there(const struct ledger_export *export)
{
    Py_buffer view;

    return memory_peek(&view, export->view.address, sizeof view) && (uintptr_t)view.obj == export->view.owner &&
           (uintptr_t)view.buf == export->view.buf && view.len == export->view.len;
}

bool recorder_start(struct ledger *ledger, recorder_listener *listener, void *context, struct error *error)
{
    recorder.ledger = ledger;
    ledger->is_there = is_there;
    recorder.listener = listener;
    recorder.context = context;
    recorder.follows = listener != NULL;
    recorder.interpreter = PyInterpreterState_Get();
    if (!asker_start(error) || !replace_all(error)) {
        return false;
    }
    pthread_atfork(before_fork, NULL, in_child);
    recording = true;
    return true;
}

/* Those of Python; the system's own count has others. */
static uint64_t count_threads(void)
{
    bool can_see = Py_IsInitialized() && PyGILState_Check();
    PyThreadState *state = can_see ? PyInterpreterState_ThreadHead(recorder.interpreter) : NULL;
    uint64_t count = 0;

    for (; state != NULL; state = PyThreadState_Next(state)) {
        count++;
    }
    return count > 0 ? count - 1 : 0;
}

/* Those of the process, which need not be Python's. */
static size_t count_tasks(void)
{
    DIR *tasks = opendir("/proc/self/task");
    size_t count = 0;

    while (tasks != NULL && readdir(tasks) != NULL) {
        count++;
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return count > 2 ? count - 2 : 1; /* "." and ".." */
}

bool recorder_wait(void)
{
    static const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};

    if (count_tasks() < 2) {
        return false;
    }
    Py_BEGIN_ALLOW_THREADS
    nanosleep(&moment, NULL);
    Py_END_ALLOW_THREADS
    return true;
}

uint64_t recorder_time(void)
{
    return now;
}

void recorder_stop(void)
{
    pthread_mutex_lock(&lock);
    recording = false;
    pthread_mutex_unlock(&lock);
}

void recorder_be_silent(void)
{
    pthread_mutex_lock(&lock);
    recorder.listener = NULL;
    pthread_mutex_unlock(&lock);
}

struct ledger *recorder_lock(void)
{
    pthread_mutex_lock(&lock);
    return recorder.ledger;
}

void recorder_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

bool recorder_sees(void)
{
    return recording && !busy && PyInterpreterState_Get() == recorder.interpreter;
}

void recorder_look_away(void)
{
    busy = true;
}

void recorder_look_again(void)
{
    busy = false;
}

struct recorder_limits recorder_limits(void)
{
    struct recorder_limits limits = recorder.limits;

    limits.threads = count_threads();
    return limits;
}
