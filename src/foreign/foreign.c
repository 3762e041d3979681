#include "foreign/foreign.h"

#include "base/text.h"
#include "foreign/advice.h"
#include "foreign/looks.h"

#include <string.h>

struct kind {
    size_t offset;       /* bytes, of the magic */
    const char *magic;   /* NULL: `look` tells */
    size_t size;         /* bytes of it */
    look_function *look;
    const char *name;
    const char *advice;  /* of what is compressed: the filter */
    bool packed;
};

#define ZLIB_FILTER(from)                                                                                            \
    "python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read()" from "))' <"
#define PILLOW "mview-inspect -i numpy -i PIL.Image -e {numpy.asarray(PIL.Image.open(@))}"

static const struct kind kinds[] = {
#define PACKED(magic, name, filter) {0, magic, sizeof(magic) - 1, NULL, name, filter, true},
#define MAGIC(offset, magic, name, advice) {offset, magic, sizeof(magic) - 1, NULL, name, advice, false},
#define TEST(function, name, advice) {0, NULL, 0, function, name, advice, false},
#include "foreign/kinds.def"
#undef PACKED
#undef MAGIC
#undef TEST
};

static void put_answer(struct text *text, const struct kind *kind, const char *path, const char *reader,
                       const char *details)
{
    if (kind->packed) {
        struct text advice = TEXT_INIT;

        text_printf(text, "compressed with %s: pipe it in: ", kind->name);
        text_printf(&advice, "%s @ | %s -", kind->advice, reader);
        foreign_put_advice(text, text_string(&advice), path, "");
        text_free(&advice);
    } else {
        text_printf(text, "%s: ", kind->name);
        foreign_put_advice(text, kind->advice, path, details);
    }
}

/* --- recognition ---------------------------------------------------------------------------------- */

bool content_has(const struct content *content, size_t offset, const char *magic, size_t size)
{
    return content->size >= size && offset <= content->size - size && memcmp(content->data + offset, magic, size) == 0;
}

static bool fits(const struct kind *kind, const struct content *content, struct text *details)
{
    if (kind->magic != NULL) {
        return content_has(content, kind->offset, kind->magic, kind->size);
    }
    text_clear(details);
    return kind->look(content, details);
}

bool foreign_name(const void *data, size_t size, bool complete, const char *path, const char *reader,
                  struct text *answer)
{
    const struct content content = {data, size, complete};
    struct text details = TEXT_INIT;
    bool known = false;
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0] && !known; i++) {
        known = fits(&kinds[i], &content, &details);
        if (known) {
            put_answer(answer, &kinds[i], path, reader, text_string(&details));
        }
    }
    text_free(&details);
    return known;
}

bool foreign_packed(const void *data, size_t size, const char *path, const char *reader, struct text *answer)
{
    const struct content content = {data, size, false};
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].packed && content_has(&content, 0, kinds[i].magic, kinds[i].size)) {
            put_answer(answer, &kinds[i], path, reader, "");
            return true;
        }
    }
    return false;
}
