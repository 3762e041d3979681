/*
 * torch's persistent ids: ('storage', torch.FloatStorage, key, location, count)
 * stands for bytes that lie elsewhere in the file.
 */
#ifndef MVIEW_RECIPE_TORCH_H
#define MVIEW_RECIPE_TORCH_H

#include "recipe/recipe.h"

/* Where a file keeps its storages; for reading->context, with torch_persistent as reading->persistent. */
struct torch_storages {
    /* Fill *bytes with those of the storage `key`, whose items have `itemsize` bytes; false with reading->error. */
    bool (*find)(struct reading *reading, const struct torch_storages *storages, struct recipe_range key,
                 size_t itemsize, struct recipe_range *bytes);
    const void *source; /* the function's own */
    char order;         /* byte order of the items: '<' or '>' */
};

/* A storage as an array of one dimension: of its class's items, or of bytes. */
recipe_persistent torch_persistent;

/* The size in bytes of a storage's items, by a persistent id; 0 for one that is no storage.  *key is its name. */
size_t torch_storage_itemsize(const struct pickle_value *id, struct recipe_range *key);

#endif
