/*
 * Is a file right, and what would loading it run?
 *
 * A file's bytes in, findings out: pickles of all kinds, .npy, .npz and torch's
 * archives, safetensors.  Nothing of the file is run or imported; what is said
 * is said of what stands in it.  The rules are in rules.def, the names that are
 * known in code.def, standard.def and libraries.def.
 */
#ifndef MVIEW_AUDIT_AUDIT_H
#define MVIEW_AUDIT_AUDIT_H

#include "audit/rules.h"
#include "recipe/content.h"

#include <stdbool.h>

struct error;
struct findings;
struct mapping;

/*
 * Judge a file of a kind; *kind becomes SOURCE_TORCH for a zip archive of
 * torch's.  finding.rule is an index into audit_rules.  False for a file that
 * cannot be read, as when it is shown; but one that runs code before it breaks
 * off is judged.  On success the caller frees the findings.
 */
bool audit_file(const struct mapping *file, enum source_kind *kind, struct findings *findings, struct error *error);

#endif
