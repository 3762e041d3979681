#include "audit/pickles.h"

#include "audit/calls.h"
#include "audit/nesting.h"
#include "audit/state.h"
#include "base/error.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* --- oddities ------------------------------------------------------------------------------ */

static const struct {
    enum pickle_oddity oddity;
    int rule;
    size_t limit;
    const char *what;
} oddities[] = {
#define ODDITY(id, rule, limit, what) {PICKLE_##id, AUDIT_##rule, limit, what},
#include "audit/oddities.def"
#undef ODDITY
};

static void judge_oddities(struct audit *audit, const struct reading *reading)
{
    size_t i;

    for (i = 0; i < sizeof oddities / sizeof oddities[0]; i++) {
        const struct pickle_odd *odd = &reading->pickle.odd[oddities[i].oddity];
        bool flood = odd->count > oddities[i].limit;
        struct text place = TEXT_INIT;
        struct text times = TEXT_INIT;

        if (odd->count == 0) {
            continue;
        }
        audit_place(reading, odd->place, &place);
        if (odd->count > 1) {
            text_printf(&times, ", and %zu more", odd->count - 1);
        }
        audit_add(audit, flood ? AUDIT_structure : oddities[i].rule, "%s: %s at %s%s", oddities[i].what, odd->opcode,
                  text_string(&place), text_string(&times));
        text_free(&place);
        text_free(&times);
    }
}

/* --- what is not what it claims to be --------------------------------------------------------- */

static void tell(struct audit *audit, const struct reading *reading, const struct pickle_object *object,
                 const char *what, const char *why)
{
    struct text place = TEXT_INIT;

    audit_place(reading, object->place, &place);
    audit_add(audit, AUDIT_structure, "%s at %s: %s", what, text_string(&place), why);
    text_free(&place);
}

static void judge_meaning(struct audit *audit, struct reading *reading, struct pickle_object *object)
{
    struct pickle_value value = {.kind = PICKLE_OBJECT, .object = object};
    const char *remark = recipe_remark(reading, &value);

    if (remark != NULL && object->meaning == NULL && !object->outside) {
        tell(audit, reading, object, recipe_type_name(reading, &value), remark);
    }
}

void audit_meanings(struct audit *audit, struct reading *reading)
{
    struct pickle_object *object;

    for (object = reading->pickle.objects; object != NULL; object = object->earlier) {
        judge_meaning(audit, reading, object);
    }
}

/* --- what is not in the file -------------------------------------------------------------------- */

static void judge_outside(struct audit *audit, const struct reading *reading, const struct pickles *pickles)
{
    const struct pickle_value *value = reading->pickle.value;
    const struct pickle_object *object;

    for (object = reading->pickle.objects; object != NULL; object = object->earlier) {
        if (object->how == PICKLE_PERSISTENT && pickles->persistent == NULL && !pickles->unresolved) {
            tell(audit, reading, object, "a persistent id",
                 "nothing in the file says what it stands for, and pickle.load refuses it");
        }
    }
    if (value != NULL && value->kind == PICKLE_OBJECT && value->object->how == PICKLE_BUFFER) {
        audit_add(audit, AUDIT_structure, "all that is pickled is a buffer that is not in the file");
    }
}

/* --- pickles ---------------------------------------------------------------------------------- */

static void judge_reading(struct audit *audit, const struct pickles *pickles, struct reading *reading)
{
    struct reading *inner;

    reading->persistent = pickles->persistent;
    reading->context = pickles->context;
    audit_calls(audit, reading);
    judge_oddities(audit, reading);
    judge_outside(audit, reading, pickles);
    if (reading->pickle.value != NULL) {
        audit_nesting(audit, reading);
    }
    if (!pickles->unresolved) {
        audit_meanings(audit, reading);
    }
    for (inner = reading->nested; inner != NULL; inner = inner->next) {
        judge_reading(audit, pickles, inner);
    }
}

/* Whether what lies behind a pickle is to be read as another: those of protocol 0 and 1 have no mark. */
static bool goes_on(const struct pickles *pickles, const struct reading *last, size_t count, struct recipe_range rest)
{
    return rest.size > 0 && (pickles->are == PICKLES_BEFORE   ? count < pickles->count
                             : pickles->are == PICKLES_STREAM ? pickle_is(rest.data, rest.size) ||
                                                                    last->pickle.protocol < 2
                                                              : false);
}

/* One that breaks off may have run something before. */
static bool judge_broken(struct audit *audit, const struct pickles *pickles, struct reading *reading, bool first,
                         struct error *error)
{
    size_t before = audit->found[AUDIT_calls_code];

    judge_reading(audit, pickles, reading);
    if (audit->found[AUDIT_calls_code] == before && first) {
        return false;
    }
    audit_add(audit, AUDIT_structure, "%s", error->message);
    *error = (struct error)ERROR_INIT;
    return true;
}

/*
 * What lies behind the end is loaded by whoever goes on reading there: if it is
 * pickles, marked or not, what they run is told as well.
 */
static void judge_rest(struct audit *audit, const struct pickles *pickles, struct arena *arena,
                       struct recipe_range file, struct recipe_range rest)
{
    bool ok = true;

    while (ok && rest.size > 0) {
        struct error ignored = ERROR_INIT;
        struct reading reading;

        ok = reading_parse(&reading, file, rest, audit->pages, arena, &ignored);
        if (reading.pickle.objects != NULL) {
            judge_reading(audit, pickles, &reading);
        }
        rest.data += reading.pickle.length;
        rest.size -= reading.pickle.length;
        arena_free(arena);
    }
}

static bool judge_all(struct audit *audit, const struct pickles *pickles, struct arena *arena,
                      struct recipe_range file, struct recipe_range bytes, size_t *used, struct error *error)
{
    struct recipe_range rest = bytes;
    size_t count = 0;

    for (;;) {
        struct reading reading;

        if (!reading_parse(&reading, file, rest, audit->pages, arena, error)) {
            *used = bytes.size;
            return judge_broken(audit, pickles, &reading, count == 0, error);
        }
        reading.level = audit->level;
        judge_reading(audit, pickles, &reading);
        count++;
        rest.data += reading.pickle.length;
        rest.size -= reading.pickle.length;
        *used = bytes.size - rest.size;
        arena_free(arena);
        if (!goes_on(pickles, &reading, count, rest)) {
            if (pickles->are != PICKLES_BEFORE) {
                judge_rest(audit, pickles, arena, file, rest);
            }
            return true;
        }
    }
}

bool audit_pickles(struct audit *audit, const struct pickles *pickles, struct recipe_range file,
                   struct recipe_range bytes, size_t *used, struct error *error)
{
    struct arena arena = ARENA_INIT(audit->unpacked_from > 0 ? pickle_unpacked_limit(bytes.size, audit->unpacked_from)
                                                             : pickle_arena_limit(bytes.size));
    bool ok = judge_all(audit, pickles, &arena, file, bytes, used, error);

    arena_free(&arena);
    if (ok && pickles->are != PICKLES_BEFORE && *used < bytes.size) {
        /* editors and version control add a newline to what they take for text */
        bool newline = bytes.size - *used == 1 && bytes.data[*used] == '\n';

        audit_add(audit, newline ? AUDIT_unusual : AUDIT_structure, "%zu byte%s behind the end of the pickle",
                  bytes.size - *used, bytes.size - *used == 1 ? "" : "s");
    }
    return ok;
}
