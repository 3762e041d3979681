#include <Python.h>

#include "python/source.h"

#include "base/error.h"
#include "python/interpreter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* "MOD" binds what `import MOD` binds; "MOD=NAME" binds the module itself as NAME. */
static bool import_module(PyObject *names, const char *spec, struct error *error)
{
    const char *equals = strchr(spec, '=');
    size_t length = equals != NULL ? (size_t)(equals - spec) : strlen(spec);
    char *module_name = strndup(spec, length);
    PyObject *module = module_name != NULL ? PyImport_ImportModule(module_name) : PyErr_NoMemory();
    bool ok = false;

    if (module != NULL && equals == NULL && strchr(module_name, '.') != NULL) {
        *strchr(module_name, '.') = '\0';
        Py_SETREF(module, PyImport_ImportModule(module_name));
    }
    if (module != NULL) {
        ok = PyDict_SetItemString(names, equals != NULL ? equals + 1 : module_name, module) == 0;
    }
    if (!ok) {
        interpreter_error(error);
        error_prefix(error, "import of '%.*s'", (int)length, spec);
    }
    Py_XDECREF(module);
    free(module_name);
    return ok;
}

static bool run_file(PyObject *names, const char *path, struct error *error)
{
    FILE *file = fopen(path, "re");
    struct stat status;
    PyObject *name;
    PyObject *result = NULL;

    if (file == NULL) {
        return error_set(error, ERROR_INPUT, "'%s': %s", path, strerror(errno));
    }
    if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
        fclose(file);
        return error_set(error, ERROR_INPUT, "'%s': %s", path, strerror(EISDIR));
    }
    name = PyUnicode_DecodeFSDefault(path);
    if (name != NULL && PyDict_SetItemString(names, "__file__", name) == 0) {
        result = PyRun_File(file, path, Py_file_input, names, names);
    }
    Py_XDECREF(name);
    fclose(file);
    if (result == NULL) {
        interpreter_error(error);
        return error_prefix(error, "'%s'", path);
    }
    Py_DECREF(result);
    return true;
}

static PyObject *evaluate(PyObject *names, const char *expression)
{
    PyObject *code = Py_CompileString(expression + strspn(expression, " \t\r\n"), "<expression>", Py_eval_input);
    PyObject *result = code != NULL ? PyEval_EvalCode(code, names, names) : NULL;

    Py_XDECREF(code);
    return result;
}

/* Where "NAME." is in the expression, a name that is not defined is a module most of the time. */
static bool evaluation_error(const char *expression, struct error *error)
{
    static const char start[] = "NameError: name '";
    char module[128];
    size_t length;
    const char *at;

    interpreter_error(error);
    if (strncmp(error->message, start, sizeof start - 1) != 0) {
        return false;
    }
    length = strcspn(error->message + sizeof start - 1, "'");
    if (length >= sizeof module) {
        return false;
    }
    memcpy(module, error->message + sizeof start - 1, length);
    module[length] = '\0';
    at = strstr(expression, module);
    if (length > 0 && at != NULL && at[length] == '.') {
        return error_append(error, " (-i %s imports the module)", module);
    }
    return false;
}

bool source_eval(struct source *source, const struct eval_options *options, struct error *error)
{
    PyObject *main_module = PyImport_AddModule("__main__");
    PyObject *names = main_module != NULL ? PyModule_GetDict(main_module) : NULL;
    size_t i;

    *source = (struct source){.kind = SOURCE_EVAL};
    if (names == NULL) {
        return interpreter_error(error);
    }
    for (i = 0; i < options->import_count; i++) {
        if (!import_module(names, options->imports[i], error)) {
            return false;
        }
    }
    if (options->exec != NULL && !run_file(names, options->exec, error)) {
        return false;
    }
    source->object = evaluate(names, options->expression);
    return source->object != NULL || evaluation_error(options->expression, error);
}
