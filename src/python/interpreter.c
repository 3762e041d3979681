#include <Python.h>

#include "python/interpreter.h"

#include "base/error.h"
#include "base/text.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * "Multi-Phase Initialization Private Provisional API" of CPython's "Python
 * Initialization Configuration": the core alone has all types and no imports,
 * and starts in two thirds of the time.
 */
#if PY_VERSION_HEX < 0x03100000
#define HAVE_CORE_ONLY 1
#endif

static bool print_tracebacks;
static enum interpreter_mode mode;
static struct interpreter_options expected;
static bool started; /* Py_IsInitialized says no of the core alone */

static bool status_error(PyStatus status, struct error *error)
{
    return error_set(error, ERROR_PYTHON, "cannot start Python: %s",
                     status.err_msg != NULL ? status.err_msg : "it asked to exit");
}

static PyStatus configure(PyConfig *config, const struct interpreter_options *options)
{
    PyStatus status = PyConfig_SetBytesString(config, &config->program_name, options->executable);

    if (PyStatus_Exception(status)) {
        return status;
    }
    if (options->mode == INTERPRETER_USER) {
        config->isolated = 0;
        config->use_environment = 1;
        config->user_site_directory = 1;
#if PY_VERSION_HEX >= 0x030b0000
        config->safe_path = 0;
#endif
    } else {
        config->site_import = 0;
#ifdef HAVE_CORE_ONLY
        config->_init_main = 0;
#endif
    }
    config->write_bytecode = 0;
    config->install_signal_handlers = options->signals;
    return PyStatus_Ok();
}

static bool initialize(const struct interpreter_options *options, struct error *error)
{
    PyPreConfig preconfig;
    PyConfig config;
    PyStatus status;

    if (options->as_python) {
        PyPreConfig_InitPythonConfig(&preconfig);
        preconfig.parse_argv = 0;
    } else {
        PyPreConfig_InitIsolatedConfig(&preconfig);
        preconfig.utf8_mode = 1;
    }
    status = Py_PreInitialize(&preconfig);
    if (PyStatus_Exception(status)) {
        return status_error(status, error);
    }
    if (options->as_python) {
        PyConfig_InitPythonConfig(&config);
        config.parse_argv = 0;
    } else {
        PyConfig_InitIsolatedConfig(&config);
    }
    status = configure(&config, options);
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    return !PyStatus_Exception(status) || status_error(status, error);
}

/* Whether the user asked for no current directory on the path (PYTHONSAFEPATH, 3.11 and later). */
static bool safe_path(void)
{
#if PY_VERSION_HEX >= 0x030b0000
    PyObject *flags = PySys_GetObject("flags");
    PyObject *value = flags != NULL ? PyObject_GetAttrString(flags, "safe_path") : NULL;
    bool safe = value != NULL && PyObject_IsTrue(value) == 1;

    Py_XDECREF(value);
    PyErr_Clear();
    return safe;
#else
    return false;
#endif
}

static bool insert_path(Py_ssize_t index, const char *directory, struct error *error)
{
    PyObject *path = PySys_GetObject("path");
    PyObject *entry = PyUnicode_DecodeFSDefault(directory);
    bool ok = path != NULL && entry != NULL && PyList_Check(path) && PyList_Insert(path, index, entry) == 0;

    Py_XDECREF(entry);
    return ok || interpreter_error(error);
}

/* As `python -c`: the current directory first; before it what -I names. */
static bool set_path(const struct interpreter_options *options, struct error *error)
{
    size_t i;

    if (!safe_path() && !insert_path(0, "", error)) {
        return false;
    }
    for (i = 0; i < options->path_count; i++) {
        if (!insert_path((Py_ssize_t)i, options->paths[i], error)) {
            return false;
        }
    }
    return true;
}

bool interpreter_start(const struct interpreter_options *options, struct error *error)
{
    print_tracebacks = options->traceback;
    mode = options->mode;
    started = initialize(options, error);
    return started && (mode == INTERPRETER_FILES || set_path(options, error));
}

void interpreter_expect(const struct interpreter_options *options)
{
    expected = *options;
}

bool interpreter_need(struct error *error)
{
    return started || interpreter_start(&expected, error);
}

bool interpreter_stop(void)
{
    /* Where no code of the user's ran, nothing waits for the end: taking all apart would be a tenth of the time. */
    return mode != INTERPRETER_USER || !Py_IsInitialized() || Py_FinalizeEx() == 0;
}

void interpreter_freeze(void)
{
    PyObject *gc = PyImport_ImportModule("gc");
    PyObject *done = gc != NULL ? PyObject_CallMethod(gc, "freeze", NULL) : NULL;

    Py_XDECREF(done);
    Py_XDECREF(gc);
    PyErr_Clear();
}

/* The text of an exception; an exception whose own __str__ fails has none. */
static void describe(PyObject *type, PyObject *value, struct error *error)
{
    const char *name = PyExceptionClass_Check(type) ? PyExceptionClass_Name(type) : "an exception";
    PyObject *text = value != NULL ? PyObject_Str(value) : NULL;
    PyObject *bytes = text != NULL ? PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace") : NULL;
    const char *message = bytes != NULL ? PyBytes_AsString(bytes) : "";

    if (strrchr(name, '.') != NULL && strncmp(name, "builtins.", 9) == 0) {
        name += 9;
    }
    error_set(error, ERROR_PYTHON, *message != '\0' ? "%s: %s" : "%s", name, message);
    Py_XDECREF(bytes);
    Py_XDECREF(text);
    PyErr_Clear();
}

/* The traceback, on standard error, escaped line by line. */
static void print_traceback(PyObject *type, PyObject *value, PyObject *traceback)
{
    PyObject *module = PyImport_ImportModule("traceback");
    PyObject *lines = module != NULL ? PyObject_CallMethod(module, "format_exception", "OOO", type, value,
                                                           traceback != NULL ? traceback : Py_None)
                                     : NULL;
    PyObject *empty = lines != NULL ? PyUnicode_FromString("") : NULL;
    PyObject *whole = empty != NULL ? PyUnicode_Join(empty, lines) : NULL;
    PyObject *bytes = whole != NULL ? PyUnicode_AsEncodedString(whole, "utf-8", "backslashreplace") : NULL;
    const char *at = bytes != NULL ? PyBytes_AsString(bytes) : "";
    struct text text = TEXT_INIT;

    while (*at != '\0') {
        size_t length = strcspn(at, "\n");

        text_escape(&text, at, length);
        text_putc(&text, '\n');
        at += length + (at[length] == '\n');
    }
    if (write(STDERR_FILENO, text_string(&text), text.length) < 0) {
        /* nowhere to say it */
    }
    text_free(&text);
    Py_XDECREF(bytes);
    Py_XDECREF(whole);
    Py_XDECREF(empty);
    Py_XDECREF(lines);
    Py_XDECREF(module);
    PyErr_Clear();
}

static bool is_interrupt(PyObject *type)
{
    return type != NULL && PyErr_GivenExceptionMatches(type, PyExc_KeyboardInterrupt);
}

bool interpreter_error(struct error *error)
{
    PyObject *type;
    PyObject *value;
    PyObject *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    if (type == NULL) {
        return error_set(error, ERROR_PYTHON, "failed without an exception");
    }
    PyErr_NormalizeException(&type, &value, &traceback);
    if (is_interrupt(type)) {
        error_set(error, ERROR_INTERRUPTED, "interrupted");
    } else if (PyErr_GivenExceptionMatches(type, PyExc_SystemExit)) {
        describe(type, value, error);
        error_prefix(error, "it asked to exit");
    } else {
        describe(type, value, error);
    }
    /* without code of the user's there is nothing to trace, and no module that would */
    if (print_tracebacks && mode == INTERPRETER_USER && !is_interrupt(type)) {
        print_traceback(type, value, traceback);
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    PyErr_Clear();
    return false;
}

static char *copy_text(PyObject *text)
{
    PyObject *bytes = text != NULL ? PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace") : NULL;
    char *copy = bytes != NULL ? strdup(PyBytes_AsString(bytes)) : NULL;

    Py_XDECREF(bytes);
    Py_XDECREF(text);
    PyErr_Clear();
    return copy;
}

char *interpreter_type_name(PyObject *object)
{
    PyObject *type = (PyObject *)Py_TYPE(object);
    PyObject *module = PyObject_GetAttrString(type, "__module__");
    PyObject *name = PyObject_GetAttrString(type, "__qualname__");
    PyObject *full = NULL;

    PyErr_Clear();
    if (module != NULL && name != NULL && PyUnicode_Check(module) && PyUnicode_Check(name) &&
        PyUnicode_CompareWithASCIIString(module, "builtins") != 0) {
        full = PyUnicode_FromFormat("%U.%U", module, name);
    } else if (name != NULL && PyUnicode_Check(name)) {
        full = name;
        name = NULL;
    } else {
        full = PyUnicode_FromString(Py_TYPE(object)->tp_name);
    }
    Py_XDECREF(module);
    Py_XDECREF(name);
    return copy_text(full);
}
