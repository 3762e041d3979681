#include "launch/engine.h"

#include "base/error.h"
#include "base/text.h"
#include "engine/engine.h"
#include "environment/environment.h"
#include "launch/exit.h"
#include "options/options.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char engine_prefix[] = "mview-inspect-";
static const char shared_suffix[] = ".so";

/* --- which there are --------------------------------------------------------------- */

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

static bool is_shared(const char *name)
{
    size_t length = strlen(name);
    size_t suffix = sizeof shared_suffix - 1;

    return length > suffix && strcmp(name + length - suffix, shared_suffix) == 0;
}

static bool engine_path(char path[PATH_MAX], const char *prefix, const char *name, const char *tag, const char *suffix)
{
    int length = snprintf(path, PATH_MAX, "%s/libexec/mview-inspect/%s%s%s", prefix, name, tag, suffix);

    return length > 0 && length < PATH_MAX && access(path, R_OK) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strverscmp((*a)->d_name, (*b)->d_name);
}

static int is_engine(const struct dirent *entry)
{
    return strncmp(entry->d_name, engine_prefix, sizeof engine_prefix - 1) == 0;
}

/* Their names, the tags of which are put down in `tags` ("3.11, 3.13t"): how many there are, and the first's path. */
static int list_engines(struct text *tags, char first[PATH_MAX], const char *prefix)
{
    char path[PATH_MAX];
    struct dirent **entries = NULL;
    int count;
    int i;

    engine_path(path, prefix, "", "", "");
    count = scandir(path, &entries, is_engine, by_name);
    for (i = 0; i < count; i++) {
        const char *tag = entries[i]->d_name + sizeof engine_prefix - 1;
        size_t suffix = is_shared(tag) ? sizeof shared_suffix - 1 : 0;

        if (i == 0) {
            engine_path(first, prefix, entries[i]->d_name, "", "");
        }
        text_printf(tags, "%s%.*s", i > 0 ? ", " : "", (int)(strlen(tag) - suffix), tag);
        free(entries[i]);
    }
    free(entries);
    if (count <= 0) {
        text_puts(tags, "none");
    }
    return count;
}

/* --- which is meant ------------------------------------------------------------------- */

static bool no_engine(const struct environment *environment, const char *prefix, const char *tags,
                      struct error *error)
{
    bool usual = strcmp(prefix, "/usr/local") == 0;

    return error_set(error, ERROR_INPUT,
                     "'%s' is Python %s, and the engines here are for %s: 'make install%s%s PYTHONS=%s' adds one",
                     environment->executable, environment->version.tag, tags, usual ? "" : " PREFIX=",
                     usual ? "" : prefix, environment->executable);
}

/* The default, or the only one. */
static bool find_default(char path[PATH_MAX], const char *prefix, struct error *error)
{
    struct text tags = TEXT_INIT;
    bool found = engine_path(path, prefix, "default", "", "") || list_engines(&tags, path, prefix) == 1;

    text_free(&tags);
    return found || error_set(error, ERROR_INPUT, "'%s' is not there: the program is not what 'make install' installs",
                              path);
}

/* That of the environment; the only one, where it is for another Python, says so itself. */
static bool find_engine(char path[PATH_MAX], const char *prefix, struct environment *environment, struct error *error)
{
    struct text tags = TEXT_INIT;
    bool found = true;

    if (!engine_path(path, prefix, engine_prefix, environment->version.tag, shared_suffix) &&
        !engine_path(path, prefix, engine_prefix, environment->version.tag, "")) {
        environment->library[0] = '\0'; /* of another Python than the engine's */
        found = list_engines(&tags, path, prefix) == 1 ||
                no_engine(environment, prefix, text_string(&tags), error);
    }
    text_free(&tags);
    return found;
}

/* --- entering it ------------------------------------------------------------------------ */

/*
 * What a Python has built in, and what lies in its lib-dynload, differs from build to build of the same minor version:
 * modules of one do not load into the other.  So the environment's own libpython goes first, where it has one; the
 * engine then finds it loaded.  For all to see, since modules count on that.
 */
static bool enter(const char *path, const struct environment *environment, int argc, char **argv, int *code,
                  struct error *error)
{
    engine_entry *entry = NULL;
    void *engine;

    if (environment != NULL && environment->library[0] != '\0') {
        dlopen(environment->library, RTLD_LAZY | RTLD_GLOBAL);
    }
    engine = dlopen(path, RTLD_LAZY | RTLD_GLOBAL);
    if (engine != NULL) {
        *(void **)&entry = dlsym(engine, ENGINE_ENTRY);
    }
    if (entry == NULL) {
        return error_set(error, ERROR_INPUT, "the engine does not load: %s", dlerror());
    }
    *code = entry(argc, argv, environment, &watcher_of_exit);
    return true;
}

static bool become(const char *path, char **argv, struct error *error)
{
    execv(path, argv);
    return error_set(error, ERROR_INPUT, "'%s': %s", path, strerror(errno));
}

bool engine_run(const struct options *options, int argc, char **argv, int *code, struct error *error)
{
    struct environment environment;
    char prefix[PATH_MAX];
    char found[PATH_MAX];
    char path[PATH_MAX];
    bool chosen = environment_chosen(options->python, options_run_code(options));

    if (!find_prefix(prefix, error) || (chosen && !environment_find(&environment, options->python, error)) ||
        !(chosen ? find_engine(found, prefix, &environment, error) : find_default(found, prefix, error))) {
        return false;
    }
    if (realpath(found, path) == NULL) {
        return error_set(error, ERROR_INPUT, "'%s': %s", found, strerror(errno));
    }
    return is_shared(path) ? enter(path, chosen ? &environment : NULL, argc, argv, code, error)
                           : become(path, argv, error);
}
