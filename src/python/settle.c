#include <Python.h>

#include "python/settle.h"

#include "base/error.h"
#include "environment/environment.h"

#include <stdio.h>
#include <string.h>

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

bool engine_settle(char executable[PATH_MAX], const struct environment *environment, const char *python, bool user,
                   struct error *error)
{
    struct environment found;

    if (environment == NULL && environment_chosen(python, user)) {
        environment = environment_find(&found, python, error) ? &found : NULL;
        if (environment == NULL) {
            return false;
        }
    }
    if (environment == NULL) {
        snprintf(executable, PATH_MAX, "%s", MVIEW_PYTHON);
    } else if (strcmp(environment->version.tag, built_in.tag) != 0) {
        return wrong_version(environment, error);
    } else {
        strcpy(executable, environment->executable);
    }
    return !user || environment_check_home(&built_in, error);
}

const char *engine_python(void)
{
    return PY_VERSION " (" MVIEW_PYTHON ")";
}
