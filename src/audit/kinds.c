#include "audit/kinds.h"

#include "audit/pickles.h"
#include "audit/state.h"
#include "base/error.h"
#include "files/dtype.h"
#include "files/npy.h"
#include "files/safetensors.h"

/* --- pickles ------------------------------------------------------------------------------- */

bool audit_pickle(struct audit *audit, struct recipe_range file, struct error *error)
{
    const struct pickles stream = {.are = PICKLES_STREAM};
    size_t used;

    return audit_pickles(audit, &stream, file, file, &used, error);
}

/* --- .npy ---------------------------------------------------------------------------------- */

/* One array; *used is how many bytes of it there are. */
static bool judge_array(struct audit *audit, struct recipe_range file, struct recipe_range rest, size_t *used,
                        struct error *error)
{
    const struct pickles one = {.are = PICKLES_ONE};
    struct arena arena = ARENA_INIT((size_t)16 << 20);
    struct npy npy;
    bool ok = npy_parse(&npy, rest.data, rest.size, rest.size, true, &arena, error);

    if (ok && dtype_has_object(npy.array.dtype)) {
        struct recipe_range bytes = {rest.data + npy.offset, rest.size - npy.offset};

        ok = audit_pickles(audit, &one, file, bytes, used, error);
        *used = rest.size;
    } else if (ok) {
        *used = rest.size - npy.trailing;
    }
    arena_free(&arena);
    return ok;
}

/* numpy.save puts arrays one behind the other into one open file. */
bool audit_npy(struct audit *audit, struct recipe_range file, struct error *error)
{
    struct recipe_range rest = file;
    size_t used;

    do {
        if (!judge_array(audit, file, rest, &used, error)) {
            if (rest.data == file.data) {
                return false;
            }
            audit_add(audit, AUDIT_structure, "the array at byte %zu: %s", file.size - rest.size, error->message);
            *error = (struct error)ERROR_INIT;
            return true;
        }
        rest.data += used;
        rest.size -= used;
    } while (npy_is(rest.data, rest.size));
    if (rest.size > 0) {
        audit_add(audit, AUDIT_structure, "%zu byte%s behind the end of the data", rest.size, rest.size == 1 ? "" : "s");
    }
    return true;
}

/* --- safetensors --------------------------------------------------------------------------- */

bool audit_safetensors(struct audit *audit, struct recipe_range file, struct error *error)
{
    struct arena arena = ARENA_INIT(safetensors_arena_limit(file.data, file.size));
    struct safetensors tensors;
    bool ok = safetensors_parse(&tensors, file.data, file.size, &arena, error);
    bool known = true; /* all types: without that, nobody can tell where a tensor ends */
    size_t i;

    for (i = 0; ok && i < tensors.count; i++) {
        known &= tensors.tensors[i].type != NULL;
    }
    for (i = 0; ok && i < tensors.count; i++) {
        const struct safetensor *tensor = &tensors.tensors[i];
        const char *wrong = tensor->problem != NULL ? tensor->problem : known ? tensor->remark : NULL;

        if (wrong != NULL) {
            audit_add(audit, tensor->type == NULL ? AUDIT_unusual : AUDIT_structure, "tensor '%.*s': %s",
                      (int)(tensor->name_length < 200 ? tensor->name_length : 200), tensor->name, wrong);
        }
    }
    if (ok && known && tensors.trailing > 0) {
        audit_add(audit, AUDIT_structure, "%llu byte%s behind the last tensor",
                  (unsigned long long)tensors.trailing, tensors.trailing == 1 ? "" : "s");
    }
    arena_free(&arena);
    return ok;
}
