#include "audit/names.h"

#include <ctype.h>
#include <string.h>

enum {
    MAX_STEPS = 16,   /* of a dotted name that are looked at */
    MAX_MODULE = 512, /* bytes of a module's name that is put together; no row has one as long */
};

struct range {
    const char *text;
    size_t size; /* bytes */
};

#define TEXT(literal) literal, sizeof(literal) - 1

const struct known_name known_names[] = {
#define CODE(module, name, what) {KNOWN_CODE, TEXT(module), TEXT(name), 0, what},
#define ARRAY(module, name, what) {KNOWN_ARRAY, TEXT(module), TEXT(name), 0, what},
#define CALLED(module, name, what) {KNOWN_CALLED, TEXT(module), TEXT(name), 0, what},
#include "audit/code.def"
#undef CODE
#undef ARRAY
#undef CALLED
#define BUILDS(module, name, what) {KNOWN_BUILDS, TEXT(module), TEXT(name), 0, what},
#define CLASSES(module, what) {KNOWN_CLASSES, TEXT(module), TEXT("*"), 0, what},
#define INSTANCES(module, what) {KNOWN_INSTANCES, TEXT(module), TEXT("*"), 0, what},
#define MAKES(module, name, argument, what) {KNOWN_MAKES, TEXT(module), TEXT(name), argument, what},
#define ALLOCATES(module, name, argument, what) {KNOWN_ALLOCATES, TEXT(module), TEXT(name), argument, what},
#define CALLS(module, name, argument, what) {KNOWN_CALLS, TEXT(module), TEXT(name), argument, what},
#define LATER(module, name, argument, what) {KNOWN_LATER, TEXT(module), TEXT(name), argument, what},
#define TYPES(module, name, what) {KNOWN_TYPES, TEXT(module), TEXT(name), 0, what},
#define LOADS(module, name, what) {KNOWN_LOADS, TEXT(module), TEXT(name), 0, what},
#define ENCODES(module, name, what) {KNOWN_ENCODES, TEXT(module), TEXT(name), 0, what},
#define FILLS(module, name, what) {KNOWN_FILLS, TEXT(module), TEXT(name), 0, what},
#include "audit/libraries.def"
#include "audit/standard.def"
#undef BUILDS
#undef CLASSES
#undef INSTANCES
#undef MAKES
#undef ALLOCATES
#undef CALLS
#undef LATER
#undef TYPES
#undef LOADS
#undef ENCODES
#undef FILLS
};

const size_t known_name_count = sizeof known_names / sizeof known_names[0];

/* What holds of dotted names that no row has. */
static const struct known_name inside = {
    KNOWN_CODE, TEXT("*"), TEXT("*"), 0, "reaches what a class or module keeps for itself"};
static const struct known_name method = {
    KNOWN_CALLED, TEXT("*"), TEXT("*"), 0, "calls a method of what is known for building data only"};
static const struct known_name endless = {KNOWN_CODE, TEXT("*"), TEXT("*"), 0, "is a path of more steps than a name has"};

static const struct {
    const char *from;
    size_t from_size;
    const char *to;
    size_t to_size;
} aliases[] = {
#define ALIAS(from, to) {TEXT(from), TEXT(to)},
#include "audit/alias.def"
#undef ALIAS
};

static bool equal(struct range one, const char *other, size_t size)
{
    return one.size == size && memcmp(one.text, other, size) == 0;
}

/* "os.*" fits os and os.path; "*" fits all. */
static bool fits_module(const struct known_name *row, struct range module)
{
    size_t size = row->module_size;

    if (size == 1 && row->module[0] == '*') {
        return true;
    }
    if (size < 3 || row->module[size - 1] != '*') {
        return equal(module, row->module, size);
    }
    size -= 2;
    return module.size >= size && memcmp(module.text, row->module, size) == 0 &&
           (module.size == size || module.text[size] == '.');
}

static bool is_any(const struct known_name *row)
{
    return row->name_size == 1 && row->name[0] == '*';
}

/* How well a row fits: the name counts before the module, a longer module before a shorter; 0 for not at all. */
static size_t fitness(const struct known_name *row, struct range module, struct range name)
{
    bool exact = equal(name, row->name, row->name_size);
    bool pattern = row->module[row->module_size - 1] == '*';

    if ((!exact && !is_any(row)) || !fits_module(row, module)) {
        return 0;
    }
    return (exact ? 4 * MAX_MODULE : 0) + 2 * row->module_size + (pattern ? 0 : 4) + 1;
}

/* --- rows by their module ----------------------------------------------------------------- */

enum { SHELVES = 512 };

/* Rows by a hash of their module without its ".*"; made when it is first needed.  Rows are counted from 1. */
static struct {
    bool made;
    unsigned short first[SHELVES];
    unsigned short next[sizeof known_names / sizeof known_names[0] + 1];
} shelves;

static unsigned shelf_of(const char *module, size_t size)
{
    unsigned hash = 2166136261u;
    size_t i;

    for (i = 0; i < size; i++) {
        hash = (hash ^ (unsigned char)module[i]) * 16777619u;
    }
    return hash % SHELVES;
}

static void make_shelves(void)
{
    size_t i;

    for (i = 0; i < known_name_count; i++) {
        const struct known_name *row = &known_names[i];
        size_t size = row->module_size;
        unsigned shelf = shelf_of(row->module, size > 2 && row->module[size - 1] == '*' ? size - 2 : size);

        shelves.next[i + 1] = shelves.first[shelf];
        shelves.first[shelf] = (unsigned short)(i + 1);
    }
    shelves.made = true;
}

/* The best of one shelf, where it is better than what was found. */
static void look_on(unsigned shelf, struct range module, struct range name, size_t *most,
                    const struct known_name **found)
{
    size_t i;

    for (i = shelves.first[shelf]; i != 0; i = shelves.next[i]) {
        size_t fit = fitness(&known_names[i - 1], module, name);

        if (fit > *most) {
            *most = fit;
            *found = &known_names[i - 1];
        }
    }
}

static const struct known_name *best(struct range module, struct range name)
{
    const struct known_name *found = NULL;
    size_t most = 0;
    size_t i;

    if (!shelves.made) {
        make_shelves();
    }
    look_on(shelf_of("*", 1), module, name, &most, &found);
    for (i = 0; i <= module.size && i <= MAX_MODULE; i++) {
        if (i == module.size || module.text[i] == '.') {
            look_on(shelf_of(module.text, i), module, name, &most, &found);
        }
    }
    return found;
}

/* The module as the tables name it; in `room` where that is another text. */
static struct range canonical(struct range module, char room[MAX_MODULE])
{
    size_t i;

    for (i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        size_t size = aliases[i].from_size;
        size_t rest = module.size - size;

        if (module.size < size || memcmp(module.text, aliases[i].from, size) != 0 ||
            (rest > 0 && module.text[size] != '.') || aliases[i].to_size + rest > MAX_MODULE) {
            continue;
        }
        memmove(room + aliases[i].to_size, module.text + size, rest);
        memcpy(room, aliases[i].to, aliases[i].to_size);
        return (struct range){room, aliases[i].to_size + rest};
    }
    return module;
}

static bool runs_code(const struct known_name *row)
{
    return row != NULL && (row->kind == KNOWN_CODE || row->kind == KNOWN_ARRAY || row->kind == KNOWN_CALLED);
}

bool known_is_class(const char *name, size_t size)
{
    static const char cython[] = "__pyx_unpickle_";
    size_t i = 0;

    while (i < size && name[i] == '_') {
        i++;
    }
    return (i < size && isupper((unsigned char)name[i])) ||
           (size > sizeof cython - 1 && memcmp(name, cython, sizeof cython - 1) == 0);
}

/* --- dotted names ------------------------------------------------------------------------ */

/* The places of the steps of a dotted name; their number, MAX_STEPS + 1 for more. */
static size_t split(struct range name, struct range *steps)
{
    size_t count = 0;
    size_t from = 0;
    size_t i;

    for (i = 0; i <= name.size; i++) {
        if (i == name.size || name.text[i] == '.') {
            if (count == MAX_STEPS) {
                return MAX_STEPS + 1;
            }
            steps[count++] = (struct range){name.text + from, i - from};
            from = i + 1;
        }
    }
    return count;
}

/* The steps from `first` to before `end`, with their dots. */
static struct range join(const struct range *steps, size_t first, size_t end)
{
    return (struct range){steps[first].text,
                          (size_t)(steps[end - 1].text + steps[end - 1].size - steps[first].text)};
}

/* A module that the first steps may lead to: below the name's own, or on its own where `module` is empty. */
static const struct known_name *find_below(struct range module, struct range steps, struct range name)
{
    char room[MAX_MODULE], other[MAX_MODULE];
    struct range below = {room, 0};

    if (module.size + 1 + steps.size > MAX_MODULE) {
        return NULL;
    }
    if (module.size > 0) {
        memcpy(room, module.text, module.size);
        room[module.size] = '.';
        below.size = module.size + 1;
    }
    memcpy(room + below.size, steps.text, steps.size);
    below.size += steps.size;
    return best(canonical(below, other), name);
}

/* What runs code and lies somewhere on the way. */
static const struct known_name *find_on_the_way(struct range module, const struct range *steps, size_t count)
{
    const struct range none = {"", 0};
    const struct known_name *row;
    size_t i, end;

    for (i = 0; i < count; i++) {
        row = best(none, steps[i]);
        if (runs_code(row)) {
            return row;
        }
        for (end = i + 1; end < count; end++) {
            row = find_below(none, join(steps, i, end), join(steps, end, count));
            if (!runs_code(row) && i == 0) {
                row = find_below(module, join(steps, 0, end), join(steps, end, count));
            }
            if (runs_code(row)) {
                return row;
            }
        }
    }
    return NULL;
}

static bool has_inside(const struct range *steps, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (steps[i].size > 4 && memcmp(steps[i].text, "__", 2) == 0 &&
            memcmp(steps[i].text + steps[i].size - 2, "__", 2) == 0) {
            return true;
        }
    }
    return false;
}

/* A name within a class: another class, or a method. */
static const struct known_name *find_dotted(struct range module, struct range name)
{
    struct range steps[MAX_STEPS];
    size_t count = split(name, steps);
    const struct known_name *row;

    if (count > MAX_STEPS) {
        return &endless;
    }
    row = best(module, name);
    if (row != NULL && (!is_any(row) || runs_code(row))) {
        return row;
    }
    row = find_on_the_way(module, steps, count);
    if (row != NULL) {
        return row;
    }
    if (has_inside(steps, count)) {
        return &inside;
    }
    row = best(module, steps[0]);
    if (row == NULL || known_is_class(steps[count - 1].text, steps[count - 1].size)) {
        return row;
    }
    /* what begins otherwise may be a class all the same, and is judged as a function */
    return !is_any(row) || known_is_class(steps[0].text, steps[0].size) ? &method : row;
}

const struct known_name *known_find(const char *module, size_t module_size, const char *name, size_t name_size)
{
    char room[MAX_MODULE];
    struct range known = canonical((struct range){module, module_size}, room);
    struct range wanted = {name, name_size};

    return memchr(name, '.', name_size) != NULL ? find_dotted(known, wanted) : best(known, wanted);
}
