#include "audit/kinds.h"

#include "archive/archive.h"
#include "audit/pickles.h"
#include "audit/state.h"
#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"
#include "files/mapping.h"
#include "files/npy.h"
#include "recipe/torch_archive.h"
#include "recipe/torch_older.h"

#include <string.h>

enum {
    MAX_UNPACKED = 64 << 20, /* bytes of a deflated member that are looked into whatever they unpack from */
    MAX_RATIO = 200,         /* else bytes for each byte that is packed */
};

/* --- the archive itself ------------------------------------------------------------------- */

struct complaints {
    struct audit *audit;
    const struct archive *torch; /* the archive, of torch's, which leaves out checksums where it is told to; or NULL */
    bool unreadable; /* there is no archive to speak of */
};

/* A CRC of 0 where none may have been computed. */
static bool lacks_sum(const struct archive *torch, const struct archive_complaint *complaint)
{
    return torch != NULL && complaint->fault == ARCHIVE_FAULT_CRC && complaint->member < torch->count &&
           torch->members[complaint->member].crc == 0;
}

/* What reading refuses is an error whatever else it is: nobody has seen what is in it. */
static bool complain(void *context, const struct archive_complaint *complaint)
{
    static const int rules[] = {
        [ARCHIVE_RULE_STRUCTURE] = AUDIT_structure,
        [ARCHIVE_RULE_CHECKSUM] = AUDIT_checksum,
        [ARCHIVE_RULE_UNUSUAL] = AUDIT_unusual,
    };
    struct complaints *complaints = context;
    int rule = rules[complaint->rule];

    if (complaint->fault == ARCHIVE_FAULT_NO_END) {
        complaints->unreadable = true;
        return false;
    }
    if (lacks_sum(complaints->torch, complaint)) {
        return true;
    }
    if (complaint->refuses && rule == AUDIT_unusual) {
        rule = AUDIT_structure;
    }
    if (complaint->name != NULL) {
        audit_add(complaints->audit, rule, "member #%zu '%.200s': %s", complaint->member, complaint->name,
                  complaint->sentence);
    } else {
        audit_add(complaints->audit, rule, "the archive %s", complaint->sentence);
    }
    return true;
}

/* --- a member's bytes ------------------------------------------------------------------------ */

/*
 * The bytes of a stored member, also where the archive contradicts itself:
 * loaders that look less closely would load them.
 */
static bool find_stored(const struct archive_member *member, struct recipe_range file, struct recipe_range *bytes)
{
    const unsigned char *header = file.data + member->header;
    size_t skipped;

    if (member->header > file.size || file.size - member->header < 30) {
        return false;
    }
    skipped = 30 + (size_t)(header[26] | header[27] << 8) + (size_t)(header[28] | header[29] << 8);
    if (file.size - member->header < skipped || file.size - member->header - skipped < member->packed) {
        return false;
    }
    *bytes = (struct recipe_range){header + skipped, (size_t)member->packed};
    return true;
}

/*
 * The bytes of a member, at most `most` of them, whatever their checksum: a
 * deflated one's are unpacked into *room, for the caller to close.
 */
static bool look_into(const struct archive_member *member, const struct mapping *file, uint64_t most,
                      struct mapping *room, struct recipe_range *bytes)
{
    struct recipe_range whole = {file->data, file->size};
    struct error error = ERROR_INIT;

    *room = (struct mapping){0};
    if (member->method == ARCHIVE_STORED) {
        return find_stored(member, whole, bytes);
    }
    if (member->method != ARCHIVE_DEFLATED || !archive_unpack(member, file, most, room, &error)) {
        return false;
    }
    *bytes = (struct recipe_range){room->data, room->size};
    return true;
}

/* --- one member ------------------------------------------------------------------------------ */

struct inside {
    struct audit *audit;
    const struct mapping *file;
    struct recipe_range whole;             /* the file */
    const struct archive_member *pickle;   /* torch's, or NULL */
    const struct torch_archive *storages; /* likewise */
};

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name);

    return length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

/* A name that promises a pickle makes one that cannot be read an error; content that only looks like one does not. */
static bool is_pickle_by_name(const char *name)
{
    return ends_with(name, ".pkl") || ends_with(name, ".pickle") || ends_with(name, ".joblib");
}

static bool judge_pickle(const struct inside *inside, const struct archive_member *member, struct recipe_range bytes)
{
    struct recipe_range file = member->method == ARCHIVE_STORED ? inside->whole : bytes;
    struct pickles pickles = {.are = PICKLES_STREAM};
    struct error error = ERROR_INIT;
    size_t used;

    if (torch_is_older(bytes.data, bytes.size)) {
        return audit_torch(inside->audit, bytes, &error);
    }
    if (member == inside->pickle) {
        pickles.persistent = torch_persistent;
        pickles.context = (void *)&inside->storages->storages;
    } else {
        pickles.unresolved = inside->pickle != NULL; /* TorchScript's other pickles have ids of their own */
    }
    if (!audit_pickles(inside->audit, &pickles, file, bytes, &used, &error) && is_pickle_by_name(member->name)) {
        audit_add(inside->audit, AUDIT_structure, "%s", error.message);
    }
    return true;
}

static void judge_array(const struct inside *inside, const struct archive_member *member, struct recipe_range start)
{
    struct arena arena = ARENA_INIT((size_t)16 << 20);
    struct error error = ERROR_INIT;
    struct npy npy;

    if (!npy_parse(&npy, start.data, start.size, member->size, true, &arena, &error)) {
        audit_add(inside->audit, AUDIT_structure, "%s", error.message);
    } else if (npy.trailing > 0) {
        audit_add(inside->audit, AUDIT_structure, "%llu bytes behind the end of the data",
                  (unsigned long long)npy.trailing);
    }
    arena_free(&arena);
}

/* An array of Python objects, whose data are a pickle. */
static bool holds_objects(struct recipe_range start, uint64_t size)
{
    struct arena arena = ARENA_INIT((size_t)16 << 20);
    struct error error = ERROR_INIT;
    struct npy npy;
    bool ok = npy_parse(&npy, start.data, start.size, size, true, &arena, &error) &&
              dtype_has_object(npy.array.dtype);

    arena_free(&arena);
    return ok;
}

enum content { NOTHING, NUMBERS, OBJECTS, PICKLES, ARCHIVE };

/* What a member is, by its first bytes; a pickle of protocol 0 or 1 by its name too. */
static enum content recognise(const struct inside *inside, const struct archive_member *member,
                              struct recipe_range start)
{
    if (inside->pickle != NULL && torch_is_storage(member->name)) {
        return NOTHING;
    }
    if (npy_is(start.data, start.size)) {
        return holds_objects(start, member->size) ? OBJECTS : NUMBERS;
    }
    if (start.size >= 4 && memcmp(start.data, "PK\3\4", 4) == 0) {
        return ARCHIVE;
    }
    return pickle_is(start.data, start.size) || is_pickle_by_name(member->name) ? PICKLES : NOTHING;
}

static void judge_whole(const struct inside *inside, const struct archive_member *member, enum content content)
{
    const struct mapping *pages = inside->audit->pages;
    size_t outer = inside->audit->unpacked_from;
    struct error error = ERROR_INIT;
    struct recipe_range bytes;
    struct mapping room;
    bool ok = true;

    if (member->method == ARCHIVE_DEFLATED && member->size > MAX_UNPACKED &&
        member->size / MAX_RATIO > member->packed) {
        audit_add(inside->audit, AUDIT_structure, "%llu bytes that unpack to %llu: not looked into",
                  (unsigned long long)member->packed, (unsigned long long)member->size);
        return;
    }
    if (!look_into(member, inside->file, UINT64_MAX, &room, &bytes)) {
        return; /* the archive's own complaint says why */
    }
    if (member->method == ARCHIVE_DEFLATED && outer == 0) {
        inside->audit->unpacked_from = inside->file->size;
    }
    inside->audit->pages = room.data != NULL ? &room : pages;
    if (content == PICKLES) {
        ok = judge_pickle(inside, member, bytes);
    } else if (content == OBJECTS) {
        ok = audit_npy(inside->audit, bytes, &error);
    } else if (inside->audit->level < AUDIT_MAX_LEVEL) {
        inside->audit->level++;
        ok = audit_zip(inside->audit, bytes, &error);
        inside->audit->level--;
    } else {
        ok = error_set(&error, ERROR_INPUT, "files in each other, more than %d", AUDIT_MAX_LEVEL);
    }
    inside->audit->unpacked_from = outer;
    inside->audit->pages = pages;
    if (!ok && error.kind != ERROR_NONE) {
        audit_add(inside->audit, AUDIT_structure, "%s", error.message);
    }
    mapping_close(&room);
}

/* False for a member that is nothing known, and about which nothing was said. */
static bool judge_member(const struct inside *inside, const struct archive_member *member, size_t place)
{
    const char *outer = inside->audit->part;
    struct text part = TEXT_INIT;
    struct recipe_range start;
    struct mapping room;
    enum content content = NUMBERS;

    text_printf(&part, "%smember #%zu '%.200s': ", outer, place, member->name);
    inside->audit->part = text_string(&part);
    if (look_into(member, inside->file, NPY_MAX_START, &room, &start)) {
        content = recognise(inside, member, start);
        if (content == NUMBERS) {
            judge_array(inside, member, start);
        } else if (content != NOTHING) {
            judge_whole(inside, member, content);
        }
        mapping_close(&room);
    }
    archive_let_go(member, inside->file);
    inside->audit->part = outer;
    text_free(&part);
    return content != NOTHING;
}

/* numpy.savez writes arrays, and nothing else: whose archive this is, nobody here knows. */
static void tell_unknown(struct audit *audit, const char *name, size_t first, size_t count)
{
    audit_add(audit, AUDIT_unusual, "%zu member%s that no known writer of arrays or tensors writes, not looked into: "
                                    "#%zu '%.200s'%s",
              count, count == 1 ? "" : "s", first, name, count == 1 ? "" : " first");
}

static bool judge_members(struct audit *audit, const struct mapping *file, const struct archive *archive,
                          struct error *error)
{
    struct inside inside = {
        .audit = audit, .file = file, .whole = {file->data, file->size}, .pickle = torch_pickle(archive)};
    struct torch_archive storages;
    size_t unknown = 0, first = 0;
    size_t i;

    if (inside.pickle != NULL) {
        audit->is_torch |= audit->level == 0;
        if (!torch_archive_open(&storages, archive, file, error)) {
            return false;
        }
        inside.storages = &storages;
    }
    for (i = 0; i < archive->count; i++) {
        if (!judge_member(&inside, &archive->members[i], i) && unknown++ == 0) {
            first = i;
        }
    }
    if (unknown > 0 && inside.pickle == NULL) {
        tell_unknown(audit, archive->members[first].name, first, unknown);
    }
    if (inside.pickle != NULL) {
        torch_archive_close(&storages);
    }
    return true;
}

bool audit_zip(struct audit *audit, struct recipe_range file, struct error *error)
{
    const struct mapping part = {.data = file.data, .size = file.size};
    /* of the file itself, pages that were read are let go */
    const struct mapping bytes = file.data == audit->file->data && file.size == audit->file->size ? *audit->file : part;
    struct complaints complaints = {.audit = audit};
    struct error refused = ERROR_INIT;
    struct archive archive;
    bool readable = archive_read(&archive, &bytes, &refused);
    bool ok;

    complaints.torch = readable && torch_pickle(&archive) != NULL ? &archive : NULL;
    ok = archive_check(&bytes, complain, &complaints, error) || complaints.unreadable;
    if (!readable) {
        *error = complaints.unreadable || refused.kind == ERROR_MEMORY ? refused : *error;
        return ok && !complaints.unreadable && refused.kind != ERROR_MEMORY;
    }
    ok = ok && judge_members(audit, &bytes, &archive, error);
    archive_free(&archive);
    return ok;
}
