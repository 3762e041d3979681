/*
 * Ways for the program to end that are not main's return.
 */
#ifndef MVIEW_CLI_ENDING_H
#define MVIEW_CLI_ENDING_H

struct output;

enum {
    EXIT_FINDINGS = 1, /* of the program: --check found errors */
    EXIT_ERROR = 2,    /* nothing, or not all, was answered */
};

/* End by a signal, as if it had never been caught: 128+N for the shell. */
void die_by_signal(int signal_number);

/* Who is told, in whatever thread, that _exit was called, and ends the program. */
typedef void exit_watcher(int code);

/* Let *watcher be one that knows of what follows. */
void ending_watch_exit(exit_watcher **watcher);

/*
 * From here on, exit() or _exit() called by anyone else (a C library that an
 * expression uses, os._exit) is an error: one line about `subject` (borrowed),
 * exit 2, no answer.
 */
void ending_is_unexpected(const char *subject);
void ending_is_expected(void);

/*
 * The answer is complete: send it out, and give what the user's code has still
 * to do (a release, a destructor, an atexit function, a thread that is waited
 * for) this many seconds.  After that the program ends with `code`, and a line
 * says so.  Called again, the earlier limit stays, and `code` counts from then on.
 */
void ending_answered(struct output *output, double seconds, int code);

enum { ENDING_SECONDS = 5 }; /* for whoever has no reason for less */

/*
 * From here on, a mapped file that vanishes under Python's hands (SIGBUS) is an
 * error of the file named by ending_file.  What our own code reads is guarded
 * more finely (memory/guard.h); install that after this.
 */
void ending_watch_files(void);
void ending_file(const char *path); /* borrowed */

#endif
