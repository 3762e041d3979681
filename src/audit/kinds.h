/*
 * One judge for each kind of file; for this room only.
 */
#ifndef MVIEW_AUDIT_KINDS_H
#define MVIEW_AUDIT_KINDS_H

#include "recipe/reading.h"

#include <stdbool.h>

struct audit;
struct error;

/* False, and the error, for what cannot be read. */
bool audit_npy(struct audit *audit, struct recipe_range file, struct error *error);
bool audit_pickle(struct audit *audit, struct recipe_range file, struct error *error);
bool audit_safetensors(struct audit *audit, struct recipe_range file, struct error *error);
bool audit_torch(struct audit *audit, struct recipe_range file, struct error *error); /* zip or older */
bool audit_zip(struct audit *audit, struct recipe_range file, struct error *error);   /* .npz, or torch's */

#endif
