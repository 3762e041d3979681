/*
 * A program run as Python runs it, up to the point where Python would take
 * itself apart.
 */
#ifndef MVIEW_TRACE_PROGRAM_H
#define MVIEW_TRACE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

struct error;

struct program {
    const char *const *imports; /* "MOD" or "MOD=NAME" */
    size_t import_count;
    const char *exec;       /* a Python file, or NULL */
    const char *expression; /* evaluated then, or NULL */
    char *const *arguments; /* behind sys.argv[0] */
    size_t argument_count;
    size_t path_count; /* what stands in sys.path before the program's own folder */
};

struct program_end {
    int status;       /* the exit status that Python would give */
    bool interrupted; /* .. after it has ended by SIGINT: nobody caught KeyboardInterrupt */
};

/*
 * Run it: the imports, the file, the expression.  What nobody catches is printed as Python does it, and what is
 * left of the program does not run.  Then its threads are waited for, and its atexit functions run.
 *
 * `begins` is called when the imports are done; `uncaught` with an exception set that nobody caught, before it is
 * printed, and may not clear it; `printed` after that.  An error is one of the command line: there is no such file,
 * no such module.
 */
struct program_watch {
    void (*begins)(void *context);
    void (*uncaught)(void *context);
    void (*printed)(void *context);
    void *context;
};
bool program_run(const struct program *program, const struct program_watch *watch, struct program_end *end,
                 struct error *error);

#endif
