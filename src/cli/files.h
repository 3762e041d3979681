/*
 * Files, one by one, and the list of what is in one.
 */
#ifndef MVIEW_CLI_FILES_H
#define MVIEW_CLI_FILES_H

#include "recipe/content.h"
#include "source/source.h"

#include <stdbool.h>

struct error;
struct options;
struct report;

/* What is done with one: *found says whether the exit code is to be 1. */
typedef bool file_action(struct report *report, const struct options *options, const char *path, bool *found,
                         struct error *error);

/*
 * Do it with each that the options name, guarded against files that vanish meanwhile, and tell what went wrong: returns
 * the exit code.
 */
int files_each(struct report *report, const struct options *options, file_action *action);

/* The kind of file that the options ask for; SOURCE_AUTO: by its content. */
enum source_kind files_kind(const struct options *options);

/* How the options want one to be opened, as data. */
struct file_options files_options(const struct options *options);

/* Report the list of what is in a container: source->listing. */
bool files_list(struct report *report, const char *path, const struct source *source, struct error *error);

#endif
