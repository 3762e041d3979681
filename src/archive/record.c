#include "archive/record.h"

enum { FIELD_HEAD = 4, ZIP64_FIELD = 1 };

/* Both have them in this order, from "version needed" on; `bytes` is where that lies. */
static struct record_facts read_facts(const unsigned char *bytes)
{
    return (struct record_facts){
        .version = bytes[0], /* the other byte is an operating system, for some writers */
        .flags = (unsigned)record_number(bytes + 2, 2),
        .method = (unsigned)record_number(bytes + 4, 2),
        .crc = (uint32_t)record_number(bytes + 10, 4),
        .packed = record_number(bytes + 14, 4),
        .size = record_number(bytes + 18, 4),
        .name_length = (size_t)record_number(bytes + 22, 2),
        .extra_length = (size_t)record_number(bytes + 24, 2),
    };
}

struct record_facts record_entry(const unsigned char *entry)
{
    return read_facts(entry + 6);
}

struct record_facts record_local(const unsigned char *header)
{
    return read_facts(header + 4);
}

const unsigned char *record_zip64(const unsigned char *extra, size_t length, size_t *size, bool *whole)
{
    const unsigned char *found = NULL;

    *size = 0;
    *whole = true;
    while (length >= FIELD_HEAD) {
        size_t field = (size_t)record_number(extra + 2, 2);

        if (field > length - FIELD_HEAD) {
            *whole = false;
            break;
        }
        if (found == NULL && record_number(extra, 2) == ZIP64_FIELD) {
            found = extra + FIELD_HEAD;
            *size = field;
        }
        extra += FIELD_HEAD + field;
        length -= FIELD_HEAD + field;
    }
    return found;
}
