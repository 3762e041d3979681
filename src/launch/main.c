/*
 * mview-inspect where several Pythons were built for: picks the engine, one
 * program per kind of CPython, and becomes it.
 *
 *     PREFIX/bin/mview-inspect                              this program
 *     PREFIX/libexec/mview-inspect/mview-inspect-3.13t      an engine
 *     PREFIX/libexec/mview-inspect/default                  a link to one
 *
 * --python EXE decides, else, where code of the user's is to run, $VIRTUAL_ENV or
 * the environment that PREFIX is, else the default.  The engines are looked for beside this program's own
 * place, so that the tree can be moved.  No Python is started to tell one from
 * another (environment/environment.h says how).
 */
#include "base/error.h"
#include "base/text.h"
#include "environment/environment.h"
#include "environment/preload.h"
#include "options/options.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char engine_prefix[] = "mview-inspect-";

/* PREFIX of PREFIX/bin/mview-inspect. */
static bool find_prefix(char prefix[PATH_MAX], struct error *error)
{
    ssize_t length = readlink("/proc/self/exe", prefix, PATH_MAX - 1);
    int levels;

    if (length <= 0) {
        return error_set(error, ERROR_INPUT, "'/proc/self/exe': %s", strerror(errno));
    }
    prefix[length] = '\0';
    for (levels = 0; levels < 2; levels++) {
        char *slash = strrchr(prefix, '/');

        if (slash != NULL) {
            *slash = '\0';
        }
    }
    return true;
}

static bool engine_path(char path[PATH_MAX], const char *prefix, const char *name, const char *tag)
{
    int length = snprintf(path, PATH_MAX, "%s/libexec/mview-inspect/%s%s", prefix, name, tag);

    return length > 0 && length < PATH_MAX && access(path, X_OK) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strverscmp((*a)->d_name, (*b)->d_name);
}

static int is_engine(const struct dirent *entry)
{
    return strncmp(entry->d_name, engine_prefix, sizeof engine_prefix - 1) == 0;
}

/* "3.11, 3.13t": the engines that there are. */
static void list_engines(struct text *text, const char *prefix)
{
    char path[PATH_MAX];
    struct dirent **entries = NULL;
    int count;
    int i;

    engine_path(path, prefix, "", "");
    count = scandir(path, &entries, is_engine, by_name);
    for (i = 0; i < count; i++) {
        text_printf(text, "%s%s", i > 0 ? ", " : "", entries[i]->d_name + sizeof engine_prefix - 1);
        free(entries[i]);
    }
    free(entries);
    if (count <= 0) {
        text_puts(text, "none");
    }
}

static bool no_engine(const struct environment *environment, const char *prefix, struct error *error)
{
    struct text engines = TEXT_INIT;
    bool usual = strcmp(prefix, "/usr/local") == 0;

    list_engines(&engines, prefix);
    error_set(error, ERROR_INPUT, "'%s' is Python %s, and the engines here are for %s: 'make install%s%s PYTHONS=%s' adds one",
              environment->executable, environment->version.tag, text_string(&engines), usual ? "" : " PREFIX=",
              usual ? "" : prefix, environment->executable);
    text_free(&engines);
    return false;
}

/* What the command line asks for; one that is wrong is for the engine to refuse. */
static bool read_options(struct options *options, int argc, char **argv, struct error *error)
{
    char **copy = calloc((size_t)argc + 1, sizeof *copy);
    struct error ignored = ERROR_INIT;

    if (copy == NULL) {
        return error_no_memory(error);
    }
    memcpy(copy, argv, (size_t)argc * sizeof *copy);
    if (!options_parse(options, argc, copy, &ignored)) {
        options->python = NULL;
        options->eval = NULL;
        options->trust = false;
    }
    options_free(options);
    free(copy);
    return true;
}

static bool launch(int argc, char **argv, struct error *error)
{
    struct environment environment = {.library = ""};
    struct options options;
    char prefix[PATH_MAX];
    char engine[PATH_MAX];

    if (!read_options(&options, argc, argv, error) || !find_prefix(prefix, error)) {
        return false;
    }
    if (!environment_chosen(options.python, options_run_code(&options))) {
        engine_path(engine, prefix, "default", "");
    } else if (!environment_find(&environment, options.python, error)) {
        return false;
    } else if (!engine_path(engine, prefix, engine_prefix, environment.version.tag)) {
        return no_engine(&environment, prefix, error);
    }
    return preload_exec(engine, environment.library, argv, error);
}

int main(int argc, char **argv)
{
    struct error error = ERROR_INIT;
    struct text line = TEXT_INIT;

    if (!launch(argc, argv, &error)) {
        text_puts(&line, "mview-inspect: ");
        text_escape_string(&line, error.message);
        text_putc(&line, '\n');
        if (write(STDERR_FILENO, text_string(&line), line.length) < 0) {
            /* nowhere left to say it: the exit code does */
        }
        text_free(&line);
    }
    return 2;
}
