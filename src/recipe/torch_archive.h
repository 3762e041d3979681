/*
 * torch.save's archives: NAME/data.pkl, and NAME/data/KEY for each storage,
 * stored (torch 1.4 has them in NAME/tensors).  torch.jit.save adds constants.pkl and code.
 */
#ifndef MVIEW_RECIPE_TORCH_ARCHIVE_H
#define MVIEW_RECIPE_TORCH_ARCHIVE_H

#include "recipe/torch.h"

struct archive;
struct archive_member;
struct mapping;

/* Where an archive keeps its storages. */
struct torch_archive {
    struct torch_storages storages; /* for reading->context */
    const struct mapping *mapping;
    const struct archive_member **sorted; /* owned; by name */
    size_t count;
    const char *prefix; /* "NAME/", and its length */
    size_t prefix_length;
    const char *twice; /* a name that two members have, or NULL: torch finds one of them */
};

/* The pickle in an archive of torch's, NULL in any other. */
const struct archive_member *torch_pickle(const struct archive *zip);

/* Whether a member of such an archive is a storage, by its name. */
bool torch_is_storage(const char *name);

/* Find the storages of an archive of torch's, which must stay as long as this; closed by the caller. */
bool torch_archive_open(struct torch_archive *archive, const struct archive *zip, const struct mapping *file,
                        struct error *error);
void torch_archive_close(struct torch_archive *archive);

#endif
