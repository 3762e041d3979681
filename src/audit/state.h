/*
 * What the judges of one file share; for the files of this room, nobody else.
 */
#ifndef MVIEW_AUDIT_STATE_H
#define MVIEW_AUDIT_STATE_H

#include "audit/rules.h"
#include "base/arena.h"
#include "recipe/recipe.h"

#include <stdint.h>

enum {
    AUDIT_MAX_TOLD = 100, /* findings of one rule that are told; of more, their number */
    AUDIT_MAX_LEVEL = 8,  /* files inside each other */
};

/* A name that is in no table, once for each pickle that names it. */
struct unknown {
    const char *dotted;
    size_t calls; /* 0: it is imported only */
    size_t order;      /* in which they were noted */
    const char *where; /* it is first called, or named: "byte 12" */
};

struct audit;
struct mapping;

/* A file that a call would be given and load; `part` says where, to stand before a sentence. */
typedef void audit_loaded(struct audit *audit, const struct reading *reading, struct recipe_range bytes,
                          const char *part);

struct audit {
    const struct mapping *file; /* the whole of it */
    struct findings *findings;
    audit_loaded *loaded;
    struct arena arena; /* what is gathered: names, places */
    const char *part;   /* the part of the file that is looked at, to stand before a sentence: "", "member 'a': " */
    unsigned level;     /* files that it lies in */
    const struct mapping *pages; /* what pickles are read from now: the file, or what a member was unpacked to */
    size_t unpacked_from; /* bytes of the file that it was unpacked from; 0 where it lies in the file itself */
    size_t found[AUDIT_RULE_COUNT];
    struct unknown *unknown; /* owned */
    size_t unknown_count, unknown_room;
    bool is_torch; /* a zip archive turned out to be torch's */
    bool failed;   /* out of memory */
};

/* Add a finding of a rule (AUDIT_...), behind the part's name. */
void audit_add(struct audit *audit, int rule, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* False when a finding of that rule would only be counted: then it need not be worded. */
bool audit_wants(const struct audit *audit, int rule);

/* Note a name that is in no table; both texts are copied. */
void audit_unknown(struct audit *audit, const char *dotted, size_t calls, const char *where);

/* "byte 12": of the file where the pickle lies in it, else of the pickle. */
void audit_place(const struct reading *reading, size_t place, struct text *text);

#endif
