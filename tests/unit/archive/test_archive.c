#include "test.h"

#include "archive/archive.h"
#include "archive/archives.h"
#include "base/error.h"

static char zeros[5000];
static const struct wanted wanted[] = {
    {"a.npy", "hello", 5, .deflated = false},
    {"b.npy", zeros, sizeof zeros, .deflated = true},
    {"c.npy", "streamed", 8, .descriptor = true},
    {"d.npy", zeros, sizeof zeros, .deflated = true, .descriptor = true, .zip64 = true},
};
static struct made made;

/* Read it, and member `i` of it: the error's message, or "" when all is well. */
static const char *opens(size_t i)
{
    static struct error error;
    struct mapping file = made_file(&made);
    struct mapping unpacked;
    struct archive archive;
    uint64_t place;

    error = (struct error)ERROR_INIT;
    if (archive_read(&archive, &file, &error)) {
        if (i < archive.count && archive_open(&archive.members[i], &file, &unpacked, &place, &error)) {
            mapping_close(&unpacked);
        }
        archive_free(&archive);
    }
    return error.message;
}

/* --- what is right ------------------------------------------------------------------------ */

static void check_member(const struct archive_member *member, const struct mapping *file, const struct wanted *want)
{
    struct error error = ERROR_INIT;
    unsigned char start[16];
    struct mapping unpacked;
    uint64_t place = 0;
    size_t size = 0;

    CHECK_STR(member->name, want->name);
    CHECK_INT(member->size, want->size);
    CHECK_INT(member->method, want->deflated ? ARCHIVE_DEFLATED : ARCHIVE_STORED);
    CHECK(archive_start(member, file, start, sizeof start, &size, &error));
    CHECK_INT(size, want->size < sizeof start ? want->size : sizeof start);
    CHECK(memcmp(start, want->data, size) == 0);
    if (!archive_open(member, file, &unpacked, &place, &error)) {
        CHECK_STR(error.message, "");
        return;
    }
    if (want->deflated) {
        CHECK(place == UINT64_MAX);
        CHECK_INT(unpacked.size, want->size);
        CHECK(memcmp(unpacked.data, want->data, want->size) == 0);
    } else {
        CHECK(memcmp(file->data + place, want->data, want->size) == 0);
    }
    mapping_close(&unpacked);
}

static void reads_members(void)
{
    size_t i, zip64;

    for (zip64 = 0; zip64 < 2; zip64++) {
        struct error error = ERROR_INIT;
        struct archive archive;
        struct mapping file;

        make_archive(&made, wanted, 4, zip64);
        file = made_file(&made);
        CHECK(archive_read(&archive, &file, &error));
        CHECK_INT(archive.count, 4);
        for (i = 0; i < archive.count; i++) {
            check_member(&archive.members[i], &file, &wanted[i]);
        }
        archive_free(&archive);
    }
}

static void reads_an_empty_archive(void)
{
    make_archive(&made, wanted, 0, false);
    CHECK_STR(opens(0), "");
}

static void reads_names(void)
{
    static const struct wanted named[] = {{"caf\x82", "", 0, .deflated = false}, {"caf\xc3\xa9", "", 0, .deflated = false}};
    struct error error = ERROR_INIT;
    struct archive archive;
    struct mapping file;

    make_archive(&made, named, 2, false);
    poke(&made, made.local[1] + 6, 1 << 11, 2);
    poke(&made, made.entry[1] + 8, 1 << 11, 2);
    file = made_file(&made);
    CHECK(archive_read(&archive, &file, &error));
    CHECK_STR(archive.members[0].name, "caf\xc3\xa9");
    CHECK_STR(archive.members[1].name, "caf\xc3\xa9");
    archive_free(&archive);
}

/* Bytes in front: what is told of places is counted from where the archive begins. */
static void reads_behind_a_prefix(void)
{
    make_archive(&made, wanted, 4, true);
    memmove(made.data + 100, made.data, made.size);
    memset(made.data, '#', 100);
    made.size += 100;
    CHECK_STR(opens(3), "");
}

/* CVE-2025-8291: where its locator says, counted from the file's beginning, lies another's zip64 end record. */
static void refuses_two_zip64_ends(void)
{
    make_archive(&made, wanted, 4, true);
    memmove(made.data + 100, made.data, made.size);
    memset(made.data, '#', 100);
    made.size += 100;
    poke(&made, made.zip64_end, 0x06064b50, 4);
    CHECK_STR(opens(3), "has 2 zip64 end records: readers would see different archives");
}

static void reads_a_comment(void)
{
    make_archive(&made, wanted, 1, false);
    poke(&made, made.end + 20, 22, 2);
    put_bytes(&made, "PK\5\6 hello, this is it.", 22);
    CHECK_STR(opens(0), "");
    make_archive(&made, wanted, 1, false); /* and one that would be the end of an empty archive */
    poke(&made, made.end + 20, 22, 2);
    put_bytes(&made, "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
    CHECK_STR(opens(0), "");
}

/* --- what is wrong ------------------------------------------------------------------------ */

enum record { LOCAL, BODY, DESCRIPTOR, ENTRY, ZIP64_END, LOCATOR, END };

/* A change to the archive of four, and what is then said of it, among other words. */
static const struct lie {
    enum archive_fault fault;
    size_t member; /* of the record, and of the complaint unless the archive is complained of */
    enum record record;
    size_t offset;
    uint64_t value;
    size_t size; /* bytes */
    const char *message;
} lies[] = {
    {ARCHIVE_FAULT_NO_END, ARCHIVE_WHOLE, END, 0, 0, 4, "has no zip directory: it is cut short, or no zip archive"},
    {ARCHIVE_FAULT_NO_END, ARCHIVE_WHOLE, END, 20, 7, 2, "is cut short: its comment has 7 bytes, 0 of them at hand"},
    {ARCHIVE_FAULT_ZIP64_END, ARCHIVE_WHOLE, ZIP64_END, 16, 1, 4, "has two end records that disagree"},
    {ARCHIVE_FAULT_DISKS, ARCHIVE_WHOLE, LOCATOR, 16, 2, 4, "is one part of an archive on several disks"},
    {ARCHIVE_FAULT_DISKS, ARCHIVE_WHOLE, ENTRY, 34, 1, 2, "is one part of an archive on several disks"},
    {ARCHIVE_FAULT_ZIP64_END, ARCHIVE_WHOLE, ZIP64_END, 0, 0, 4, "has a zip64 locator, but no zip64 end record in front of it"},
    {ARCHIVE_FAULT_ZIP64_END, ARCHIVE_WHOLE, ZIP64_END, 4, 45, 8, "has a zip64 locator, but no zip64 end record in front of it"},
    {ARCHIVE_FAULT_ZIP64_END, ARCHIVE_WHOLE, END, 12, 46, 4, "has two end records that disagree"},
    {ARCHIVE_FAULT_ZIP64_END, ARCHIVE_WHOLE, LOCATOR, 8, 3, 8, "has a zip64 locator that points elsewhere than to its end record"},
    {ARCHIVE_FAULT_ENTRY, ARCHIVE_WHOLE, ENTRY, 0, 0, 4, "has no entry of its zip directory at byte"},
    {ARCHIVE_FAULT_ENTRY, ARCHIVE_WHOLE, ENTRY, 32, 9999, 2, "has a zip directory that ends within the entry at byte"},
    {ARCHIVE_FAULT_NAME_BYTES, 0, ENTRY, 46, 0, 1, "has a name with a NUL in it"},
    {ARCHIVE_FAULT_ENCRYPTED, 0, ENTRY, 8, 1, 2, "is encrypted"},
    {ARCHIVE_FAULT_ENCRYPTED, 1, ENTRY, 8, 1 << 13, 2, "is encrypted"},
    {ARCHIVE_FAULT_PATCH, 1, ENTRY, 8, 1 << 5, 2, "is a patch of other data"},
    {ARCHIVE_FAULT_VERSION, 0, ENTRY, 6, 64, 2, "needs version 6.4 of the zip format: up to 6.3 are read"},
    {ARCHIVE_FAULT_METHOD, 1, ENTRY, 10, 12, 2, "is packed by method 12 (bzip2): only stored and deflated ones are read"},
    {ARCHIVE_FAULT_SIZES, 0, ENTRY, 24, 6, 4, "is stored, but its two sizes differ: 5 and 6"},
    {ARCHIVE_FAULT_SIZES, 1, ENTRY, 24, 99999999, 4, "packed bytes, which cannot be the 99999999 that the directory says"},
    {ARCHIVE_FAULT_OVERLAP, 1, ENTRY, 42, 0, 4, "shares bytes with 'a.npy' in the archive"},
    {ARCHIVE_FAULT_OVERLAP, 1, ENTRY, 20, 600, 4, "shares bytes with 'c.npy' in the archive"},
    {ARCHIVE_FAULT_OVERLAP, 1, LOCAL, 28, 1, 2, "before what lies behind it"},
    {ARCHIVE_FAULT_OVERLAP, 1, LOCAL, 28, 999, 2, "bytes by the directory, but there are 0 before what lies behind it"},
    {ARCHIVE_FAULT_HEADER_PLACE, 0, LOCAL, 0, 0, 4, "has no header at byte 0, where the directory says"},
    {ARCHIVE_FAULT_HEADER_PLACE, 3, ENTRY, 42, 99999, 4, "has no header at byte 99999, where the directory says"},
    {ARCHIVE_FAULT_HEADER, 0, LOCAL, 6, 1, 2, "has flags 0001 in its local header, but 0000 in the directory"},
    {ARCHIVE_FAULT_HEADER, 0, LOCAL, 8, 8, 2, "has method 8 by its local header, but 0 by the directory"},
    {ARCHIVE_FAULT_HEADER, 0, LOCAL, 14, 0, 4, "has CRC 00000000 by its local header, but 3610a686 by the directory"},
    {ARCHIVE_FAULT_HEADER, 0, LOCAL, 18, 4, 4, "has packed size 4 by its local header, but 5 by the directory"},
    {ARCHIVE_FAULT_HEADER, 1, LOCAL, 22, 4, 4, "has size 4 by its local header, but 5000 by the directory"},
    {ARCHIVE_FAULT_HEADER, 2, LOCAL, 14, 1, 4, "has CRC 00000001 by its local header"},
    {ARCHIVE_FAULT_HEADER, 3, LOCAL, 39, 4, 8, "has size 4 by its local header, but 5000 by the directory"},
    {ARCHIVE_FAULT_HEADER, 0, LOCAL, 30, 'b', 1, "has another name in its local header: 'b.npy'"},
    {ARCHIVE_FAULT_DESCRIPTOR, 2, DESCRIPTOR, 4, 0, 4, "has no data descriptor behind its data that says what the directory does"},
    {ARCHIVE_FAULT_DESCRIPTOR, 3, DESCRIPTOR, 16, 0, 8, "has no data descriptor behind its data that says what the directory does"},
    {ARCHIVE_FAULT_DATA, 1, BODY, 0, 0xffff, 2, "has broken deflated data: invalid block type"},
    {ARCHIVE_FAULT_CRC, 0, BODY, 0, 'j', 1, "has CRC "},
};

/* Where a record of the archive of four lies. */
static size_t place_of(const struct lie *lie)
{
    size_t i = lie->member == ARCHIVE_WHOLE ? 0 : lie->member;
    const size_t places[] = {made.local[i], made.body[i], made.descriptor[i], made.entry[i],
                             made.zip64_end, made.locator, made.end};

    return places[lie->record];
}

struct heard {
    const struct lie *lie;
    size_t count;
    bool found;
};

static bool hear(void *context, const struct archive_complaint *complaint)
{
    struct heard *heard = context;

    heard->count++;
    if (complaint->member == heard->lie->member && complaint->fault == heard->lie->fault && complaint->refuses &&
        strstr(complaint->sentence, heard->lie->message) != NULL) {
        heard->found = true;
    }
    return true;
}

static void names_what_lies(void)
{
    size_t i;

    for (i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        const struct lie *lie = &lies[i];
        struct heard heard = {.lie = lie};
        struct error error = ERROR_INIT;
        struct mapping file;
        const char *message;

        make_archive(&made, wanted, 4, true);
        poke(&made, place_of(lie) + lie->offset, lie->value, lie->size);
        message = opens(lie->member == ARCHIVE_WHOLE ? 0 : lie->member);
        if (strstr(message, lie->message) == NULL) {
            CHECK_STR(message, lie->message);
        }
        file = made_file(&made);
        CHECK(archive_check(&file, hear, &heard, &error));
        if (!heard.found) {
            printf("# lie %zu: '%s' is not among the %zu complaints\n", i, lie->message, heard.count);
        }
        CHECK(heard.found);
    }
}

static void counts_members(void)
{
    make_archive(&made, wanted, 4, false);
    poke(&made, made.end + 8, 3 | 3 << 16, 4);
    CHECK_STR(opens(0), "has 3 members by its end record, 4 by its zip directory");
}

static void refuses_bytes_behind_the_end(void)
{
    make_archive(&made, wanted, 4, false);
    put_bytes(&made, "more", 4);
    CHECK_STR(opens(0), "has 4 bytes behind the end of the zip archive");
}

static void refuses_two_ends(void)
{
    size_t end;

    make_archive(&made, wanted, 1, false);
    end = made.end;
    poke(&made, end + 20, made.size - made.directory, 2); /* the comment: the directory and its end, once more */
    put_bytes(&made, made.data + made.directory, made.end - made.directory);
    put_bytes(&made, made.data + end, 20);
    put(&made, 0, 2);
    CHECK_STR(opens(0), "has 2 end records: readers would see different archives");
}

static void refuses_deflated_data_of_another_size(void)
{
    static const struct {
        int more; /* bytes that the directory and the local header say more than there are */
        size_t offset;
        const char *message;
    } sizes[] = {
        {-1, 24, "unpacks to more than the 4999 bytes that the directory says"},
        {1, 24, "unpacks to 5000 bytes, but the directory says 5001"},
        {-1, 20, "unpacks to 5000 bytes, but the directory says 5000"},
        {1, 20, "has 1 packed bytes behind the end of its data"},
    };
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t old;

        make_archive(&made, &wanted[1], 1, false);
        put(&made, 0, 1);
        memmove(made.data + made.directory + 1, made.data + made.directory, made.size - made.directory);
        poke(&made, made.end + 1 + 16, made.directory + 1, 4);
        old = sizes[i].offset == 20 ? made.packed[0] : sizeof zeros;
        poke(&made, made.entry[0] + 1 + sizes[i].offset, (uint64_t)((int)old + sizes[i].more), 4);
        poke(&made, made.local[0] + sizes[i].offset - 2, (uint64_t)((int)old + sizes[i].more), 4);
        if (strncmp(opens(0), sizes[i].message, 30) != 0) {
            CHECK_STR(opens(0), sizes[i].message);
        }
    }
}

/* What judges look into: as far as it goes, and no farther than they ask. */
static void unpacks_what_is_wrong_as_far_as_it_goes(void)
{
    static const struct {
        uint64_t most;
        size_t size;
    } cases[] = {{UINT64_MAX, 5000}, {77, 77}, {0, 0}};
    size_t i;

    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = ERROR_INIT;
        struct archive archive;
        struct mapping unpacked, file;

        make_archive(&made, wanted, 4, false);
        poke(&made, made.entry[1] + 16, 1, 4); /* the CRC, in both places */
        poke(&made, made.local[1] + 14, 1, 4);
        file = made_file(&made);
        CHECK(archive_read(&archive, &file, &error));
        CHECK(archive_unpack(&archive.members[1], &file, cases[i].most, &unpacked, &error));
        CHECK_INT(unpacked.size, cases[i].size);
        CHECK(unpacked.size == 0 || memcmp(unpacked.data, zeros, unpacked.size) == 0);
        mapping_close(&unpacked);
        archive_free(&archive);
    }
    CHECK(strstr(opens(1), "has CRC ") == opens(1));
}

/* Nothing of an archive, any start of one, and any part of it zeroed: a sentence, never a crash. */
static void refuses_what_is_cut(void)
{
    size_t whole, size;

    make_archive(&made, wanted, 4, true);
    whole = made.size;
    for (size = 0; size < whole; size++) {
        made.size = size;
        CHECK(opens(0)[0] != '\0');
    }
}

/* --- judging ------------------------------------------------------------------------------ */

struct tally {
    size_t counts[64]; /* by fault */
    size_t total, stop;
};

static bool tally_complaint(void *context, const struct archive_complaint *complaint)
{
    struct tally *tally = context;

    tally->counts[complaint->fault]++;
    CHECK(complaint->sentence[0] != '\0');
    CHECK((complaint->name == NULL) == (complaint->member == ARCHIVE_WHOLE));
    return ++tally->total != tally->stop;
}

static struct tally judge(size_t stop)
{
    struct tally tally = {.stop = stop};
    struct mapping file = made_file(&made);
    struct error error = ERROR_INIT;

    CHECK(archive_check(&file, tally_complaint, &tally, &error) == (stop == 0 || tally.total < stop));
    CHECK_INT(error.kind, ERROR_NONE);
    return tally;
}

static void has_nothing_to_say_of_what_is_right(void)
{
    make_archive(&made, wanted, 4, true);
    CHECK_INT(judge(0).total, 0);
    made.size = 0;
    CHECK_INT(judge(0).total, 1); /* an empty file is none */
}

static void tells_what_does_not_refuse(void)
{
    static const struct wanted odd[] = {
        {"../a", "1", 1, .deflated = false}, {"/b", "2", 1, .deflated = false}, {"c", "3", 1, .deflated = false},
        {"c", "4", 1, .deflated = false},
    };
    struct tally tally;

    make_archive(&made, odd, 4, false);
    poke(&made, made.entry[2] + 16, 0, 4); /* and a CRC that is wrong in both places */
    poke(&made, made.local[2] + 14, 0, 4);
    memmove(made.data + 7, made.data, made.size);
    made.size += 7;
    tally = judge(0);
    CHECK_INT(tally.counts[ARCHIVE_FAULT_NAME_PATH], 2);
    CHECK_INT(tally.counts[ARCHIVE_FAULT_NAME_TWICE], 1);
    CHECK_INT(tally.counts[ARCHIVE_FAULT_PREFIX], 1);
    CHECK_INT(tally.counts[ARCHIVE_FAULT_CRC], 1);
    CHECK_INT(tally.total, 5);
    CHECK_INT(judge(2).total, 2);
    CHECK_STR(opens(0), "");
}

static void tells_of_bytes_between_members(void)
{
    struct tally tally;

    make_archive(&made, wanted, 2, false);
    put(&made, 0, 9);
    memmove(made.data + made.directory + 9, made.data + made.directory, made.size - 9 - made.directory);
    poke(&made, made.end + 9 + 16, made.directory + 9, 4);
    tally = judge(0);
    CHECK_INT(tally.counts[ARCHIVE_FAULT_GAP], 1);
    CHECK_INT(tally.total, 1);
}

int main(void)
{
    RUN(reads_members);
    RUN(reads_an_empty_archive);
    RUN(reads_names);
    RUN(reads_behind_a_prefix);
    RUN(refuses_two_zip64_ends);
    RUN(reads_a_comment);
    RUN(names_what_lies);
    RUN(counts_members);
    RUN(refuses_bytes_behind_the_end);
    RUN(refuses_two_ends);
    RUN(refuses_deflated_data_of_another_size);
    RUN(unpacks_what_is_wrong_as_far_as_it_goes);
    RUN(refuses_what_is_cut);
    RUN(has_nothing_to_say_of_what_is_right);
    RUN(tells_what_does_not_refuse);
    RUN(tells_of_bytes_between_members);
    return TEST_END();
}
