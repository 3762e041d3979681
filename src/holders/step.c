/*
 * The words that steps are told in: of foreign text only what is fit to show.
 */
#include "holders/step.h"

#include "holders/instance.h"

#include <string.h>

enum { KEY_MAX = 60 /* bytes of a key that are shown */ };

/* ".v of an unnamed value": the other way round it would be read as a name. */
void step_put_whole(const struct step *step, struct text *text)
{
    const char *path = text_string(&step->path);
    const char *beyond = path + step->unnamed;

    if (step->unnamed > 0 && (*beyond == '.' || *beyond == '[')) {
        text_append(text, path, step->unnamed - strlen(STEP_UNNAMED));
        text_printf(text, "%s of %s", beyond, STEP_UNNAMED);
    } else {
        text_puts(text, path);
    }
    text_puts(text, text_string(&step->tail));
}

void step_put_before(struct step *step, const char *before)
{
    struct text text = TEXT_INIT;

    step->unnamed = 0;
    text_printf(&text, "%s%s", before, text_string(&step->path));
    text_free(&step->path);
    step->path = text;
}

void step_turn(struct step *step, const char *what)
{
    struct text tail = TEXT_INIT;

    text_printf(&tail, " of %s%s", text_string(&step->path), text_string(&step->tail));
    text_free(&step->tail);
    step->tail = tail;
    step->unnamed = 0;
    text_clear(&step->path);
    text_puts(&step->path, what);
}

void step_put_string(struct text *text, PyObject *string)
{
    Py_ssize_t length = 0;
    PyObject *bytes = PyUnicode_Check(string) ? PyUnicode_AsEncodedString(string, "utf-8", "backslashreplace") : NULL;

    if (bytes == NULL) {
        PyErr_Clear();
        text_puts(text, "?");
        return;
    }
    length = PyBytes_GET_SIZE(bytes);
    text_escape(text, PyBytes_AS_STRING(bytes), (size_t)length);
    Py_DECREF(bytes);
}

void step_put_type(struct text *text, const PyTypeObject *type)
{
    const char *dot = strrchr(type->tp_name, '.');
    const char *name = dot != NULL ? dot + 1 : type->tp_name;

    text_puts(text, *name != '\0' && strchr("aeiouAEIOU", *name) != NULL ? "an " : "a ");
    text_escape_string(text, name);
}

void step_put_class(struct text *text, PyTypeObject *type)
{
    PyObject *module = type->tp_flags & Py_TPFLAGS_HEAPTYPE && type->tp_dict != NULL
                           ? dict_value(type->tp_dict, "__module__")
                           : NULL;

    if (module != NULL && PyUnicode_CheckExact(module)) {
        step_put_string(text, module);
        text_puts(text, ".");
    }
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        step_put_string(text, ((PyHeapTypeObject *)type)->ht_qualname);
    } else {
        text_escape_string(text, type->tp_name);
    }
}

bool step_turn_named(struct step *step, const char *what, PyObject *name)
{
    step_turn(step, what);
    text_puts(&step->path, " '");
    step_put_string(&step->path, name);
    text_puts(&step->path, "'");
    return true;
}

static void put_cut(struct text *text, const char *bytes, size_t length)
{
    size_t end = length;

    if (length > KEY_MAX) {
        for (end = KEY_MAX; end > 0 && ((unsigned char)bytes[end] & 0xc0) == 0x80; end--) {
        }
    }
    text_escape(text, bytes, end);
    text_puts(text, end < length ? "..." : "");
}

/* Its repr is the interpreter's own code. */
static bool is_plain(PyObject *key, int depth)
{
    Py_ssize_t i;

    if (PyTuple_CheckExact(key) && depth > 0) {
        for (i = 0; i < PyTuple_GET_SIZE(key); i++) {
            if (!is_plain(PyTuple_GET_ITEM(key, i), depth - 1)) {
                return false;
            }
        }
        return PyTuple_GET_SIZE(key) <= 8;
    }
    return PyUnicode_CheckExact(key) || PyLong_CheckExact(key) || PyFloat_CheckExact(key) || PyBool_Check(key) ||
           PyBytes_CheckExact(key) || key == Py_None;
}

void step_put_key(struct text *text, PyObject *key)
{
    PyObject *shown = is_plain(key, 2) ? PyObject_Repr(key) : NULL;
    Py_ssize_t length = 0;
    const char *utf8 = shown != NULL ? PyUnicode_AsUTF8AndSize(shown, &length) : NULL;

    text_puts(text, "[");
    if (utf8 != NULL) {
        put_cut(text, utf8, (size_t)length);
    } else {
        step_put_type(text, Py_TYPE(key));
    }
    text_puts(text, "]");
    Py_XDECREF(shown);
    PyErr_Clear();
}

/* ".name", or "['not a name']". */
void step_put_attribute(struct text *text, PyObject *name)
{
    if (PyUnicode_CheckExact(name) && PyUnicode_IsIdentifier(name)) {
        text_puts(text, ".");
        step_put_string(text, name);
    } else {
        step_put_key(text, name);
    }
}
