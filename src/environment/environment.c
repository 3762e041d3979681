#include "environment/environment.h"

#include "base/error.h"
#include "environment/identify.h"
#include "environment/locate.h"
#include "environment/modules.h"
#include "environment/venv.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *virtual_env(void)
{
    const char *folder = getenv("VIRTUAL_ENV");

    return folder != NULL && *folder != '\0' ? folder : NULL;
}

bool environment_chosen(const char *python, bool user)
{
    char own[PATH_MAX];

    return python != NULL || (user && (virtual_env() != NULL || locate_own(own)));
}

/* --- what a virtual environment says, compared with what is there ----------- */

/* A folder python3.X in VENV/lib, its name in `other`, when that of this version is not there. */
static bool holds_other(const char *root, const struct version *version, char other[32])
{
    char path[PATH_MAX];
    char wanted[32];
    struct dirent *entry;
    bool found = false;
    bool there = false;
    DIR *directory;
    int length = snprintf(path, sizeof path, "%s/lib", root);

    directory = length > 0 && (size_t)length < sizeof path ? opendir(path) : NULL;
    if (directory == NULL) {
        return false;
    }
    version_folder(version, wanted);
    while ((entry = readdir(directory)) != NULL) {
        struct version ignored;

        if (strcmp(entry->d_name, wanted) == 0) {
            there = true;
        } else if (version_from_program(&ignored, entry->d_name)) {
            snprintf(other, 32, "%.31s", entry->d_name);
            found = true;
        }
    }
    closedir(directory);
    return found && !there;
}

static bool find_home(char prefix[PATH_MAX], const struct venv *venv, const struct version *version)
{
    char name[32];

    snprintf(name, sizeof name, "python%s", version->tag);
    return modules_find(prefix, venv->home, name, version) || modules_find(prefix, venv->home, "python3", version) ||
           modules_find(prefix, venv->home, "python", version);
}

static bool check_venv(char prefix[PATH_MAX], const struct venv *venv, const struct version *version,
                       struct error *error)
{
    char other[32];

    if (venv->version.tag[0] != '\0' && !version_same_minor(&venv->version, version)) {
        return error_set(error, ERROR_INPUT,
                         "'%s/pyvenv.cfg' says Python %s, but its interpreter is Python %s: make it anew",
                         venv->root, venv->version.tag, version->tag);
    }
    if (holds_other(venv->root, version, other)) {
        return error_set(error, ERROR_INPUT, "'%s' has modules for %s, but its interpreter is Python %s: make it anew",
                         venv->root, other, version->tag);
    }
    if (venv->home[0] != '\0' && !find_home(prefix, venv, version)) {
        return error_set(error, ERROR_INPUT, "'%s/pyvenv.cfg' says home = %s, but there is no Python %s: make it anew",
                         venv->root, venv->home, version->tag);
    }
    return true;
}

/* --- finding it -------------------------------------------------------------- */

/* The modules of an interpreter that belongs to no virtual environment, or to one that does not say its home. */
static bool find_modules(char prefix[PATH_MAX], const char *executable, const struct version *version,
                         struct error *error)
{
    char folder[PATH_MAX];
    char *name;

    strcpy(folder, executable);
    name = strrchr(folder, '/');
    *name++ = '\0';
    if (!modules_find(prefix, *folder != '\0' ? folder : "/", name, version)) {
        return error_set(error, ERROR_INPUT, "'%s' is Python %s, but its modules are not there", executable,
                         version->tag);
    }
    return true;
}

static bool check_supported(const struct environment *environment, struct error *error)
{
    return version_supported(&environment->version) ||
           error_set(error, ERROR_INPUT, "'%s' is Python %s: mview-inspect needs CPython 3.9 or later",
                     environment->executable, environment->version.tag);
}

static bool examine(struct environment *environment, struct error *error)
{
    struct version *version = &environment->version;
    char prefix[PATH_MAX] = "";
    struct venv venv;
    bool have_venv;

    if (!identify_script(environment->executable, error)) {
        return false;
    }
    have_venv = venv_read(&venv, environment->executable);
    if (venv.unfit) {
        return error_set(error, ERROR_INPUT, "'%s/pyvenv.cfg' is not a file that Python reads: make it anew", venv.root);
    }
    if (!identify(version, environment->executable, &venv, error) || !check_supported(environment, error) ||
        (have_venv && !check_venv(prefix, &venv, version, error)) ||
        (*prefix == '\0' && !find_modules(prefix, environment->executable, version, error))) {
        return false;
    }
    modules_library(environment->library, prefix, version);
    return true;
}

bool environment_find(struct environment *environment, const char *python, struct error *error)
{
    const char *folder = virtual_env();
    char own[PATH_MAX] = "";

    environment->own = false;
    if (python != NULL) {
        return (locate_program(environment->executable, python, error) && examine(environment, error)) ||
               error_prefix(error, "--python");
    }
    if (folder == NULL && locate_own(own)) {
        environment->own = true;
        return locate_venv(environment->executable, own, error) && examine(environment, error);
    }
    return (locate_venv(environment->executable, folder != NULL ? folder : "", error) &&
            examine(environment, error)) ||
           error_prefix(error, "VIRTUAL_ENV");
}

bool environment_check_home(const struct version *version, struct error *error)
{
    const char *home = getenv("PYTHONHOME");
    char prefix[PATH_MAX];

    if (home == NULL || *home == '\0') {
        return true;
    }
    /* "PREFIX:EXEC_PREFIX"; the modules are in the first. */
    snprintf(prefix, sizeof prefix, "%.*s", (int)strcspn(home, ":"), home);
    return modules_in(prefix, version) ||
           error_set(error, ERROR_INPUT, "PYTHONHOME: there are no modules of Python %s in '%s'", version->tag, home);
}
