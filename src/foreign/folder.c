#include "foreign/foreign.h"

#include "base/text.h"
#include "foreign/advice.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOKED_AT = 64 * 1024 }; /* bytes of a file, where its text counts */

#define ZARR_GROUP                                                                                                   \
    "python3 -c {import zarr; print(list(zarr.open_group(@, mode=\"r\").arrays()))} lists its arrays"

static const struct {
    const char *file; /* in the folder */
    const char *holds;
    const char *name;
    const char *advice;
} folders[] = {
#define FOLDER(file, text, name, advice) {file, text, name, advice},
#include "foreign/folders.def"
#undef FOLDER
};

/* The start of a file, without white space. */
static void read_start(const char *path, struct text *start)
{
    char block[4096];
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, block, sizeof block) : 0;
    ssize_t i;
    size_t left = LOOKED_AT;

    while (length > 0) {
        for (i = 0; i < length; i++) {
            if (memchr(" \t\r\n", block[i], 4) == NULL) {
                text_putc(start, block[i]);
            }
        }
        left -= (size_t)length;
        length = left >= sizeof block ? read(fd, block, sizeof block) : 0;
    }
    if (fd >= 0) {
        close(fd);
    }
}

static bool holds(const char *path, const char *wanted)
{
    struct text start = TEXT_INIT;
    struct stat status;
    bool found = stat(path, &status) == 0;

    if (found && *wanted != '\0') {
        found = S_ISREG(status.st_mode);
        if (found) {
            read_start(path, &start);
            found = memmem(text_string(&start), start.length, wanted, strlen(wanted)) != NULL;
        }
    }
    text_free(&start);
    return found;
}

bool foreign_folder(const char *path, struct text *answer)
{
    struct text file = TEXT_INIT;
    bool known = false;
    size_t i;

    for (i = 0; i < sizeof folders / sizeof folders[0] && !known; i++) {
        text_clear(&file);
        text_printf(&file, "%s/%s", path, folders[i].file);
        known = holds(text_string(&file), folders[i].holds);
        if (known) {
            text_printf(answer, "%s: ", folders[i].name);
            foreign_put_advice(answer, folders[i].advice, path, "");
        }
    }
    text_free(&file);
    return known;
}
