#include "files/npy.h"

#include "base/error.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
    ALIGNMENT = 64,      /* bytes, of the data */
    GROWTH_DIGITS = 21,  /* room for the extent that may grow: rows can be appended in place */
};

/* The dict, without what pads it. */
static void write_dict(struct text *text, const char *descr, bool fortran_order, int ndim, const ptrdiff_t *shape)
{
    const char *quote = descr[0] == '[' ? "" : "'";
    int i;

    text_printf(text, "{'descr': %s%s%s, 'fortran_order': %s, 'shape': (", quote, descr, quote,
                fortran_order ? "True" : "False");
    for (i = 0; i < ndim; i++) {
        text_printf(text, i == 0 ? "%td" : ", %td", shape[i]);
    }
    text_puts(text, ndim == 1 ? ",), }" : "), }");
    if (ndim > 0) {
        int digits = snprintf(NULL, 0, "%td", shape[fortran_order ? ndim - 1 : 0]);

        text_spaces(text, (size_t)(GROWTH_DIGITS - digits));
    }
}

/* Re-encode UTF-8 in place; false, with the text as it was, when there are characters past U+00FF. */
static bool to_latin1(struct text *text)
{
    const char *bytes = text_string(text);
    unsigned c = 0;
    size_t from, to = 0;

    for (from = 0; from < text->length; from += utf8_read(bytes + from, text->length - from, &c)) {
        if ((unsigned char)bytes[from] > 0xc3) {
            return false;
        }
    }
    for (from = 0; from < text->length;) {
        from += utf8_read(bytes + from, text->length - from, &c);
        text->data[to++] = (char)c;
    }
    text->length = to;
    return true;
}

/* The header's length behind a prefix: dict, padding and newline. */
static size_t padded(const struct text *dict, size_t prefix)
{
    size_t used = prefix + dict->length + 1;

    return used + (ALIGNMENT - used % ALIGNMENT) - prefix;
}

static void write_header(struct text *header, const struct text *dict, char major)
{
    size_t prefix = major == 1 ? NPY_PREFIX_SIZE - 2 : NPY_PREFIX_SIZE;
    size_t length = padded(dict, prefix);
    size_t i;

    text_append(header, "\x93NUMPY", NPY_MAGIC_SIZE);
    text_putc(header, major);
    text_putc(header, 0);
    for (i = 0; i < prefix - NPY_MAGIC_SIZE - 2; i++) {
        text_putc(header, (char)(length >> 8 * i & 0xff));
    }
    text_append(header, text_string(dict), dict->length);
    text_printf(header, "%*s\n", (int)(length - dict->length - 1), "");
}

bool npy_header(struct text *header, const char *descr, bool fortran_order, int ndim, const ptrdiff_t *shape,
                struct error *error)
{
    struct text dict = TEXT_INIT;

    write_dict(&dict, descr, fortran_order, ndim, shape);
    if (!dict.failed) {
        bool latin1 = to_latin1(&dict);

        write_header(header, &dict, !latin1 ? 3 : padded(&dict, NPY_PREFIX_SIZE - 2) > UINT16_MAX ? 2 : 1);
    }
    header->failed |= dict.failed;
    text_free(&dict);
    return !header->failed || error_no_memory(error);
}
