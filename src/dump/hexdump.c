#include "dump/hexdump.h"

#include "base/output.h"
#include "dump/hexdump_lines.h"

#include <string.h>

static const struct hexdump_kernel *const kernels[] = {
#if defined(__x86_64__)
    &hexdump_avx512,
    &hexdump_avx2,
    &hexdump_ssse3,
#elif defined(__aarch64__)
    &hexdump_neon,
#endif
    &hexdump_scalar,
};

static const struct hexdump_kernel *current;

static const struct hexdump_kernel *kernel(void)
{
    for (size_t i = 0; current == NULL; i++) {
        current = kernels[i]->supported() ? kernels[i] : NULL;
    }
    return current;
}

const char *hexdump_kernel(void)
{
    return kernel()->name;
}

bool hexdump_use(const char *name)
{
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        if (strcmp(kernels[i]->name, name) == 0 && kernels[i]->supported()) {
            current = kernels[i];
            return true;
        }
    }
    return false;
}

/* The text of the offsets from here on; returns for how many lines it is good. */
static uint64_t offset_text(struct hexdump_offset *text, int64_t offset, unsigned width)
{
    uint64_t size = offset < 0 ? 0 - (uint64_t)offset : (uint64_t)offset;
    uint64_t high = size >> 32;

    *text = (struct hexdump_offset){.low = (uint32_t)size, .step = offset < 0 ? 0 - width : width};
    if (offset < 0) {
        text->prefix[text->prefix_size++] = '-';
    }
    for (int shift = 28; shift >= 0; shift -= 4) {
        if (high >> shift != 0) {
            text->prefix[text->prefix_size++] = (unsigned char)"0123456789abcdef"[high >> shift & 0xf];
        }
    }
    if (offset >= 0) {
        return (uint64_t)(UINT32_MAX - text->low) / width + 1;
    }
    return (uint64_t)(text->low - (high == 0)) / width + 1; /* not as far as zero, which has no sign */
}

void hexdump_begin(struct hexdump *dump, struct output *output, const struct hexdump_style *style,
                   int64_t offset, int64_t item_base)
{
    *dump = (struct hexdump){.style = *style, .output = output, .offset = offset, .item_base = item_base};
    if (style->color) {
        hexdump_color_start();
    }
}

/* Where the dump stands within two items, in bytes. */
static uint64_t item_place(const struct hexdump *dump)
{
    uint64_t item_size = dump->style.itemsize;

    return item_size == 0 ? 0 : ((uint64_t)dump->offset - (uint64_t)dump->item_base) % (2 * item_size);
}

static hexdump_writer *choose_writer(const struct hexdump *dump, const unsigned char *owners, size_t size)
{
    uint64_t item_size = dump->style.itemsize;
    bool grouped = item_size <= 1 || (item_size % HEXDUMP_GROUP == 0 && item_place(dump) % HEXDUMP_GROUP == 0);
    bool regular = dump->style.width == HEXDUMP_KERNEL_WIDTH && owners == NULL && size % HEXDUMP_KERNEL_WIDTH == 0;

    if (dump->style.color) {
        return regular && grouped && kernel()->color != NULL ? kernel()->color : hexdump_color_lines;
    }
    return regular ? kernel()->lines : hexdump_plain_lines;
}

_Static_assert((int)HEXDUMP_MAX_WIDTH <= (int)HEXDUMP_BATCH_SIZE, "a line is written at once");

/* Write lines, whole ones but for the dump's last, and step past them. */
static bool show(struct hexdump *dump, const unsigned char *bytes, const unsigned char *owners, size_t size)
{
    unsigned width = dump->style.width;
    uint64_t item_size = dump->style.itemsize;
    size_t line_size = dump->style.color ? hexdump_color_size(width) : hexdump_plain_size(width);
    hexdump_writer *writer = choose_writer(dump, owners, size);

    while (size > 0) {
        struct hexdump_lines lines = {.bytes = bytes, .owners = owners, .size = size, .width = width,
                                      .item_size = item_size, .item_place = item_place(dump)};
        size_t room = dump->output->size - dump->output->used;
        uint64_t most = offset_text(&lines.offset, dump->offset, width);
        unsigned char *to;

        if (room < line_size + HEXDUMP_SLACK) {
            room = dump->output->size;
        }
        if (most > (room - HEXDUMP_SLACK) / line_size) {
            most = (room - HEXDUMP_SLACK) / line_size;
        }
        if (most > HEXDUMP_BATCH_SIZE / width) {
            most = HEXDUMP_BATCH_SIZE / width;
        }
        if (size > most * width) {
            lines.size = (size_t)most * width;
        }
        to = output_reserve(dump->output, room);
        if (to == NULL) {
            return false;
        }
        output_commit(dump->output, (size_t)(writer(to, &lines) - to));
        dump->offset += (int64_t)lines.size;
        bytes += lines.size;
        owners = owners == NULL ? NULL : owners + lines.size;
        size -= lines.size;
    }
    return true;
}

/* How many bytes, from the first on, equal the one `distance` bytes further on. */
static size_t same_ahead(const unsigned char *bytes, size_t distance, size_t size)
{
    enum { PIECE = 4096 };
    size_t same = 0;

    size = size > distance ? size - distance : 0;
    while (size - same >= PIECE && memcmp(bytes + same, bytes + same + distance, PIECE) == 0) {
        same += PIECE;
    }
    while (same < size && bytes[same] == bytes[same + distance]) {
        same++;
    }
    return same;
}

/* Are the gaps of two lines in the same places?  Which items their other bytes belong to is no part of the text. */
static bool same_gaps(const unsigned char *owners, const unsigned char *others, size_t width)
{
    unsigned differ = 0;

    for (size_t i = 0; i < width; i++) {
        differ |= (unsigned)((owners[i] == 0) != (others[i] == 0));
    }
    return differ == 0;
}

/* The bytes of the first line and of all that follow and equal it. */
static size_t repeated(const unsigned char *bytes, const unsigned char *owners, size_t width, size_t size)
{
    size_t end = (1 + same_ahead(bytes, width, size) / width) * width;
    size_t at = width;

    while (owners != NULL && at < end && same_gaps(owners, owners + at, width)) {
        at += width;
    }
    return owners != NULL ? at : end;
}

/* The bytes of the lines up to the first that equals the one before it. */
static size_t varied_16(const unsigned char *bytes, size_t size)
{
    uint64_t last, next;
    size_t at;

    memcpy(&last, bytes, sizeof last);
    for (at = 16; at < size; at += 16, last = next) {
        memcpy(&next, bytes + at, sizeof next);
        if (next == last && memcmp(bytes + at + 8, bytes + at - 8, 8) == 0) {
            break;
        }
    }
    return at;
}

static size_t varied(const unsigned char *bytes, const unsigned char *owners, size_t width, size_t size)
{
    size_t at = width;

    if (width == 16 && owners == NULL) {
        return varied_16(bytes, size);
    }
    while (at < size && (memcmp(bytes + at, bytes + at - width, width) != 0 ||
                         (owners != NULL && !same_gaps(owners + at, owners + at - width, width)))) {
        at += width;
    }
    return at;
}

static bool equals_last(const struct hexdump *dump, const unsigned char *bytes, const unsigned char *owners)
{
    return dump->have_last && memcmp(dump->last, bytes, dump->style.width) == 0 &&
           (owners == NULL || same_gaps(dump->last_owners, owners, dump->style.width));
}

static bool show_star(struct hexdump *dump)
{
    bool ok = dump->squeezing || output_write(dump->output, "*\n", 2);

    dump->squeezing = true;
    return ok;
}

/* Whole lines: those that equal the one before leave a star. */
static bool add_lines(struct hexdump *dump, const unsigned char *bytes, const unsigned char *owners, size_t size)
{
    size_t width = dump->style.width;

    if (!dump->style.squeeze) {
        return show(dump, bytes, owners, size);
    }
    for (size_t piece = 0; size > 0; size -= piece, bytes += piece, owners += owners == NULL ? 0 : piece) {
        if (equals_last(dump, bytes, owners)) {
            piece = repeated(bytes, owners, width, size);
            dump->offset += (int64_t)piece;
            if (!show_star(dump)) {
                return false;
            }
            continue;
        }
        piece = varied(bytes, owners, width, size < HEXDUMP_BATCH_SIZE ? size : HEXDUMP_BATCH_SIZE / width * width);
        if (!show(dump, bytes, owners, piece)) {
            return false;
        }
        memcpy(dump->last, bytes + piece - width, width);
        if (owners != NULL) {
            memcpy(dump->last_owners, owners + piece - width, width);
        }
        dump->have_last = true;
        dump->squeezing = false;
    }
    return true;
}

/* Keep bytes until they make a line. */
static void keep(struct hexdump *dump, const unsigned char *bytes, const unsigned char *owners, size_t size)
{
    memcpy(dump->line + dump->filled, bytes, size);
    if (owners != NULL) {
        memcpy(dump->owners + dump->filled, owners, size);
    }
    dump->filled += size;
}

bool hexdump_add(struct hexdump *dump, const unsigned char *bytes, const unsigned char *owners, size_t size)
{
    size_t width = dump->style.width;
    size_t whole;

    if (size == 0) {
        return true;
    }
    dump->any = true;
    dump->owned = owners != NULL;
    if (dump->filled > 0) {
        size_t missing = width - dump->filled < size ? width - dump->filled : size;

        keep(dump, bytes, owners, missing);
        if (dump->filled < width) {
            return true;
        }
        dump->filled = 0;
        if (!add_lines(dump, dump->line, dump->owned ? dump->owners : NULL, width)) {
            return false;
        }
        bytes += missing;
        owners += owners == NULL ? 0 : missing;
        size -= missing;
    }
    whole = size / width * width;
    if (!add_lines(dump, bytes, owners, whole)) {
        return false;
    }
    keep(dump, bytes + whole, owners == NULL ? NULL : owners + whole, size - whole);
    return true;
}

bool hexdump_add_zeros(struct hexdump *dump, uint64_t count)
{
    static const unsigned char zeros[4096];
    uint64_t width = dump->style.width;

    while (count > 0) {
        uint64_t size = count < sizeof zeros ? count : sizeof zeros;

        if (dump->squeezing && dump->filled == 0 && memcmp(dump->last, zeros, width) == 0) {
            dump->offset += (int64_t)(count / width * width);
            size = count %= width;
        }
        if (!hexdump_add(dump, zeros, NULL, (size_t)size)) {
            return false;
        }
        count -= size;
    }
    return true;
}

bool hexdump_end(struct hexdump *dump)
{
    struct hexdump_offset text;
    unsigned char line[32];
    unsigned char *end;

    if (!dump->any) {
        return true;
    }
    if (!show(dump, dump->line, dump->owned ? dump->owners : NULL, dump->filled)) {
        return false;
    }
    offset_text(&text, dump->offset, dump->style.width);
    end = hexdump_put_offset(line, &text, text.low);
    *end++ = '\n';
    return output_write(dump->output, line, (size_t)(end - line));
}
