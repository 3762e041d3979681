#include <Python.h>

#include "trace/asker.h"

#include "base/error.h"
#include "base/text.h"
#include "holders/file.h"
#include "trace/builtin.h"
#include "trace/lines.h"
#include "trace/symbol.h"

#include <dlfcn.h>
#include <frameobject.h>
#include <link.h>
#include <string.h>
#include <unwind.h>

enum {
    NAME = 200,        /* bytes of a name or message that are kept */
    MOST_CALLERS = 16, /* that are looked at for one with a name */
};

struct range {
    uintptr_t begin, end;
};

static struct range python;    /* Python's code */
static struct range program;   /* our own, where that is another */
static struct range evaluator; /* the function in it that runs Python code */

/* GCC's unwinder.  It is loaded when a trace begins: linked with, it would be at every start of the program. */
static struct {
    _Unwind_Reason_Code (*backtrace)(_Unwind_Trace_Fn see, void *data);
    __typeof__(_Unwind_GetIP) *address;
    void *(*function)(void *address); /* that an address lies in */
} unwinder;

static bool is_in(const struct range *range, uintptr_t address)
{
    return address >= range->begin && address < range->end;
}

/* --- at the start ------------------------------------------------------------------------------- */

/* The segment of code that holds data->begin. */
static int find_segment(struct dl_phdr_info *info, size_t size, void *data)
{
    struct range *range = data;
    int i;

    (void)size;
    for (i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

        if (info->dlpi_phdr[i].p_type == PT_LOAD && range->begin >= begin &&
            range->begin - begin < info->dlpi_phdr[i].p_memsz) {
            *range = (struct range){begin, begin + info->dlpi_phdr[i].p_memsz};
            return 1;
        }
    }
    return 0;
}

static bool load_unwinder(struct error *error)
{
    void *library = dlopen("libgcc_s.so.1", RTLD_LAZY);

    if (library != NULL) {
        *(void **)&unwinder.backtrace = dlsym(library, "_Unwind_Backtrace");
        *(void **)&unwinder.address = dlsym(library, "_Unwind_GetIP");
        *(void **)&unwinder.function = dlsym(library, "_Unwind_FindEnclosingFunction");
    }
    return (unwinder.backtrace != NULL && unwinder.address != NULL && unwinder.function != NULL) ||
           error_set(error, ERROR_PYTHON, "--trace needs libgcc_s.so.1, which comes with GCC: install it");
}

bool asker_start(struct error *error)
{
    uintptr_t evaluate = (uintptr_t)_PyEval_EvalFrameDefault;

    python.begin = (uintptr_t)PyObject_GetBuffer;
    program.begin = (uintptr_t)asker_start;
    if (dl_iterate_phdr(find_segment, &python) == 0 || dl_iterate_phdr(find_segment, &program) == 0) {
        return error_set(error, ERROR_PYTHON, "--trace cannot find Python's code");
    }
    evaluator = (struct range){evaluate, evaluate + symbol_size(evaluate)};
    return load_unwinder(error);
}

/* --- who ------------------------------------------------------------------------------------------ */

/*
 * What is made here may not set off a collection, which a consumer does not expect in the middle of a request.  From
 * 3.12 on there is none but between two steps of Python code.
 */
static bool collector_rest(void)
{
#if PY_VERSION_HEX >= 0x030a0000 && PY_VERSION_HEX < 0x030c0000
    return PyGC_Disable() != 0;
#else
    return false;
#endif
}

static void collector_go_on(bool collects)
{
#if PY_VERSION_HEX >= 0x030a0000 && PY_VERSION_HEX < 0x030c0000
    if (collects) {
        PyGC_Enable();
    }
#else
    (void)collects;
#endif
}

static void add_line(struct asker *asker, PyCodeObject *code, int place)
{
    asker->lines[asker->line_count].code = code;
    asker->lines[asker->line_count++].place = place;
}

#if PY_VERSION_HEX < 0x030b0000
static void find_lines(struct asker *asker)
{
    PyFrameObject *frame = PyEval_GetFrame();

    for (; frame != NULL && asker->line_count < LEDGER_DEPTH; frame = frame->f_back) {
        add_line(asker, frame->f_code, frame->f_lasti * (PY_VERSION_HEX < 0x030a0000 ? 1 : 2));
    }
}
#else
/* Frames are made into objects here. */
static void find_lines(struct asker *asker)
{
    PyFrameObject *frame = PyEval_GetFrame();

    Py_XINCREF(frame);
    while (frame != NULL) {
        PyCodeObject *code = PyFrame_GetCode(frame);
        PyFrameObject *back;

        add_line(asker, code, PyFrame_GetLasti(frame));
        Py_DECREF(code);
        back = asker->line_count < LEDGER_DEPTH ? PyFrame_GetBack(frame) : NULL;
        Py_DECREF(frame);
        frame = back;
    }
}
#endif

struct unwinding {
    struct asker *asker;
    uintptr_t caller;
    bool begun; /* past the frames of our own */
};

static _Unwind_Reason_Code see_frame(struct _Unwind_Context *context, void *data)
{
    struct unwinding *unwinding = data;
    struct asker *asker = unwinding->asker;
    uintptr_t address = unwinder.address(context);

    unwinding->begun = unwinding->begun || address == unwinding->caller;
    if (!unwinding->begun) {
        return _URC_NO_REASON;
    }
    if (is_in(&evaluator, address - 1) || (is_in(&program, address - 1) && !is_in(&python, address - 1))) {
        return _URC_END_OF_STACK;
    }
    asker->outside = !is_in(&python, address - 1);
    if (asker->caller_count == ASKER_CALLERS && !asker->outside) {
        return _URC_NO_REASON; /* who is outside matters more than who is in between */
    }
    asker->caller_count -= asker->caller_count == ASKER_CALLERS;
    asker->callers[asker->caller_count++] = address;
    return asker->outside ? _URC_END_OF_STACK : _URC_NO_REASON;
}

void asker_find(struct asker *asker, uintptr_t caller)
{
    struct unwinding unwinding = {.asker = asker, .caller = caller};
    bool collects;

    asker->line_count = 0;
    asker->callers[0] = caller;
    asker->caller_count = 1;
    asker->outside = !is_in(&python, caller - 1);
    if (!asker->outside) {
        asker->caller_count = 0;
        unwinder.backtrace(see_frame, &unwinding);
    }
    if (asker->caller_count == 0) {
        asker->callers[asker->caller_count++] = caller;
    }
    collects = collector_rest();
    find_lines(asker);
    collector_go_on(collects);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15;
    return hash ^ (hash >> 29);
}

uint64_t asker_signature(const struct asker *asker, PyTypeObject *type, int flags)
{
    uint64_t hash = mix(mix((uintptr_t)type, (uintptr_t)type->tp_name), (uint64_t)flags);
    int i;

    /* within Python, the way to the same function is not always the same: calls adapt */
    hash = mix(hash, asker->outside ? asker->callers[asker->caller_count - 1] : 0);
    for (i = 0; i < asker->line_count; i++) {
        const PyCodeObject *code = asker->lines[i].code;

        /* another code may come to lie where this one was: hardly one that is so much alike */
        hash = mix(hash, (uintptr_t)code);
        hash = mix(hash, (uintptr_t)code->co_filename);
        hash = mix(hash, (uintptr_t)code->co_name);
        hash = mix(hash, (uint64_t)code->co_firstlineno << 32 | (uint32_t)asker->lines[i].place);
    }
    return hash;
}

/* --- in words ------------------------------------------------------------------------------------- */

static void put_string(struct text *text, PyObject *string)
{
    Py_ssize_t length = 0;
    const char *bytes = string != NULL && PyUnicode_Check(string) ? PyUnicode_AsUTF8AndSize(string, &length) : NULL;

    if (bytes == NULL) {
        PyErr_Clear(); /* lone surrogates */
        text_putc(text, '?');
        return;
    }
    if (length > NAME) {
        text_puts(text, "..");
        bytes += length - NAME;
        length = NAME;
    }
    text_append(text, bytes, (size_t)length);
}

/* As Python writes it; without asking the type, whose metaclass may be the program's. */
static void put_type(struct text *text, PyTypeObject *type)
{
    PyObject *module = NULL;

    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        text_append(text, type->tp_name, strnlen(type->tp_name, NAME));
        return;
    }
    if (type->tp_dict != NULL) {
        module = PyDict_GetItemString(type->tp_dict, "__module__");
    }
    if (module != NULL && PyUnicode_Check(module) && PyUnicode_CompareWithASCIIString(module, "builtins") != 0) {
        put_string(text, module);
        text_putc(text, '.');
    }
    put_string(text, ((PyHeapTypeObject *)type)->ht_qualname);
}

static void put_line(struct text *text, PyCodeObject *code, int place)
{
    put_string(text, file_called(code->co_filename));
    text_printf(text, ":%d in ", lines_find(code, place));
#if PY_VERSION_HEX >= 0x030b0000
    put_string(text, code->co_qualname);
#else
    put_string(text, code->co_name);
#endif
}

void asker_line(struct text *text)
{
    struct asker asker = {.line_count = 0};
    bool collects = collector_rest();

    find_lines(&asker);
    collector_go_on(collects);
    if (asker.line_count > 0) {
        put_line(text, asker.lines[0].code, asker.lines[0].place);
    }
}

static bool begins_with_one_of(const char *name, const char *const *prefixes)
{
    for (; *prefixes != NULL; prefixes++) {
        if (strncmp(name, *prefixes, strlen(*prefixes)) == 0) {
            return true;
        }
    }
    return false;
}

/* Python's ways to call, which are on the way to everything; and its ways to take arguments. */
static const char *const calls[] = {"PyObject_Call", "_PyObject_Call", "PyObject_Vectorcall", "_PyObject_Vectorcall",
                                    "_PyObject_MakeTpCall", "PyVectorcall_Call", "_PyVectorcall_Call", "_PyEval_Vector",
                                    "PyEval_EvalCode", "_PyFunction_Vectorcall", NULL};
static const char *const taking_arguments[] = {"PyArg_", "_PyArg_", "PyObject_GetBuffer", NULL};

/* The name of one of Python's exported functions that says what is done. */
static bool put_exported(struct text *text, const struct asker *asker)
{
    size_t length = text->length;
    int i;

    for (i = 0; i < asker->caller_count; i++) {
        bool named = symbol_text(asker->callers[i], false, text);
        const char *name = named && !text->failed ? strchr(text->data + length, '!') : NULL;

        if (name != NULL && !begins_with_one_of(name + 1, calls) && !begins_with_one_of(name + 1, taking_arguments)) {
            return true;
        }
        text->length = length;
        if (name != NULL && begins_with_one_of(name + 1, calls)) {
            return false;
        }
    }
    return false;
}

struct chain {
    uintptr_t callers[MOST_CALLERS]; /* addresses to return to, from one of them on */
    int count;
    uintptr_t first;
};

static _Unwind_Reason_Code see_caller(struct _Unwind_Context *context, void *data)
{
    struct chain *chain = data;
    uintptr_t address = unwinder.address(context);

    if (chain->count == 0 && address != chain->first) {
        return _URC_NO_REASON;
    }
    if (is_in(&evaluator, address - 1) || chain->count == MOST_CALLERS) {
        return _URC_END_OF_STACK;
    }
    chain->callers[chain->count++] = address;
    return _URC_NO_REASON;
}

/* The function that Python code called, on the way to who asked, by the name that it has for Python. */
static bool put_builtin(struct text *text, uintptr_t caller)
{
    struct chain chain = {.first = caller};
    size_t length = text->length;
    int i;

    unwinder.backtrace(see_caller, &chain);
    for (i = 0; i < chain.count; i++) {
        uintptr_t function = (uintptr_t)unwinder.function((void *)(chain.callers[i] - 1));

        symbol_module(caller, text);
        text_putc(text, '!');
        if (builtin_text(function, text)) {
            return true;
        }
        text->length = length;
    }
    return false;
}

/* Names that Cython makes, and that nobody wrote. */
static const char *const made[] = {"__pyx_", "__Pyx_", NULL};

/* The name of a function outside of Python, as it was written. */
static bool put_outside(struct text *text, uintptr_t caller)
{
    size_t length = text->length;
    bool named = symbol_text(caller, true, text);
    const char *name = named && !text->failed ? strchr(text->data + length, '!') : NULL;

    return name != NULL && !begins_with_one_of(name + 1, made);
}

/* The one outside of Python; else the innermost of Python's own that has a name. */
static void put_native(struct text *text, const struct asker *asker)
{
    uintptr_t caller = asker->outside ? asker->callers[asker->caller_count - 1] : asker->callers[0];
    size_t length = text->length;

    if (asker->outside ? put_outside(text, caller) : put_exported(text, asker)) {
        return;
    }
    text->length = length;
    if (!put_builtin(text, caller)) {
        symbol_text(caller, true, text);
    }
}

void asker_words(const struct asker *asker, PyTypeObject *type, int flags, struct text *room,
                 struct ledger_words *words)
{
    size_t places[LEDGER_DEPTH + 2];
    PyObject *exception[3];
    bool collects = collector_rest();
    int i;

    text_clear(room);
    PyErr_Fetch(&exception[0], &exception[1], &exception[2]);
    places[0] = room->length;
    put_type(room, type);
    text_append(room, "", 1);
    places[1] = room->length;
    put_native(room, asker);
    text_append(room, "", 1);
    for (i = 0; i < asker->line_count; i++) {
        places[2 + i] = room->length;
        put_line(room, asker->lines[i].code, asker->lines[i].place);
        text_append(room, "", 1);
    }
    PyErr_Restore(exception[0], exception[1], exception[2]);
    collector_go_on(collects);
    *words = (struct ledger_words){.type = "?", .native = "?", .flags = flags};
    if (!room->failed) {
        words->type = room->data + places[0];
        words->native = room->data + places[1];
        for (i = 0; i < asker->line_count; i++) {
            words->where[words->depth++] = room->data + places[2 + i];
        }
    }
}

/* What it was made with, when that is a text: its own __str__ may be the program's. */
static PyObject *message_of(PyObject *value)
{
    PyObject *arguments;

    if (value == NULL || PyUnicode_Check(value)) {
        return value;
    }
    arguments = PyExceptionInstance_Check(value) ? ((PyBaseExceptionObject *)value)->args : NULL;
    return arguments != NULL && PyTuple_Check(arguments) && PyTuple_GET_SIZE(arguments) > 0 &&
                   PyUnicode_Check(PyTuple_GET_ITEM(arguments, 0))
               ? PyTuple_GET_ITEM(arguments, 0)
               : NULL;
}

void asker_exception(PyObject *type, PyObject *value, struct text *text)
{
    PyObject *message = message_of(value);

    if (type == NULL || !PyExceptionClass_Check(type)) {
        text_puts(text, "no exception");
        return;
    }
    put_type(text, (PyTypeObject *)type);
    if (message != NULL) {
        text_puts(text, ": ");
        put_string(text, message);
    }
}
