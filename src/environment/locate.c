#include "environment/locate.h"

#include "base/error.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Links that lead to links: the kernel's own limit. */
enum { MAX_LINKS = 40 };

static bool join(char path[PATH_MAX], const char *folder, const char *name, struct error *error)
{
    int length = snprintf(path, PATH_MAX, "%s/%s", folder, name);

    return (length >= 0 && length < PATH_MAX) || error_set(error, ERROR_INPUT, "'%s': %s", name, strerror(ENAMETOOLONG));
}

/* As the system resolves it: from the current directory, without "./". */
static bool make_absolute(char path[PATH_MAX], const char *name, struct error *error)
{
    char folder[PATH_MAX];

    if (name[0] == '/') {
        return join(path, "", name + 1, error);
    }
    if (getcwd(folder, sizeof folder) == NULL) {
        return error_set(error, ERROR_INPUT, "the current directory: %s", strerror(errno));
    }
    while (name[0] == '.' && name[1] == '/') {
        name += 2;
    }
    return join(path, folder, name, error);
}

/* The file that a chain of links leads to, one step at a time; false at the end of the chain. */
static bool follow_link(char path[PATH_MAX])
{
    char target[PATH_MAX];
    char folder[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);
    char *slash;

    if (length <= 0) {
        return false;
    }
    target[length] = '\0';
    if (target[0] == '/') {
        strcpy(path, target);
        return true;
    }
    strcpy(folder, path);
    slash = strrchr(folder, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    length = snprintf(path, PATH_MAX, "%s/%s", folder, target);
    return length < PATH_MAX;
}

static bool not_there(const char *path, struct error *error)
{
    char target[PATH_MAX];
    int reason = errno;
    int links = 0;

    strcpy(target, path);
    while (links < MAX_LINKS && follow_link(target)) {
        links++;
    }
    if (reason == ENOENT && links > 0) {
        return error_set(error, ERROR_INPUT, "'%s' is a link to '%s', which is not there", path, target);
    }
    return error_set(error, ERROR_INPUT, "'%s': %s", path, strerror(reason));
}

static bool check_program(const char *path, struct error *error)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        return not_there(path, error);
    }
    if (S_ISDIR(status.st_mode)) {
        return error_set(error, ERROR_INPUT, "'%s' is a directory", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return error_set(error, ERROR_INPUT, "'%s' is not a regular file", path);
    }
    return access(path, X_OK) == 0 || error_set(error, ERROR_INPUT, "'%s': %s", path, strerror(errno));
}

/* Of the folder of an environment, its interpreter. */
static bool enter(char path[PATH_MAX], struct error *error)
{
    static const char *const names[] = {"bin/python", "bin/python3"};
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        char inner[PATH_MAX];
        struct stat status;
        int length = snprintf(inner, sizeof inner, "%s/%s", path, names[i]);

        if (length > 0 && (size_t)length < sizeof inner && lstat(inner, &status) == 0) {
            strcpy(path, inner);
            return check_program(path, error);
        }
    }
    return error_set(error, ERROR_INPUT, "'%s' is a directory without bin/python", path);
}

static bool check(char path[PATH_MAX], struct error *error)
{
    struct stat status;

    while (path[1] != '\0' && path[strlen(path) - 1] == '/') {
        path[strlen(path) - 1] = '\0';
    }
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return enter(path, error);
    }
    return check_program(path, error);
}

static bool search(char found[PATH_MAX], const char *name)
{
    const char *at = getenv("PATH");

    while (at != NULL && *at != '\0') {
        size_t length = strcspn(at, ":");
        int written = snprintf(found, PATH_MAX, "%.*s/%s", length > 0 ? (int)length : 1, length > 0 ? at : ".", name);
        struct stat status;

        if (written < PATH_MAX && stat(found, &status) == 0 && S_ISREG(status.st_mode) && access(found, X_OK) == 0) {
            return true;
        }
        at += length + (at[length] == ':');
    }
    return false;
}

bool locate_program(char path[PATH_MAX], const char *name, struct error *error)
{
    char found[PATH_MAX];
    struct stat status;

    if (strchr(name, '/') != NULL) {
        return make_absolute(path, name, error) && check(path, error);
    }
    if (search(found, name)) {
        return make_absolute(path, found, error);
    }
    if (stat(name, &status) == 0 && S_ISDIR(status.st_mode)) {
        return make_absolute(path, name, error) && check(path, error);
    }
    return error_set(error, ERROR_INPUT, "there is no program '%s' in PATH", name);
}

bool locate_venv(char path[PATH_MAX], const char *folder, struct error *error)
{
    char root[PATH_MAX];
    struct stat status;

    if (!make_absolute(root, folder, error)) {
        return false;
    }
    if (stat(root, &status) != 0) {
        return not_there(root, error);
    }
    return join(path, root, "bin/python", error) && check(path, error);
}

/* Whether a folder is an environment: a virtual one, or one of conda. */
static bool is_environment(const char *folder)
{
    static const char *const marks[] = {"pyvenv.cfg", "conda-meta"};
    char path[PATH_MAX];
    size_t i;

    for (i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        int length = snprintf(path, sizeof path, "%s/%s", folder, marks[i]);

        if (length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0) {
            return true;
        }
    }
    return false;
}

bool locate_own(char folder[PATH_MAX])
{
    static const char *const places[] = {"/bin", "/libexec/mview-inspect"};
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    char *name;
    size_t i;

    folder[length > 0 ? length : 0] = '\0';
    name = strrchr(folder, '/');
    if (name == NULL) {
        return false;
    }
    *name = '\0';
    for (i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t place = strlen(places[i]);

        if ((size_t)(name - folder) > place && strcmp(name - place, places[i]) == 0) {
            name[-(ptrdiff_t)place] = '\0';
            return is_environment(folder);
        }
    }
    return false;
}
