/*
 * What a frame keeps: by the name of the local, and by the place where it is.
 */
#include "holders/step_ways.h"

#include "holders/file.h"
#include "holders/frames.h"
#include "holders/threads.h"

#include <string.h>

struct search {
    PyObject *object;
    unsigned skip; /* of the places where it is, how many are others' */
    bool found;
    bool sure;
    PyObject *name;
};

/* A cell stands for what is in it, and is named like it. */
static bool is_searched(PyObject *value, PyObject *name, bool sure, void *context)
{
    struct search *search = context;

    if (value != search->object || search->skip-- > 0) {
        return true;
    }
    search->found = true;
    search->sure = sure;
    search->name = name;
    return false;
}

static PyThreadState *thread_of(const struct step *step)
{
    return step->member < step->heap->frames + step->heap->threads ? step->heap->owners[step->member] : NULL;
}

static PyObject *code_attribute(PyCodeObject *code, const char *name)
{
    PyObject *value = PyObject_GetAttrString((PyObject *)code, name); /* a code object's own: runs nothing */

    PyErr_Clear();
    return value;
}

/* "f at app.py:12"; of a nested function its own name. */
static void put_place(struct text *text, const struct frame *frame)
{
    PyObject *name = code_attribute(frame->code, "co_qualname");
    PyObject *file = code_attribute(frame->code, "co_filename");
    struct text own = TEXT_INIT;
    const char *last, *local;

    if (name == NULL) {
        name = code_attribute(frame->code, "co_name");
    }
    if (name != NULL) {
        step_put_string(&own, name);
    }
    last = text_string(&own);
    while ((local = strstr(last, "<locals>.")) != NULL) {
        last = local + strlen("<locals>.");
    }
    text_puts(text, *last != '\0' ? last : "?");
    text_puts(text, " at ");
    if (file != NULL) {
        step_put_string(text, file_called(file));
    }
    text_printf(text, ":%d", frame_line(frame));
    text_free(&own);
    Py_XDECREF(name);
    Py_XDECREF(file);
}

static const char *kind_of(const struct step *step)
{
    static const char *const kinds[] = {"generator ", "coroutine ", "asynchronous generator "};
    static PyTypeObject *const types[] = {&PyGen_Type, &PyCoro_Type, &PyAsyncGen_Type};
    size_t i;

    for (i = 0; i < sizeof types / sizeof types[0]; i++) {
        if ((step->referrer != NULL && Py_IS_TYPE(step->referrer, types[i])) ||
            (step->before != NULL && Py_IS_TYPE(step->before, types[i]))) {
            return kinds[i];
        }
    }
    return "";
}

static void put_state(struct text *text, const struct step *step, const char *kind)
{
    if (thread_of(step) != NULL) {
        text_puts(text, ", running");
        threads_put(text, thread_of(step), step->roots);
    } else if (*kind != '\0') {
        text_puts(text, ", suspended");
    }
}

/* The end of a with statement, as it waits for its turn. */
static bool is_exit(PyObject *object)
{
    PyObject *function = PyMethod_Check(object) ? PyMethod_GET_FUNCTION(object) : NULL;
    PyObject *name = function != NULL && PyFunction_Check(function) ? ((PyFunctionObject *)function)->func_name : NULL;
    const char *text = PyCFunction_Check(object) ? ((PyCFunctionObject *)object)->m_ml->ml_name
                       : name != NULL            ? PyUnicode_AsUTF8(name)
                                                 : NULL;

    PyErr_Clear();
    return text != NULL && (strcmp(text, "__exit__") == 0 || strcmp(text, "__aexit__") == 0);
}

/* What a leftover's address leads to is an object: one that is referred to now. */
static void turn_unnamed(struct step *step, bool sure)
{
    bool exits = is_exit(step->object);

    step_turn(step, sure ? "" : "what may be ");
    text_puts(&step->path, exits ? "a with statement" : STEP_UNNAMED);
    step->unnamed = exits ? 0 : step->path.length;
    step->says = exits ? SAID_ALL : SAID_NOTHING;
}

bool step_take_frame(struct step *step)
{
    struct search search = {.object = step->object, .skip = step->occurrence};
    struct text place = TEXT_INIT;
    const char *kind = kind_of(step);
    struct frame frame;
    bool ok = thread_of(step) != NULL ? frame_read_running(step->heap->members[step->member], &frame)
                                      : frame_read(step->referrer, &frame);

    if (!ok) {
        return false;
    }
    frame_each(&frame, is_searched, &search);
    if (!search.found && frame.space != step->object) {
        return false;
    }
    text_puts(&place, kind);
    put_place(&place, &frame);
    put_state(&place, step, kind);
    if (step->path.length > 0) {
        text_printf(&place, ", in %s", text_string(&step->path));
    }
    text_free(&step->path);
    step->path = place;
    step->says = SAID_LOCALS;
    if (search.found) {
        step->says = Py_IS_TYPE(step->object, &PyCell_Type) ? SAID_ALL : SAID_NOTHING;
        if (search.name != NULL) {
            step_turn_named(step, "local", search.name);
        } else if (!frame_is_generator(step->object)) { /* that it awaits */
            turn_unnamed(step, search.sure);
        }
    }
    return true;
}
