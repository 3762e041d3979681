#include <Python.h>

#include "python/evaluate.h"

#include "base/error.h"
#include "base/text.h"
#include "python/interpreter.h"
#include "source/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

struct _object *source_full_name(const char *path)
{
    struct text full = TEXT_INIT;
    char *folder = path[0] != '/' ? getcwd(NULL, 0) : NULL;
    PyObject *name;

    if (folder != NULL) {
        text_printf(&full, "%s/", folder);
        path += strncmp(path, "./", 2) == 0 ? 2 : 0;
    }
    text_puts(&full, path);
    name = PyUnicode_DecodeFSDefault(text_string(&full));
    free(folder);
    text_free(&full);
    return name;
}

/* Python/pythonrun.c's set_main_loader, and what it does before and after. */
static bool set_main(PyObject *names, PyObject *file)
{
    PyObject *module = PyImport_ImportModule("_frozen_importlib_external");
    PyObject *loader = module != NULL ? PyObject_CallMethod(module, "SourceFileLoader", "sO", "__main__", file) : NULL;
    bool ok = loader != NULL && PyDict_SetItemString(names, "__loader__", loader) == 0 &&
              PyDict_SetItemString(names, "__file__", file) == 0 &&
              PyDict_SetItemString(names, "__cached__", Py_None) == 0;

    Py_XDECREF(loader);
    Py_XDECREF(module);
    return ok;
}

struct _object *source_exec(const char *path, const char *called, struct error *error)
{
    PyObject *main_module = PyImport_AddModule("__main__");
    PyObject *names = main_module != NULL ? PyModule_GetDict(main_module) : NULL;
    FILE *file = fopen(path, "re");
    struct stat status;
    PyObject *name;

    if (file == NULL) {
        error_set(error, ERROR_INPUT, "%s", strerror(errno));
        return NULL;
    }
    if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
        fclose(file);
        error_set(error, ERROR_INPUT, "%s", strerror(EISDIR));
        return NULL;
    }
    name = source_full_name(path);
    if (names == NULL || name == NULL || !set_main(names, name)) {
        Py_XDECREF(name);
        fclose(file);
        return NULL;
    }
    Py_DECREF(name);
    return PyRun_FileEx(file, called, Py_file_input, names, names, true);
}

static bool run_file(const char *path, struct error *error)
{
    PyObject *result = source_exec(path, path, error);

    if (result == NULL) {
        if (error->kind == ERROR_NONE) {
            interpreter_error(error);
        }
        return error_prefix(error, "'%s'", path);
    }
    Py_DECREF(result);
    return true;
}

struct _object *source_compile(const char *expression)
{
    return Py_CompileString(expression + strspn(expression, " \t\r\n"), "<expression>", Py_eval_input);
}

struct _object *source_evaluate(const char *expression)
{
    PyObject *names = PyModule_GetDict(PyImport_AddModule("__main__"));
    PyObject *code = source_compile(expression);
    PyObject *result = code != NULL ? PyEval_EvalCode(code, names, names) : NULL;

    Py_XDECREF(code);
    return result;
}

/* The names that people give to modules, as -i takes them. */
static const char *const short_names[] = {"np=numpy", "pa=pyarrow", "pd=pandas", "pl=polars", "tf=tensorflow"};

/* What -i is to be given so that `name` is bound. */
static void import_spec(const char *name, char spec[static 160])
{
    size_t length = strlen(name);
    size_t i;

    snprintf(spec, 160, "%s", name);
    for (i = 0; i < sizeof short_names / sizeof short_names[0]; i++) {
        if (strncmp(short_names[i], name, length) == 0 && short_names[i][length] == '=') {
            snprintf(spec, 160, "%s=%s", short_names[i] + length + 1, name);
        }
    }
}

/* Where "NAME." is in the expression, a name that is not defined is a module most of the time. */
static bool name_error(const char *expression, const char *quoted, struct error *error)
{
    size_t length = strcspn(quoted, "'");
    char module[128];
    char spec[160];
    const char *at;

    if (length == 0 || length >= sizeof module) {
        return false;
    }
    memcpy(module, quoted, length);
    module[length] = '\0';
    at = strstr(expression, module);
    if (at == NULL || at[length] != '.') {
        return false;
    }
    import_spec(module, spec);
    return error_append(error, " (-i %s imports the module)", spec);
}

/* Statements are not expressions; what people want of them are imports, most of the time. */
static bool is_statements(const char *expression)
{
    PyObject *code = Py_CompileString(expression, "<expression>", Py_file_input);
    bool compiles = code != NULL && expression[strspn(expression, " \t\r\n")] != '\0';

    Py_XDECREF(code);
    PyErr_Clear();
    return compiles;
}

bool source_advise(const char *expression, struct error *error)
{
    static const char no_name[] = "NameError: name '";
    static const char no_syntax[] = "SyntaxError: ";

    if (strncmp(error->message, no_name, sizeof no_name - 1) == 0) {
        return name_error(expression, error->message + sizeof no_name - 1, error);
    }
    if (strncmp(error->message, no_syntax, sizeof no_syntax - 1) == 0 && is_statements(expression)) {
        return error_append(error, " (these are statements, and -e takes one expression: "
                                   "-i MOD imports a module, -x FILE runs a file first)");
    }
    return false;
}

static bool evaluation_error(const char *expression, struct error *error)
{
    interpreter_error(error);
    return source_advise(expression, error);
}

bool source_prepare(const struct eval_options *options, struct error *error)
{
    PyObject *main_module = PyImport_AddModule("__main__");
    PyObject *names = main_module != NULL ? PyModule_GetDict(main_module) : NULL;
    size_t i;

    if (names == NULL) {
        return interpreter_error(error);
    }
    for (i = 0; i < options->import_count; i++) {
        if (!import_module(names, options->imports[i], error)) {
            return false;
        }
    }
    return options->exec == NULL || run_file(options->exec, error);
}

bool source_eval(struct source *source, const struct eval_options *options, struct error *error)
{
    *source = (struct source){.kind = SOURCE_EVAL};
    if (!source_prepare(options, error)) {
        return false;
    }
    source->object = source_evaluate(options->expression);
    return source->object != NULL || evaluation_error(options->expression, error);
}
