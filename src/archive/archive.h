/*
 * A zip archive, read strictly: which members it has, and the bytes of one: in
 * place where it is stored, inflated under a bound where it is deflated.
 *
 * The central directory decides, as for Python's zipfile and NumPy.  What another
 * reader would see otherwise is refused by name: local headers and data
 * descriptors that disagree, members that share bytes, sizes that lie.  faults.def
 * lists all of it, and tells what is only complained of by archive_check.
 *
 * Nothing here runs in more time than the archive's own size accounts for, but
 * for inflating, which stops where the directory says that the data end.
 */
#ifndef MVIEW_ARCHIVE_ARCHIVE_H
#define MVIEW_ARCHIVE_ARCHIVE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct mapping;

enum {
    ARCHIVE_STORED = 0,
    ARCHIVE_DEFLATED = 8,
    ARCHIVE_MAX_DIRECTORY = 16 * 1024 * 1024, /* bytes: some 250,000 members */
};

struct archive_member {
    const char *name;     /* UTF-8 as far as it is valid, up to its first NUL: a label, never a path */
    uint64_t entry;       /* of its entry in the directory, bytes into the file */
    uint64_t header;      /* of its local header, bytes into the file */
    uint64_t limit;       /* where what lies behind it begins: the next member or the directory */
    uint64_t packed;      /* bytes in the archive */
    uint64_t size;        /* bytes unpacked, as declared */
    uint32_t crc;         /* CRC-32 of those */
    unsigned method;      /* ARCHIVE_STORED, ARCHIVE_DEFLATED, or one that is not read */
    unsigned flags;       /* general purpose bits */
    bool may_lack_sum;    /* set by who knows its writer to compute none: a CRC of 0 is not compared then */
    const struct archive_member *overlaps; /* one in front of it that reaches into it, or NULL */
};

struct archive {
    struct archive_member *members; /* in the directory's order */
    size_t count;
    uint64_t prefix;                /* bytes before the archive: of a program that unpacks it, say */
    uint64_t directory;             /* where the directory begins, bytes into the file */
    struct arena arena;             /* owned: the members and their names */
};

/* --- reading ------------------------------------------------------------------------- */

/* The members.  On false, nothing is left to be freed. */
bool archive_read(struct archive *archive, const struct mapping *file, struct error *error);
void archive_free(struct archive *archive);

/*
 * The packed bytes of a member, checked by all that is known without unpacking
 * them.  They lie in `file`, member->packed of them.
 */
bool archive_locate(const struct archive_member *member, const struct mapping *file, const unsigned char **packed,
                    struct error *error);

/*
 * Let go of the pages of a mapped file that were read of a member: a large file
 * of many members then takes no more memory than a small one.  They come back
 * when they are wanted.  archive_start and archive_open do so.
 */
void archive_let_go(const struct archive_member *member, const struct mapping *file);

/*
 * Its first bytes, at most `most` of them, unpacked into `to`, and no more than
 * those unpacked; *size says how many there were.
 */
bool archive_start(const struct archive_member *member, const struct mapping *file, unsigned char *to, size_t most,
                   size_t *size, struct error *error);

/*
 * The same of a deflated member, into *unpacked (closed by the caller), which
 * takes no more memory when there is much of it.  What comes out is not held
 * against the size and the CRC, and ends where the data are broken.
 */
bool archive_unpack(const struct archive_member *member, const struct mapping *file, uint64_t most,
                    struct mapping *unpacked, struct error *error);

/*
 * All of it.  A stored member stays where it is: *place is its offset in the
 * file.  A deflated one is unpacked into *unpacked (closed by the caller) and
 * *place is UINT64_MAX.  Size and CRC are checked.
 */
bool archive_open(const struct archive_member *member, const struct mapping *file, struct mapping *unpacked,
                  uint64_t *place, struct error *error);

/* --- judging ------------------------------------------------------------------------- */

enum archive_fault {
#define FAULT(id, rule, refuses) ARCHIVE_FAULT_##id,
#include "archive/faults.def"
#undef FAULT
};

enum archive_rule {
    ARCHIVE_RULE_STRUCTURE, /* file-structure: what no writer writes */
    ARCHIVE_RULE_CHECKSUM,  /* file-checksum */
    ARCHIVE_RULE_UNUSUAL,   /* file-unusual */
};

#define ARCHIVE_WHOLE SIZE_MAX /* no member: the archive itself */

struct archive_complaint {
    enum archive_fault fault;
    enum archive_rule rule;
    bool refuses;         /* reading refuses it */
    size_t member;        /* its place in the directory, or ARCHIVE_WHOLE */
    const char *name;     /* the member's; NULL for the archive itself */
    const char *sentence; /* without its subject: "is encrypted"; raw */
};

/* Hears of a complaint, which lives as long as the call; returns whether to go on. */
typedef bool archive_complain(void *context, const struct archive_complaint *complaint);

/*
 * All that is wrong with an archive: what reading would refuse (first or later)
 * and what it would not, in the order of faults.def for the archive and for each
 * member.  Members are unpacked for their CRC where nothing else is wrong with
 * them, each byte once, and kept nowhere: at most half a GiB and 64 times the
 * file's size, and a member that goes beyond that is complained of.  An archive without a blemish is not
 * complained of.  False when there was no memory, or the function said to stop
 * (then *error is left alone).
 */
bool archive_check(const struct mapping *file, archive_complain *complain, void *context, struct error *error);

#endif
