/*
 * mview-inspect: what memory does a Python object export, and does it keep
 * the buffer protocol's promises?
 *
 * The data flow one way:
 *
 *     options -> source -> view -> layout, format -> record -> report
 *
 *   options   the command line, one row per option in options.def; then the
 *             interpreter whose environment counts is settled (python/settle.h)
 *   source    a file read as data: the layout of a buffer in it, or the listing
 *             of a container; or an expression evaluated: one Python object
 *   view      the buffer acquired through the C API's memoryview functions, or
 *             what another protocol tells (python/via.h, protocol/telling.h)
 *   layout    what its Py_buffer says, as plain data (memory/layout.h)
 *   record    everything that can be shown, one row per field in fields.def
 *   report    the record as text, fields or JSON; its bytes, walked in an
 *             order (walk/walk.h) and dumped (dump/dump.h)
 *
 * and for --check and --requests:
 *
 *     source -> probe -> transcript -> rules, known consumers -> report
 *     mapping -> audit -> report                                 (--check FILE)
 *     battery -> offer -> trial -> rules -> report          (--check --consumer)
 *     program -> recorder -> ledger -> holding -> report    (--trace)
 *
 * There are two halves.  This program answers what takes no Python: what is in a
 * container, the check of a file, the lists.  It starts in a fraction of the time
 * that CPython's library takes to load.  For all else it loads the engine
 * (engine/engine.h), which is everything once more, with the rooms that know
 * Python, and begins anew; nothing has been written by then.
 *
 * The folders of src/ are the rooms.  The pure side has never heard of Python:
 *
 *   base         errors as values, text, arenas, output, the clock
 *   format       a PEP 3118 string -> a tree of fields with offsets
 *   memory       a plain mirror of Py_buffer; slices; memory that may be gone
 *   value        an item's bytes -> the text that Python's repr gives
 *   walk         the items of a layout in an order, as runs of bytes
 *   dump         bytes as the lines of hexdump -C, items as lines
 *   files        mapping, NumPy's type texts, .npy, safetensors
 *   archive      a zip directory read strictly, and one member's bytes
 *   foreign      files of other formats, told by their content, and what goes on from there
 *   pickle       an opcode machine that runs nothing
 *   recipe       what known names in a pickle mean; the tree that is shown of it
 *   protocol     what DLPack, Arrow and the array interfaces tell of memory, and whether they agree
 *   source       files of all kinds, opened: a buffer's layout, or a listing
 *   audit        a file's structure, and what loading it would run, judged by tables of names
 *   judge        what was answered, as data, and the rules that judge it
 *   known        the well-known consumers: what each reads, and what helps where it does not
 *   trial        buffers to offer a consumer, what it did, and the rules for that
 *   ledger       what a traced program asked for, and what of it is held
 *   reproduce    a breach of a rule as a script of Python's
 *   environment  which interpreter is meant, without starting one
 *   options      the command line, and which options go together
 *
 * python turns objects into those plain structs; probe asks an exporter, and
 * offer makes exporters for a consumer, in child processes; trace watches a
 * program that runs in this one; holders names who keeps an export, for all
 * three.  report writes what is to be shown; cli is the way in and out, of both
 * halves: only there errors are printed.  engine is the half with Python, and
 * launch, here, the one without.
 */
#include "base/error.h"
#include "cli/file_check.h"
#include "cli/files.h"
#include "cli/lists.h"
#include "cli/session.h"
#include "launch/engine.h"
#include "options/options.h"
#include "report/report.h"
#include "source/source.h"

#include <stdlib.h>
#include <string.h>

/* --- what takes no Python -------------------------------------------------------------------- */

static bool wants_object; /* the one file turned out to be a buffer */

static bool list_file(struct report *report, const struct options *options, const char *path, bool *found,
                      struct error *error)
{
    const struct file_options file = files_options(options);
    struct source source;
    bool ok = source_file(&source, path, &file, error);

    (void)found;
    wants_object = ok && source.listing == NULL;
    ok = ok && (wants_object || files_list(report, path, &source, error));
    source_close(&source);
    return ok;
}

/* Standard input cannot be opened again; what is called an array is most likely none. */
static bool may_be_list(const char *path)
{
    const char *dot = strrchr(path, '.');

    return (dot == NULL || strcmp(dot, ".npy") != 0) && strcmp(path, "-") != 0;
}

static bool needs_python(const struct options *options)
{
    if (options->python != NULL || options->implied_input || options_run_code(options)) {
        return true;
    }
    if (lists_are(options->action) || options->action == ACTION_CHECK) {
        return false;
    }
    /* of several files one Python makes all the objects */
    return options->action != ACTION_SHOW || options->member != NULL || options->file_count != 1 ||
           !may_be_list(options->files[0]);
}

/* False, with nothing written, where an object is wanted after all. */
static bool answer(struct session *session, int *code)
{
    enum action action = session->options.action;

    *code = 0;
    if (lists_are(action)) {
        lists_write(&session->output, action);
    } else {
        *code = files_each(&session->report, &session->options, action == ACTION_CHECK ? check_file : list_file);
    }
    return !wants_object;
}

/* --- the program -------------------------------------------------------------------------------- */

/* The command line is for two to take apart, and getopt moves what it has seen. */
static char **copy_of(int argc, char **argv)
{
    char **copy = calloc((size_t)argc + 1, sizeof *copy);

    return copy != NULL ? memcpy(copy, argv, (size_t)argc * sizeof *copy) : NULL;
}

int main(int argc, char **argv)
{
    struct error error = ERROR_INIT;
    struct session session;
    char **copy = copy_of(argc, argv);
    int code;

    if (copy == NULL) {
        error_no_memory(&error);
        return session_refuse(argc, &error);
    }
    if (!session_parse(&session, argc, copy, &error)) {
        return session_refuse(argc, &error);
    }
    if (!needs_python(&session.options)) {
        if (!session_open(&session, &error)) {
            return session_refuse(argc, &error);
        }
        if (answer(&session, &code)) {
            return session_close(&session, code);
        }
        session_undo(&session);
    }
    return engine_run(&session.options, argc, argv, &code, &error) ? code : session_refuse(argc, &error);
}
