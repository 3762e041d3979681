/*
 * What a function keeps: in its closure, its defaults, its attributes; what a method is bound to.
 */
#include "holders/step_ways.h"

#include "holders/instance.h"

static bool wrap_variable(struct step *step, const char *what, PyObject *names, Py_ssize_t index)
{
    return names != NULL && PyTuple_Check(names) && index >= 0 && index < PyTuple_GET_SIZE(names) &&
           step_turn_named(step, what, PyTuple_GET_ITEM(names, index));
}

static PyObject *code_tuple(PyObject *function, const char *name)
{
    PyObject *code = PyFunction_GET_CODE(function);
    PyObject *tuple = PyObject_GetAttrString(code, name); /* a code object's own: runs nothing */

    PyErr_Clear();
    return tuple;
}

/* From Python 3.10 on they are names and values in turn, until somebody asks for the dict. */
static bool put_annotation(struct step *step, PyObject *annotations, Py_ssize_t index)
{
    if (index % 2 == 0) {
        return false;
    }
    text_puts(&step->path, ".__annotations__");
    step_put_key(&step->path, PyTuple_GET_ITEM(annotations, index - 1));
    return true;
}

bool step_take_tuple(struct step *step)
{
    PyObject *function = step->before != NULL && PyFunction_Check(step->before) ? step->before : NULL;
    PyTupleObject *tuple = (PyTupleObject *)step->referrer;
    Py_ssize_t index = step_index_in(tuple->ob_item, Py_SIZE(tuple), step->object, step->occurrence);
    PyObject *names = NULL;
    bool done = false;

    if (function != NULL && PyFunction_GET_CLOSURE(function) == step->referrer) {
        names = code_tuple(function, "co_freevars");
        done = wrap_variable(step, "closure variable", names, index);
        step->says = done ? SAID_ALL : SAID_NOTHING;
    } else if (function != NULL && PyFunction_GET_DEFAULTS(function) == step->referrer) {
        Py_ssize_t count = ((PyCodeObject *)PyFunction_GET_CODE(function))->co_argcount;

        names = code_tuple(function, "co_varnames");
        done = wrap_variable(step, "the default of", names, count - Py_SIZE(tuple) + index);
    } else if (function != NULL && PyFunction_GET_ANNOTATIONS(function) == step->referrer) {
        done = put_annotation(step, step->referrer, index);
    }
    Py_XDECREF(names);
    return done || step_put_index(step, index);
}

bool step_take_function(struct step *step)
{
    PyObject *function = step->referrer;

    if (step->object == PyFunction_GET_KW_DEFAULTS(function)) {
        text_puts(&step->path, ".__kwdefaults__");
    } else if (step->object == PyFunction_GET_ANNOTATIONS(function) && PyDict_Check(step->object)) {
        text_puts(&step->path, ".__annotations__");
    } else if (step->object == instance_dict(function)) {
        step->says = SAID_NAMES;
    } else if (step->object == PyFunction_GET_GLOBALS(function)) {
        text_puts(&step->path, ".__globals__");
    }
    return true; /* a tuple of cells or of defaults: the next step tells */
}

bool step_take_cell(struct step *step)
{
    if (step->said != SAID_ALL) {
        text_puts(&step->path, ".cell_contents");
    }
    return true;
}

bool step_take_method(struct step *step)
{
    if (step->said == SAID_ALL) {
        return true;
    }
    text_puts(&step->path, step->object == PyMethod_GET_SELF(step->referrer) ? ".__self__" : ".__func__");
    return true;
}

bool step_take_builtin(struct step *step)
{
    if (step->said != SAID_ALL) {
        text_puts(&step->path, ".__self__");
    }
    return true;
}
