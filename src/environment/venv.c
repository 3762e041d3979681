#include "environment/venv.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Python's own limit, in bytes; a sane file has a dozen lines. */
enum { MAX_SIZE = 32 * 1024 - 1 };

/* The text between the white space around it, cut off in place. */
static char *strip(char *text)
{
    char *end = text + strlen(text);

    while (isspace((unsigned char)*text)) {
        text++;
    }
    while (end > text && isspace((unsigned char)end[-1])) {
        end--;
    }
    *end = '\0';
    return text;
}

static void take(char *to, size_t size, const char *value)
{
    if (to[0] == '\0' && strlen(value) < size) {
        strcpy(to, value);
    }
}

/* One line, "key = value"; of a key said twice the first counts. */
static void read_line(struct venv *venv, char *line)
{
    char *value = strchr(line, '=');
    const char *key;

    if (value == NULL) {
        return;
    }
    *value = '\0';
    value = strip(value + 1);
    key = strip(line);
    if (strcasecmp(key, "home") == 0) {
        take(venv->home, sizeof venv->home, value);
    } else if (strcasecmp(key, "executable") == 0 || strcasecmp(key, "base-executable") == 0) {
        take(venv->executable, sizeof venv->executable, value);
    } else if (strcasecmp(key, "implementation") == 0) {
        take(venv->implementation, sizeof venv->implementation, value);
    } else if ((strcasecmp(key, "version") == 0 || strcasecmp(key, "version_info") == 0) &&
               venv->version.tag[0] == '\0') {
        version_parse(&venv->version, value);
    }
}

/* pyvenv.cfg in the folder that is the first `length` bytes of the path: its descriptor, or -1. */
static int open_in(struct venv *venv, const char *path, size_t length)
{
    char file[PATH_MAX];
    int written = snprintf(file, sizeof file, "%.*s/pyvenv.cfg", (int)length, path);

    if (written < 0 || (size_t)written >= sizeof file) {
        return -1;
    }
    snprintf(venv->root, sizeof venv->root, "%.*s", length > 0 ? (int)length : 1, length > 0 ? path : "/");
    return open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* Takes the descriptor. */
static void read_lines(struct venv *venv, int fd)
{
    char line[PATH_MAX + 64];
    struct stat status;
    FILE *file;

    venv->unfit = fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > MAX_SIZE;
    file = venv->unfit ? NULL : fdopen(fd, "r");
    if (file == NULL) {
        close(fd);
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        read_line(venv, line);
    }
    fclose(file);
}

/* The length of the folder that the first `length` bytes of a path lie in. */
static size_t folder_length(const char *path, size_t length)
{
    while (length > 0 && path[length - 1] != '/') {
        length--;
    }
    while (length > 0 && path[length - 1] == '/') {
        length--;
    }
    return length;
}

bool venv_read(struct venv *venv, const char *interpreter)
{
    size_t beside = folder_length(interpreter, strlen(interpreter));
    int fd;

    *venv = (struct venv){.root = ""};
    fd = open_in(venv, interpreter, beside);
    if (fd < 0) {
        fd = open_in(venv, interpreter, folder_length(interpreter, beside));
    }
    if (fd < 0) {
        return false;
    }
    read_lines(venv, fd);
    return true;
}
