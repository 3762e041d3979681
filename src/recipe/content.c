#include "recipe/content.h"

#include "base/error.h"
#include "base/text.h"
#include "files/mapping.h"
#include "files/npy.h"
#include "files/safetensors.h"
#include "foreign/foreign.h"
#include "pickle/pickle.h"
#include "recipe/torch_older.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *source_kind_name(enum source_kind kind)
{
    static const char *const names[] = {"eval", "npy", "npz", "pickle", "torch", "safetensors", "raw", "auto"};

    return names[kind];
}

static bool starts_with(const struct mapping *mapping, const char *magic, size_t size)
{
    return mapping->size >= size && memcmp(mapping->data, magic, size) == 0;
}

/* What comes through a pipe is given up after its first block when nothing is known of that. */
static bool is_complete(const char *path)
{
    return strcmp(path, "-") != 0;
}

static bool name_foreign(const struct mapping *mapping, const char *path, const char *reader, struct text *answer)
{
    return foreign_name(mapping->data, mapping->size, is_complete(path), path, reader, answer);
}

bool content_refuse_packed(const struct mapping *mapping, const char *path, const char *reader, struct error *error)
{
    struct text answer = TEXT_INIT;
    bool packed = foreign_packed(mapping->data, mapping->size, path, reader, &answer);

    if (packed) {
        error_set(error, ERROR_INPUT, "%s", text_string(&answer));
    }
    text_free(&answer);
    return !packed;
}

/* The file is so short that its mark is not there whole. */
static bool is_cut_mark(const struct mapping *mapping)
{
    static const char mark[] = "\x93NUMPY\1";

    return mapping->size < sizeof mark - 1 && memcmp(mapping->data, mark, mapping->size) == 0;
}

bool content_refuse(const struct mapping *mapping, const char *path, const char *reader, struct error *error)
{
    struct text answer = TEXT_INIT;
    const char *look;

    if (mapping->size == 0) {
        return error_set(error, ERROR_INPUT, "is empty: -t raw shows it all the same");
    }
    if (is_cut_mark(mapping)) {
        return error_set(error, ERROR_INPUT, "is cut short: the first %zu byte%s of a .npy file", mapping->size,
                         mapping->size == 1 ? "" : "s");
    }
    if (name_foreign(mapping, path, reader, &answer)) {
        error_set(error, ERROR_INPUT, "%s", text_string(&answer));
    } else {
        look = foreign_look(mapping->data, mapping->size);
        error_set(error, ERROR_INPUT,
                  "is no .npy, .npz, pickle, torch or safetensors file that is known by its content%s%s%s: "
                  "-t raw shows its bytes (-t pickle opens pickles of protocol 0 and 1)",
                  look != NULL ? " (" : "", look != NULL ? look : "", look != NULL ? ")" : "");
    }
    text_free(&answer);
    return false;
}

bool content_explain(const struct mapping *mapping, enum source_kind kind, const char *path, const char *reader,
                     struct error *error)
{
    static const char *const kinds[] = {[SOURCE_NPY] = "a .npy file", [SOURCE_NPZ] = "a zip archive",
                                        [SOURCE_PICKLE] = "a pickle", [SOURCE_TORCH] = "a file of torch's",
                                        [SOURCE_SAFETENSORS] = "a safetensors file"};
    enum source_kind found = content_recognise(mapping);
    struct text answer = TEXT_INIT;
    bool zips = (kind == SOURCE_NPZ || kind == SOURCE_TORCH) && (found == SOURCE_NPZ || found == SOURCE_TORCH);

    if (error->kind != ERROR_INPUT || found == kind || zips) {
        return false;
    }
    if (found != SOURCE_AUTO) {
        error_append(error, "; by its content it is %s: -t %s", kinds[found], source_kind_name(found));
    } else if (mapping->size > 0 && name_foreign(mapping, path, reader, &answer)) {
        error_append(error, "; the file %s%s", strncmp(text_string(&answer), "is ", 3) == 0 ? "" : "is ",
                     text_string(&answer));
    }
    text_free(&answer);
    return false;
}

/* git-annex's way of naming content: a symbolic link into its folder, which dangles where the content is elsewhere. */
static bool is_annex_link(const char *path)
{
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);

    if (length < 0) {
        return false;
    }
    target[length] = '\0';
    return strstr(target, ".git/annex/objects/") != NULL && access(path, F_OK) != 0;
}

bool content_cannot_open(const char *path, struct error *error)
{
    struct text answer = TEXT_INIT;
    struct stat status;

    if (strcmp(path, "-") == 0 || error->kind != ERROR_INPUT) {
        return false;
    }
    if (is_annex_link(path)) {
        error_append(error, ": it is kept by git-annex, and not here: git annex get fetches it");
    } else if (stat(path, &status) == 0 && S_ISDIR(status.st_mode) && foreign_folder(path, &answer)) {
        error_set(error, ERROR_INPUT, "%s", text_string(&answer));
    }
    text_free(&answer);
    return false;
}

enum source_kind content_recognise(const struct mapping *mapping)
{
    if (npy_is(mapping->data, mapping->size)) {
        return SOURCE_NPY;
    }
    if (starts_with(mapping, "PK\3\4", 4) || starts_with(mapping, "PK\5\6", 4)) {
        return SOURCE_NPZ;
    }
    if (torch_is_older(mapping->data, mapping->size)) {
        return SOURCE_TORCH;
    }
    if (safetensors_is(mapping->data, mapping->size)) {
        return SOURCE_SAFETENSORS;
    }
    return pickle_is(mapping->data, mapping->size) ? SOURCE_PICKLE : SOURCE_AUTO;
}

bool content_is_known(const struct mapping *start)
{
    return content_recognise(start) != SOURCE_AUTO;
}
