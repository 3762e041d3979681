#include <Python.h>

#include "trace/program.h"

#include "base/error.h"
#include "holders/file.h"
#include "python/evaluate.h"
#include "python/interpreter.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* --- before ------------------------------------------------------------------------------------------- */

static bool set_arguments(const struct program *program, struct error *error)
{
    PyObject *list = PyList_New(0);
    PyObject *word = PyUnicode_DecodeFSDefault(program->exec != NULL ? program->exec : "-c");
    bool ok = list != NULL && word != NULL && PyList_Append(list, word) == 0;
    size_t i;

    Py_XDECREF(word);
    for (i = 0; i < program->argument_count && ok; i++) {
        word = PyUnicode_DecodeFSDefault(program->arguments[i]);
        ok = word != NULL && PyList_Append(list, word) == 0;
        Py_XDECREF(word);
    }
    ok = ok && PySys_SetObject("argv", list) == 0;
    Py_XDECREF(list);
    return ok || interpreter_error(error);
}

/* As `python FILE`: the file's own folder is searched for modules. */
static bool add_folder(const struct program *program, struct error *error)
{
    PyObject *path = PySys_GetObject("path");
    PyObject *folder;
    char file[PATH_MAX];
    char *slash;
    bool ok;

    if (program->exec == NULL || realpath(program->exec, file) == NULL || path == NULL || !PyList_Check(path)) {
        return true; /* there is no such file: running it will say so */
    }
    slash = strrchr(file, '/');
    *(slash == file ? slash + 1 : slash) = '\0';
    folder = PyUnicode_DecodeFSDefault(file);
    ok = folder != NULL && PyList_Insert(path, (Py_ssize_t)program->path_count, folder) == 0;
    Py_XDECREF(folder);
    return ok || interpreter_error(error);
}

/* --- an exception that nobody catches ------------------------------------------------------------------- */

/* What print(code, file=sys.stderr) writes, but for its exceptions, which nobody hears of. */
static void print_code(PyObject *code)
{
    PyObject *file = PySys_GetObject("stderr");

    if (file != NULL && file != Py_None) {
        PyFile_WriteObject(code, file, Py_PRINT_RAW);
    }
    PyErr_Clear();
    PySys_WriteStderr("\n");
}

/* Python/pythonrun.c's handle_system_exit, without the exit: the status of a SystemExit that is set. */
static int exit_status(void)
{
    PyObject *type, *value, *traceback, *code;
    int status = 1;

    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    code = value != NULL ? PyObject_GetAttrString(value, "code") : NULL;
    PyErr_Clear();
    if (code == NULL || code == Py_None) {
        status = 0;
    } else if (PyLong_Check(code)) {
        status = (int)PyLong_AsLong(code);
        PyErr_Clear();
    } else {
        print_code(code);
    }
    Py_XDECREF(code);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    PyErr_Clear();
    return status & 0xff;
}

static void end_by_exception(const struct program_watch *watch, struct program_end *end)
{
    if (PyErr_ExceptionMatches(PyExc_SystemExit)) {
        end->status = exit_status();
        return;
    }
    end->status = 1;
    end->interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
    watch->uncaught(watch->context);
    PyErr_Print();
    watch->printed(watch->context);
}

/* --- after ------------------------------------------------------------------------------------------------ */

static void call(const char *module_name, const char *function)
{
    PyObject *name = PyUnicode_FromString(module_name);
    PyObject *module = name != NULL ? PyImport_GetModule(name) : NULL;
    PyObject *result = module != NULL ? PyObject_CallMethod(module, function, NULL) : NULL;

    if (result == NULL && module != NULL && PyErr_Occurred()) {
        PyErr_WriteUnraisable(module);
    }
    PyErr_Clear();
    Py_XDECREF(result);
    Py_XDECREF(module);
    Py_XDECREF(name);
}

/* As Py_FinalizeEx begins; neither does anything when it comes to them a second time. */
static void finish(void)
{
    call("threading", "_shutdown");
    call("atexit", "_run_exitfuncs");
}

/* As `python FILE`: code has the file from the root on, for whoever reads it when the program has gone elsewhere. */
static bool run_file(const char *path, struct error *error)
{
    PyObject *full = source_full_name(path);
    PyObject *given = full != NULL ? PyUnicode_DecodeFSDefault(path) : NULL;
    PyObject *called = given != NULL ? PyUnicode_EncodeFSDefault(full) : NULL;
    PyObject *result = NULL;

    if (called != NULL) {
        file_call(full, given);
        result = source_exec(path, PyBytes_AS_STRING(called), error);
    }
    Py_XDECREF(result);
    Py_XDECREF(called);
    Py_XDECREF(given);
    Py_XDECREF(full);
    return result != NULL;
}

static bool run_parts(const struct program *program, struct error *error)
{
    PyObject *result;

    if (program->exec != NULL && !run_file(program->exec, error)) {
        return false;
    }
    if (program->expression != NULL) {
        result = source_evaluate(program->expression);
        if (result == NULL) {
            return false;
        }
        Py_DECREF(result);
    }
    return true;
}

bool program_run(const struct program *program, const struct program_watch *watch, struct program_end *end,
                 struct error *error)
{
    const struct eval_options imports = {.imports = program->imports, .import_count = program->import_count};

    *end = (struct program_end){.status = 0};
    if (!set_arguments(program, error) || !add_folder(program, error) || !source_prepare(&imports, error)) {
        return false;
    }
    watch->begins(watch->context);
    if (!run_parts(program, error)) {
        if (error->kind != ERROR_NONE) {
            return false;
        }
        end_by_exception(watch, end);
    }
    finish();
    return true;
}
