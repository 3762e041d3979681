#include <Python.h>

#include "holders/path.h"

#include "holders/array.h"
#include "holders/frames.h"
#include "holders/instance.h"
#include "holders/step_ways.h"
#include "holders/threads.h"

#include <frameobject.h>
#include <string.h>

static bool take_exception(struct step *step)
{
    const PyBaseExceptionObject *exception = (PyBaseExceptionObject *)step->referrer;

    if (step->object == exception->traceback) {
        step_put_before(step, "the traceback of ");
    } else if (step->object == exception->context || step->object == exception->cause) {
        text_puts(&step->path, step->object == exception->cause ? ".__cause__" : ".__context__");
    } else if (step->object == exception->args) {
        text_puts(&step->path, ".args");
    } else if (step->object == exception->dict) {
        step->says = SAID_NAMES;
    } else {
        const char *name = instance_member_name(step->referrer, step->object);

        text_printf(&step->path, ".%s", name != NULL ? name : "?");
    }
    return true;
}

/* --- what stands between a name and a view, and needs no words --- */

static bool take_nothing(struct step *step)
{
    (void)step;
    return true;
}

static bool take_weakref(struct step *step)
{
    step_turn(step, "the callback");
    return true;
}

/* An array of an array is told as one: `a` has what the base of its base is, and a.base[1] what its base has. */
static bool take_array(struct step *step)
{
    struct text index = TEXT_INIT;

    if (array_put_index(step->referrer, step->object, step->occurrence, &index)) {
        text_printf(&step->path, "%s%s", step->said == SAID_BASE ? ".base" : "", text_string(&index));
    } else if (array_is(step->object)) {
        step->says = SAID_BASE;
    } else {
        step_put_before(step, "the base of numpy array ");
    }
    text_free(&index);
    return true;
}

/* --- instances, and whatever else --- */

static bool take_instance(struct step *step)
{
    PyObject *name = instance_inline_name(step->referrer, step->object);
    const char *member = name == NULL ? instance_member_name(step->referrer, step->object) : NULL;

    if (step->object == instance_dict(step->referrer)) {
        step->says = SAID_NAMES;
    } else if (name != NULL) {
        step_put_attribute(&step->path, name);
    } else if (member != NULL) {
        text_puts(&step->path, ".");
        text_escape_string(&step->path, member);
    } else {
        step->says = SAID_INSIDE;
        if (step->said != SAID_INSIDE) {
            text_puts(&step->path, " (");
            step_put_type(&step->path, Py_TYPE(step->referrer));
            text_puts(&step->path, ")");
        }
    }
    return true;
}

struct way {
    PyTypeObject *type; /* NULL: by name */
    const char *name;
    bool exact;
    bool (*take)(struct step *step);
};

static const struct way ways[] = {
    {&PyDict_Type, NULL, false, step_take_dict},
    {&PyList_Type, NULL, false, step_take_list},
    {&PyTuple_Type, NULL, false, step_take_tuple},
    {&PySet_Type, NULL, false, step_take_set},
    {&PyFrozenSet_Type, NULL, false, step_take_set},
    {&PyFunction_Type, NULL, true, step_take_function},
    {&PyCell_Type, NULL, true, step_take_cell},
    {&PyMethod_Type, NULL, true, step_take_method},
    {&PyCFunction_Type, NULL, false, step_take_builtin},
    {&PyTraceBack_Type, NULL, true, take_nothing},
    {&PyMemoryView_Type, NULL, true, take_nothing},
    {&PyContext_Type, NULL, true, take_nothing},
    {NULL, "managedbuffer", true, take_nothing},
    {NULL, "_io._BytesIOBuffer", true, take_nothing},
    {NULL, "_buffer_wrapper", true, take_nothing},
    {NULL, "collections.deque", false, step_take_deque},
    {NULL, "numpy.ndarray", false, take_array},
    {NULL, "_thread._local", false, take_nothing},
    {NULL, "hamt", true, step_take_context},
    {NULL, "hamt_bitmap_node", true, step_take_context},
    {NULL, "hamt_array_node", true, take_nothing},
    {NULL, "hamt_collision_node", true, step_take_context},
};

static bool is_way(const struct way *way, PyTypeObject *type)
{
    for (; type != NULL; type = way->exact ? NULL : type->tp_base) {
        if (way->type != NULL ? way->type == type : strcmp(way->name, type->tp_name) == 0) {
            return true;
        }
    }
    return false;
}

/* Of a class made in Python, whatever it derives from. */
static bool is_attribute(PyObject *referrer, const PyObject *object)
{
    return Py_TYPE(referrer)->tp_flags & Py_TPFLAGS_HEAPTYPE &&
           (object == instance_dict(referrer) || instance_inline_name(referrer, object) != NULL ||
            instance_member_name(referrer, object) != NULL);
}

static bool is_container(PyObject *object)
{
    return PyTuple_CheckExact(object) || PyList_CheckExact(object) || PyDict_CheckExact(object) ||
           PySet_Check(object) || PyCell_Check(object) || array_is(object);
}

static bool take_object(struct step *step)
{
    PyTypeObject *type = Py_TYPE(step->referrer);
    size_t i;

    if (PyWeakref_Check(step->referrer)) {
        return take_weakref(step);
    }
    if (PyExceptionInstance_Check(step->referrer)) {
        return take_exception(step);
    }
    if (is_attribute(step->referrer, step->object)) {
        if (step->said == SAID_INSIDE) {
            struct text text = TEXT_INIT;

            step_put_type(&text, type);
            step_turn(step, text_string(&text));
            text_free(&text);
        }
        return take_instance(step);
    }
    if (step->said == SAID_INSIDE && is_container(step->referrer)) {
        step->says = SAID_INSIDE;
        return true;
    }
    for (i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (is_way(&ways[i], type)) {
            return ways[i].take(step);
        }
    }
    return take_instance(step);
}

static bool take_class(struct step *step)
{
    if (step->object == ((PyTypeObject *)step->referrer)->tp_dict) {
        step->says = SAID_NAMES;
    }
    return true;
}

static bool take_module(struct step *step)
{
    if (step->told && PyDict_Check(step->object)) {
        step->says = SAID_NAMES;
    } else {
        step_put_before(step, "the state of module ");
    }
    return true;
}

static bool take_thread(struct step *step)
{
    PyThreadState *thread = step->heap->owners[step->member];
    const char *what = step->object == thread->dict ? "data"
                       : step->object == thread->context ? "the current context"
                                                         : "the exception that is being handled";

    text_puts(&step->path, what);
    threads_put(&step->path, thread, step->roots);
    return true;
}

bool path_step(struct step *step)
{
    bool running = step->member < step->heap->frames;

    step->says = SAID_NOTHING;
    if (running) {
        return step_take_frame(step);
    }
    if (step->member < step->heap->frames + step->heap->threads) {
        return take_thread(step);
    }
    if (Py_IS_TYPE(step->referrer, &PyFrame_Type) || frame_is_generator(step->referrer)) {
        step_take_frame(step); /* if not: to another frame, from a generator to its own */
        return true;
    }
    if (PyType_Check(step->referrer)) {
        return take_class(step);
    }
    return PyModule_Check(step->referrer) ? take_module(step) : take_object(step);
}

void path_begin(struct step *step)
{
    PyObject *module = step->referrer != NULL ? roots_module(step->roots, step->referrer) : NULL;

    step->says = SAID_NOTHING;
    if (step->referrer != NULL && step->referrer == step->roots->more) {
        text_puts(&step->path, step->roots->more_name);
    } else if (module != NULL) {
        step_put_string(&step->path, module);
    } else if (step->referrer != NULL && PyType_Check(step->referrer)) {
        step_put_class(&step->path, (PyTypeObject *)step->referrer);
    } else if (step->referrer != NULL && PyModule_Check(step->referrer)) {
        PyObject *name = dict_value(PyModule_GetDict(step->referrer), "__name__");

        if (name != NULL) {
            step_put_string(&step->path, name);
        }
    }
}
