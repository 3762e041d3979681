#include "foreign/looks.h"

#include "base/text.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* --- bytes --------------------------------------------------------------------------------------- */

static uint64_t little(const struct content *content, size_t offset, size_t size)
{
    uint64_t value = 0;

    while (size-- > 0) {
        value = value << 8 | content->data[offset + size];
    }
    return value;
}

static uint64_t big(const struct content *content, size_t offset, size_t size)
{
    uint64_t value = 0;
    size_t i;

    for (i = 0; i < size; i++) {
        value = value << 8 | content->data[offset + i];
    }
    return value;
}

#define HAS(content, offset, magic) content_has(content, offset, magic, sizeof(magic) - 1)

/* Whether a complete file has that size; of the start of one nothing can be said against it. */
static bool may_have_size(const struct content *content, uint64_t size)
{
    return content->complete ? content->size == size : content->size <= size;
}

/* --- texts that are no data ------------------------------------------------------------------------ */

/* The first byte that is no white space, behind UTF-8's mark. */
static size_t text_start(const struct content *content)
{
    size_t at = HAS(content, 0, "\xef\xbb\xbf") ? 3 : 0;

    while (at < content->size && memchr(" \t\r\n", content->data[at], 4) != NULL) {
        at++;
    }
    return at;
}

static bool has_word(const struct content *content, size_t at, const char *word)
{
    return content->size >= strlen(word) && at <= content->size - strlen(word) &&
           strncasecmp((const char *)content->data + at, word, strlen(word)) == 0;
}

bool is_annex_pointer(const struct content *content, struct text *details)
{
    (void)details;
    return HAS(content, 0, "/annex/objects/") && content->size < 32768 &&
           memchr(content->data, '\n', content->size) != NULL;
}

bool is_html(const struct content *content, struct text *details)
{
    size_t at = text_start(content);

    (void)details;
    return has_word(content, at, "<!doctype html") || has_word(content, at, "<html") || has_word(content, at, "<head>");
}

bool is_xml(const struct content *content, struct text *details)
{
    (void)details;
    return has_word(content, text_start(content), "<?xml ");
}

/* An object with a key, or an array; a pickle of protocol 0 has no such beginning. */
bool is_json(const struct content *content, struct text *details)
{
    size_t at = text_start(content);
    struct content rest;

    (void)details;
    if (at >= content->size || memchr("{[", content->data[at], 2) == NULL) {
        return false;
    }
    rest = (struct content){content->data + at + 1, content->size - at - 1, content->complete};
    at += 1 + text_start(&rest);
    return at < content->size && content->data[at] == '"' && memchr(content->data, '\0', content->size) == NULL;
}

static bool contains(const struct content *content, const char *word)
{
    enum { FAR = 4096 }; /* bytes that are looked through */

    return memmem(content->data, content->size < FAR ? content->size : FAR, word, strlen(word)) != NULL;
}

bool is_zarr_metadata(const struct content *content, struct text *details)
{
    return is_json(content, details) && contains(content, "\"zarr_format\"");
}

/* --- arrays ------------------------------------------------------------------------------------------ */

/* The superblock is at 0, or behind a block of the user's of 512, 1024, 2048 ... bytes. */
static size_t find_superblock(const struct content *content)
{
    enum { MOST = 1 << 20 };
    size_t at;

    for (at = 0; at <= MOST; at = at == 0 ? 512 : 2 * at) {
        if (HAS(content, at, "\x89HDF\r\n\x1a\n")) {
            return at;
        }
    }
    return SIZE_MAX;
}

bool is_hdf5(const struct content *content, struct text *details)
{
    (void)details;
    return find_superblock(content) != SIZE_MAX;
}

bool is_matlab_hdf5(const struct content *content, struct text *details)
{
    return HAS(content, 0, "MATLAB 7.3 MAT-file") && is_hdf5(content, details);
}

/* Level 5: 116 bytes of text, a version, and "MI" as its writer's byte order has it. */
bool is_matlab(const struct content *content, struct text *details)
{
    (void)details;
    return HAS(content, 0, "MATLAB ") && (HAS(content, 124, "\0\1IM") || HAS(content, 124, "\1\0MI"));
}

bool is_netcdf(const struct content *content, struct text *details)
{
    (void)details;
    return content->size >= 8 && (HAS(content, 0, "CDF\1") || HAS(content, 0, "CDF\2") || HAS(content, 0, "CDF\5"));
}

/* 0, 0, type, number of dimensions; these, big-endian; then exactly the items. */
bool is_idx(const struct content *content, struct text *details)
{
    static const struct {
        unsigned char type;
        unsigned char size; /* bytes */
        const char *format;
    } types[] = {{8, 1, "B"}, {9, 1, "b"}, {11, 2, "'>h'"}, {12, 4, "'>i'"}, {13, 4, "'>f'"}, {14, 8, "'>d'"}};
    uint64_t size;
    size_t header, i, t;

    if (content->size < 8 || !HAS(content, 0, "\0\0") || content->data[3] == 0 || content->data[3] > 8) {
        return false;
    }
    for (t = 0; t < sizeof types / sizeof types[0] && types[t].type != content->data[2]; t++) {
    }
    header = 4 + 4 * (size_t)content->data[3];
    if (t == sizeof types / sizeof types[0] || content->size < header) {
        return false;
    }
    size = types[t].size;
    text_printf(details, "--offset %zu --format %s --shape ", header, types[t].format);
    for (i = 4; i < header; i += 4) {
        uint64_t extent = big(content, i, 4);

        if (extent == 0 || __builtin_mul_overflow(size, extent, &size)) {
            return false;
        }
        text_printf(details, "%s%llu", i == 4 ? "" : ",", (unsigned long long)extent);
    }
    return size <= SIZE_MAX - header && may_have_size(content, header + size);
}

bool is_fits(const struct content *content, struct text *details)
{
    (void)details;
    return HAS(content, 0, "SIMPLE  =                    T");
}

bool is_grib(const struct content *content, struct text *details)
{
    (void)details;
    return HAS(content, 0, "GRIB") && content->size > 8 && (content->data[7] == 1 || content->data[7] == 2);
}

/* The size of the header, in either byte order, and what stands in it. */
bool is_nifti(const struct content *content, struct text *details)
{
    (void)details;
    if (content->size < 348) {
        return false;
    }
    return ((little(content, 0, 4) == 348 || big(content, 0, 4) == 348) &&
            (HAS(content, 344, "n+1\0") || HAS(content, 344, "ni1\0"))) ||
           ((little(content, 0, 4) == 540 || big(content, 0, 4) == 540) &&
            (HAS(content, 4, "n+2\0\r\n\x1a\n") || HAS(content, 4, "ni2\0\r\n\x1a\n")));
}

/* --- tables ------------------------------------------------------------------------------------------ */

bool is_parquet(const struct content *content, struct text *details)
{
    (void)details;
    return content->size >= 12 && HAS(content, 0, "PAR1") &&
           (!content->complete || HAS(content, content->size - 4, "PAR1"));
}

/*
 * An encapsulated message: -1, the size of its flatbuffer, and that: a table
 * Message whose header_type (its field 1) is Schema (1).
 */
bool is_arrow_stream(const struct content *content, struct text *details)
{
    enum { PREFIX = 8, HEADER_TYPE = 4 + 2 * 1 };
    uint64_t size, root, back, vtable, field;

    (void)details;
    if (content->size < 32 || little(content, 0, 4) != 0xffffffff) {
        return false;
    }
    size = little(content, 4, 4);
    if (size < 24 || size > content->size - PREFIX) {
        return false;
    }
    root = little(content, PREFIX, 4);
    if (root > size - 4) {
        return false;
    }
    back = little(content, PREFIX + (size_t)root, 4);
    if (back > root || root - back > size - HEADER_TYPE - 2) {
        return false;
    }
    vtable = root - back;
    field = little(content, PREFIX + (size_t)vtable + HEADER_TYPE, 2);
    return little(content, PREFIX + (size_t)vtable, 2) >= HEADER_TYPE + 2 && field != 0 && field < size - root &&
           content->data[PREFIX + root + field] == 1;
}

/* "ORC" at the start, and at the end in front of the postscript's length. */
bool is_orc(const struct content *content, struct text *details)
{
    (void)details;
    return content->size > 16 && HAS(content, 0, "ORC") &&
           (!content->complete || HAS(content, content->size - 4, "ORC"));
}

/* X (binary) or A (text), a version of 2 or 3, and that of the R that wrote it: 1.4.0 or later. */
bool is_rds(const struct content *content, struct text *details)
{
    (void)details;
    return HAS(content, 0, "X\n\0\0\0\2\0") || HAS(content, 0, "X\n\0\0\0\3\0") || HAS(content, 0, "A\n2\n") ||
           HAS(content, 0, "A\n3\n");
}

/* --- models ------------------------------------------------------------------------------------------ */

bool is_gguf(const struct content *content, struct text *details)
{
    (void)details;
    return HAS(content, 0, "GGUF") && content->size >= 24 &&
           ((little(content, 4, 4) >= 1 && little(content, 4, 4) < 100) ||
            (big(content, 4, 4) >= 1 && big(content, 4, 4) < 100));
}

bool is_ggml(const struct content *content, struct text *details)
{
    (void)details;
    return HAS(content, 0, "lmgg") || ((HAS(content, 0, "fmgg") || HAS(content, 0, "tjgg")) && content->size >= 8 &&
                                       little(content, 4, 4) < 100);
}

/* One of protobuf's variable integers. */
static bool take_varint(const struct content *content, size_t *at, uint64_t *value)
{
    unsigned shift;

    *value = 0;
    for (shift = 0; shift < 63 && *at < content->size; shift += 7) {
        unsigned char byte = content->data[(*at)++];

        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return true;
        }
    }
    return false;
}

/* A length, and so many bytes, that need not be at hand when they are the start of a file. */
static bool take_bytes(const struct content *content, size_t *at, uint64_t *length)
{
    return take_varint(content, at, length) && (!content->complete || *length <= content->size - *at);
}

/*
 * A ModelProto as protobuf writes it, its fields by their numbers: ir_version, texts of the producer (2, 3), the
 * domain (4), model_version (5), a text (6), and then the graph (7).
 */
bool is_onnx(const struct content *content, struct text *details)
{
    enum { IR_VERSION = 0x08, MODEL_VERSION = 0x28, GRAPH = 0x3a };
    size_t at = 1;
    uint64_t value;
    unsigned last = IR_VERSION;

    (void)details;
    if (content->size < 16 || content->data[0] != IR_VERSION || !take_varint(content, &at, &value) || value < 1 ||
        value > 100) {
        return false;
    }
    while (at < content->size) {
        unsigned tag = content->data[at++];

        if (tag <= last || (tag != MODEL_VERSION && (tag & 7) != 2) || tag > GRAPH) {
            return false;
        }
        last = tag;
        if (tag == MODEL_VERSION ? !take_varint(content, &at, &value) : !take_bytes(content, &at, &value)) {
            return false;
        }
        if (tag == GRAPH) {
            return value > 0;
        }
        if (tag != MODEL_VERSION) {
            if (value > content->size - at) {
                return false;
            }
            at += (size_t)value;
        }
    }
    return false;
}

/* saved_model_schema_version 1, then MetaGraphs, the first with a MetaInfoDef in front. */
bool is_saved_model(const struct content *content, struct text *details)
{
    size_t at = 3;
    uint64_t length;

    (void)details;
    return HAS(content, 0, "\x08\x01\x12") && take_bytes(content, &at, &length) && length > 16 && at < content->size &&
           content->data[at] == 0x0a;
}

/* Castagnoli's, masked as TensorFlow does. */
static uint32_t masked_crc32c(const unsigned char *bytes, size_t size)
{
    uint32_t crc = 0xffffffff;
    int bit;

    while (size-- > 0) {
        crc ^= *bytes++;
        for (bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
        }
    }
    crc = ~crc;
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

/* A length of 8 bytes, and its checksum. */
bool is_tfrecord(const struct content *content, struct text *details)
{
    (void)details;
    return content->size >= 16 && little(content, 8, 4) == masked_crc32c(content->data, 8) &&
           (!content->complete || little(content, 0, 8) <= content->size - 16);
}

/* --- pictures and sound -------------------------------------------------------------------------------- */

bool is_webp(const struct content *content, struct text *details)
{
    (void)details;
    return HAS(content, 0, "RIFF") && HAS(content, 8, "WEBP");
}

bool is_wave(const struct content *content, struct text *details)
{
    (void)details;
    return (HAS(content, 0, "RIFF") || HAS(content, 0, "RIFX")) && HAS(content, 8, "WAVE");
}

/* Its size, nothing, where the pixels begin, and one of the sizes that headers have. */
bool is_bmp(const struct content *content, struct text *details)
{
    uint64_t header;

    (void)details;
    if (content->size < 26 || !HAS(content, 0, "BM") || little(content, 6, 4) != 0) {
        return false;
    }
    header = little(content, 14, 4);
    return (header == 12 || (header >= 40 && header <= 124)) && little(content, 10, 4) >= 14 + header &&
           (little(content, 2, 4) == 0 || may_have_size(content, little(content, 2, 4)));
}

/* 0, 1, so many pictures; the first lies behind their table. */
bool is_ico(const struct content *content, struct text *details)
{
    uint64_t count;

    (void)details;
    if (content->size < 22 || !HAS(content, 0, "\0\0\1\0")) {
        return false;
    }
    count = little(content, 4, 2);
    return count > 0 && content->data[9] == 0 && little(content, 18, 4) == 6 + 16 * count;
}

/* "P6", white space, and a width. */
bool is_netpbm(const struct content *content, struct text *details)
{
    size_t at = 2;

    (void)details;
    if (content->size < 8 || content->data[0] != 'P' || memchr("123456Ff", content->data[1], 8) == NULL ||
        memchr(" \t\r\n", content->data[2], 4) == NULL) {
        return false;
    }
    while (at < content->size && memchr(" \t\r\n", content->data[at], 4) != NULL) {
        at++;
    }
    return at < content->size && (content->data[at] == '#' || (content->data[at] >= '1' && content->data[at] <= '9'));
}

/* --- archives and programs ------------------------------------------------------------------------------- */

/* A header of 512 bytes whose checksum, an octal number, is the sum of its bytes with blanks in its own place. */
bool is_tar(const struct content *content, struct text *details)
{
    enum { BLOCK = 512, AT = 148, END = 156 };
    unsigned sum = 0, told = 0;
    bool any = false;
    size_t i;

    (void)details;
    if (content->size < BLOCK || content->data[0] == '\0') {
        return false;
    }
    for (i = 0; i < BLOCK; i++) {
        unsigned char byte = content->data[i];
        bool own = i >= AT && i < END;

        sum += own ? ' ' : byte;
        if (own && byte >= '0' && byte <= '7') {
            told = 8 * told + (byte - (unsigned)'0');
            any = true;
        } else if (own && byte != ' ' && byte != '\0') {
            return false;
        }
    }
    return any && sum == told;
}

/* The record that ends a directory, without a comment behind it. */
bool is_zip_end(const struct content *content, struct text *details)
{
    enum { RECORD = 22 };

    (void)details;
    return content->complete && content->size >= RECORD && HAS(content, content->size - RECORD, "PK\5\6") &&
           HAS(content, content->size - 2, "\0\0");
}

bool is_mach_o(const struct content *content, struct text *details)
{
    uint64_t magic, architectures;

    (void)details;
    if (content->size < 28) {
        return false;
    }
    magic = big(content, 0, 4);
    architectures = big(content, 4, 4);
    /* a fat binary's magic is that of Java's classes too, whose version is 45 at least */
    return magic == 0xfeedface || magic == 0xfeedfacf || magic == 0xcefaedfe || magic == 0xcffaedfe ||
           (magic == 0xcafebabe && architectures > 0 && architectures < 30);
}

bool is_pe(const struct content *content, struct text *details)
{
    (void)details;
    return content->size >= 64 && HAS(content, 0, "MZ") && little(content, 60, 4) <= content->size &&
           HAS(content, (size_t)little(content, 60, 4), "PE\0\0");
}

/* A magic number of Python 3's, "\r\n", and flags: none, or those of a hash. */
bool is_pyc(const struct content *content, struct text *details)
{
    (void)details;
    return content->size > 16 && HAS(content, 2, "\r\n") && little(content, 0, 2) >= 3000 &&
           little(content, 0, 2) < 4000 && little(content, 4, 4) <= 3;
}
