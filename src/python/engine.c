#include <Python.h>

#include "python/engine.h"

#include "base/error.h"
#include "environment/environment.h"
#include "environment/preload.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct version built_in = {MVIEW_PYTHON_TAG};

static bool wrong_version(const struct environment *environment, struct error *error)
{
    if (environment->own) {
        return error_set(error, ERROR_INPUT,
                         "'%s' is Python %s, but the mview-inspect beside it is built for Python %s: install it anew there",
                         environment->executable, environment->version.tag, built_in.tag);
    }
    return error_set(error, ERROR_INPUT,
                     "'%s' is Python %s, but this mview-inspect is built for Python %s: "
                     "'make PYTHON=%s' builds one for it, 'make install PYTHONS=\"%s %s\"' installs both",
                     environment->executable, environment->version.tag, built_in.tag, environment->executable,
                     MVIEW_PYTHON, environment->executable);
}

/* Whether the library in use is not that of the environment; one that is linked in cannot be changed. */
static bool needs_library(const char *library)
{
    struct stat wanted;
    struct stat loaded;
    Dl_info info;

    return MVIEW_PYTHON_SHARED && preload_possible(library) &&
           dladdr((const void *)(uintptr_t)Py_GetVersion, &info) != 0 && stat(info.dli_fname, &loaded) == 0 &&
           stat(library, &wanted) == 0 && (wanted.st_dev != loaded.st_dev || wanted.st_ino != loaded.st_ino);
}

static bool restart(const char *library, char **argv, struct error *error)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

    self[length > 0 ? length : 0] = '\0';
    return preload_exec(self, library, argv, error);
}

bool engine_settle(char executable[PATH_MAX], const char *python, bool user, char **argv, struct error *error)
{
    bool restarted = preload_restore();
    struct environment environment;

    if (!environment_chosen(python, user)) {
        snprintf(executable, PATH_MAX, "%s", MVIEW_PYTHON);
    } else if (!environment_find(&environment, python, error)) {
        return false;
    } else if (strcmp(environment.version.tag, built_in.tag) != 0) {
        return wrong_version(&environment, error);
    } else if (!restarted && needs_library(environment.library)) {
        return restart(environment.library, argv, error);
    } else {
        strcpy(executable, environment.executable);
    }
    return !user || environment_check_home(&built_in, error);
}

const char *engine_python(void)
{
    return PY_VERSION " (" MVIEW_PYTHON ")";
}
