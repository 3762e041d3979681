#include "audit/kinds.h"

#include "audit/pickles.h"
#include "audit/state.h"
#include "base/error.h"
#include "recipe/torch_older.h"

enum { PICKLES = 5 }; /* in front of the storages */

/* torch.save's older format: the object's pickle once more, with its storages. */
static bool judge_tensors(struct audit *audit, struct recipe_range file, struct error *error)
{
    struct arena arena = ARENA_INIT(pickle_arena_limit(file.size));
    struct reading reading;
    bool ok = torch_older_parse(&reading, file, file, &arena, error);

    if (ok) {
        audit_meanings(audit, &reading);
    }
    if (ok && reading.pickle.trailing > 0) {
        audit_add(audit, AUDIT_structure, "%zu byte%s behind the last storage", reading.pickle.trailing,
                  reading.pickle.trailing == 1 ? "" : "s");
    }
    arena_free(&arena);
    return ok;
}

bool audit_torch(struct audit *audit, struct recipe_range file, struct error *error)
{
    const struct pickles five = {.are = PICKLES_BEFORE, .count = PICKLES, .unresolved = true};
    size_t used;

    if (!torch_is_older(file.data, file.size)) {
        return audit_zip(audit, file, error);
    }
    if (!audit_pickles(audit, &five, file, file, &used, error)) {
        return false;
    }
    if (!judge_tensors(audit, file, error)) {
        audit_add(audit, AUDIT_structure, "%s", error->message);
        *error = (struct error)ERROR_INIT;
    }
    return true;
}
