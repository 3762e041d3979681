#include "recipe/names.h"

#include "base/notes.h"

#include <stdlib.h>
#include <string.h>

struct gathered {
    const char **names; /* NULL while they are counted */
    size_t count;
};

static void gather(struct gathered *gathered, const struct reading *reading, bool called)
{
    const struct pickle_global *global;
    const struct reading *inner;

    for (global = reading->pickle.globals; global != NULL; global = global->next) {
        if (called && !global->called) {
            continue;
        }
        if (gathered->names != NULL) {
            gathered->names[gathered->count] = global->dotted;
        }
        gathered->count++;
    }
    for (inner = reading->nested; inner != NULL; inner = inner->next) {
        gather(gathered, inner, called);
    }
}

static int compare(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

bool names_gather(struct reading *const *readings, size_t count, bool called, struct notes *names)
{
    struct gathered gathered = {NULL, 0};
    size_t i;

    for (i = 0; i < count; i++) {
        gather(&gathered, readings[i], called);
    }
    gathered.names = calloc(gathered.count + 1, sizeof *gathered.names);
    if (gathered.names == NULL) {
        return false;
    }
    gathered.count = 0;
    for (i = 0; i < count; i++) {
        gather(&gathered, readings[i], called);
    }
    qsort(gathered.names, gathered.count, sizeof *gathered.names, compare);
    for (i = 0; i < gathered.count && names->count < NAMES_MAX; i++) {
        if (i == 0 || strcmp(gathered.names[i], gathered.names[i - 1]) != 0) {
            notes_add(names, "%s", gathered.names[i]);
        }
    }
    free(gathered.names);
    return true;
}
