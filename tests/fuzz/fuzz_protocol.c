/*
 * libFuzzer: the readers of what other protocols tell, on any structures.
 *
 * The first byte chooses the protocol; the next ones fill its structures, in
 * which a pointer is nothing, an address where nothing is, or one into what is
 * left of the input, so that strings and arrays are the input's, too.  Two
 * tellings are compared: that of the structures, and that of a plain buffer.
 */
#include "base/error.h"
#include "memory/guard.h"
#include "protocol/agree.h"
#include "protocol/array_interface.h"
#include "protocol/array_struct.h"
#include "protocol/arrow.h"
#include "protocol/dlpack.h"

#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

/* The input, with what cannot be read behind its last byte. */
static unsigned char *memory;

static uint64_t number(struct input *input)
{
    static const uint64_t edges[] = {0,           1,         2,          3,         64,        65,       UINT64_MAX,
                                     INT64_MAX,   INT64_MIN, UINT32_MAX, INT32_MAX, 1ull << 62, 1 << 20, 0x80000000};
    unsigned kind = byte(input);
    uint64_t value = 0;
    size_t i;

    if (kind < 0x80) {
        return kind % 8;
    }
    if (kind < 0xc0) {
        return edges[kind % (sizeof edges / sizeof edges[0])];
    }
    for (i = 0; i < sizeof value; i++) {
        value = value << 8 | byte(input);
    }
    return value;
}

static void *pointer(struct input *input)
{
    unsigned kind = byte(input);
    size_t at = byte(input) % PAGE;

    switch (kind % 8) {
    case 0:
        return NULL;
    case 1:
        return (void *)(uintptr_t)(at + 1);
    case 2:
        return (void *)(uintptr_t)number(input);
    default:
        return memory + (PAGE - input->size % PAGE) % PAGE + at % (input->size + 1);
    }
}

static struct dlpack_tensor tensor(struct input *input)
{
    return (struct dlpack_tensor){
        .data = pointer(input),
        .device = {(int32_t)number(input), (int32_t)number(input)},
        .ndim = (int32_t)number(input),
        .code = (uint8_t)byte(input),
        .bits = (uint8_t)byte(input),
        .lanes = (uint16_t)number(input),
        .shape = pointer(input),
        .strides = pointer(input),
        .byte_offset = number(input),
    };
}

static struct telling read_dlpack(struct input *input)
{
    struct dlpack_versioned versioned = {
        .major = (uint32_t)number(input) % 3,
        .minor = (uint32_t)number(input),
        .flags = number(input),
        .tensor = tensor(input),
    };
    struct dlpack_managed managed = {.tensor = versioned.tensor};

    switch (byte(input) % 4) {
    case 0:
        return dlpack_read(DLPACK_NAME, &managed);
    case 1:
        return dlpack_read(DLPACK_NAME_VERSIONED, pointer(input));
    default:
        return dlpack_read(DLPACK_NAME_VERSIONED, &versioned);
    }
}

static struct telling read_array_struct(struct input *input)
{
    struct array_struct array = {
        .two = byte(input) % 8 == 0 ? 3 : 2,
        .nd = (int)number(input),
        .typekind = (char)byte(input),
        .itemsize = (int)number(input),
        .flags = (int)number(input),
        .shape = pointer(input),
        .strides = pointer(input),
        .data = pointer(input),
    };

    return array_struct_read(&array, byte(input) % 2 ? "[('a', '<i4'), ('b', '<f4')]" : NULL);
}

static struct interface_key key(struct input *input)
{
    return (struct interface_key){.state = (enum key_state)(byte(input) % 8 < 4 ? 3 : byte(input) % 4), .wrong = "is"};
}

/* The rest of the input as text. */
static const char *rest(struct input *input, char *text, size_t size)
{
    size_t length = input->size < size - 1 ? input->size : size - 1;

    memcpy(text, input->data, length);
    text[length] = '\0';
    return text;
}

static struct telling read_array_interface(struct input *input)
{
    struct array_interface interface = {
        .version = key(input),
        .version_number = (int64_t)number(input),
        .shape = key(input),
        .ndim = (int)(number(input) % (LAYOUT_MAX_NDIM + 1)),
        .strides = key(input),
        .typestr = key(input),
        .descr = key(input),
        .data = key(input),
        .have_buffer = byte(input) % 2,
        .address = (uintptr_t)pointer(input),
        .length = (int64_t)(number(input) & INT64_MAX),
        .offset = key(input),
        .offset_bytes = (int64_t)number(input),
        .have_mask = byte(input) % 2,
        .have_stream = byte(input) % 2,
    };
    char typestr[8], descr[4096];
    int d;

    interface.stride_count = byte(input) % 4 ? interface.ndim : byte(input) % LAYOUT_MAX_NDIM;
    for (d = 0; d < interface.ndim; d++) {
        interface.extents[d] = (int64_t)number(input);
        interface.steps[d] = (int64_t)number(input);
    }
    interface.typestr_text = rest(input, typestr, byte(input) % sizeof typestr + 1);
    interface.descr_text = rest(input, descr, sizeof descr);
    return array_interface_read(byte(input) % 2 ? PROTOCOL_ARRAY_INTERFACE : PROTOCOL_CUDA_ARRAY_INTERFACE, &interface);
}

static void release_schema(struct arrow_schema *self)
{
    (void)self;
}

static void release_array(struct arrow_array *self)
{
    (void)self;
}

enum { LEVELS = 3 };

/* Arrays within arrays; the innermost one's child may be the outermost. */
static struct telling read_arrow(struct input *input)
{
    static const char *const formats[] = {"b",    "l",     "u",  "U",   "z",  "vu", "w:3", "d:9,2", "d:9,2,64", "tsn:",
                                          "+w:2", "+w:0", "+l", "+s", "+ud:0,1", "+r", "n",   "+m",  "tin",     "tdD"};
    struct arrow_schema schemas[LEVELS], *schema_children[LEVELS][2];
    struct arrow_array arrays[LEVELS], *array_children[LEVELS][2];
    const void *buffers[LEVELS][3];
    struct text names = TEXT_INIT;
    struct telling telling;
    int i, below;

    for (i = 0; i < LEVELS; i++) {
        unsigned chosen = byte(input);

        below = i + 1 < LEVELS ? i + 1 : (int)(byte(input) % LEVELS);
        schema_children[i][0] = &schemas[below];
        array_children[i][0] = &arrays[below];
        schema_children[i][1] = pointer(input);
        array_children[i][1] = pointer(input);
        buffers[i][0] = pointer(input);
        buffers[i][1] = pointer(input);
        buffers[i][2] = pointer(input);
        schemas[i] = (struct arrow_schema){
            .format = chosen < 0xf0 ? formats[chosen % (sizeof formats / sizeof formats[0])] : pointer(input),
            .name = pointer(input),
            .n_children = (int64_t)number(input),
            .children = byte(input) % 8 ? schema_children[i] : pointer(input),
            .dictionary = byte(input) % 4 ? NULL : pointer(input),
            .release = byte(input) % 8 ? release_schema : NULL,
        };
        arrays[i] = (struct arrow_array){
            .length = (int64_t)number(input),
            .null_count = (int64_t)number(input),
            .offset = (int64_t)number(input),
            .n_buffers = (int64_t)number(input),
            .n_children = (int64_t)number(input),
            .buffers = byte(input) % 8 ? buffers[i] : pointer(input),
            .children = byte(input) % 8 ? array_children[i] : pointer(input),
            .release = byte(input) % 8 ? release_array : NULL,
        };
    }
    arrow_children(&schemas[0], &names);
    require(names.length > 0);
    text_free(&names);
    arrow_is_struct(&schemas[0]);
    arrow_has_children(&schemas[0]);
    telling = arrow_read(&schemas[0], &arrays[0]);
    return telling;
}

/* What holds of every telling. */
static void check(const struct telling *telling)
{
    struct error error = ERROR_INIT;
    struct text title = TEXT_INIT;
    size_t i;

    require(!telling->failed);
    require(telling_check(telling, &error) == telling->have_layout);
    require(telling->have_layout || error.message[0] != '\0');
    telling_title(telling, &title);
    text_free(&title);
    for (i = 0; i < telling->fault_count; i++) {
        require(telling->faults[i].sentence[0] != '\0' && fault_rule(telling->faults[i].kind) != NULL);
    }
    if (!telling->have_layout) {
        return;
    }
    require(telling->layout.ndim >= 0 && telling->layout.ndim <= LAYOUT_MAX_NDIM && telling->layout.itemsize >= 0);
    require(telling->layout.format == text_string(&telling->format) && telling->type.length > 0);
    require((telling->layout.given & (LAYOUT_FORMAT | LAYOUT_SHAPE)) == (LAYOUT_FORMAT | LAYOUT_SHAPE));
    layout_check(&telling->layout, &error);
}

static void compare(const struct telling *telling)
{
    static const unsigned char bytes[8];
    struct layout layout = {
        .buf = bytes,
        .len = 8,
        .itemsize = 4,
        .format = "i",
        .ndim = 1,
        .given = LAYOUT_FORMAT | LAYOUT_SHAPE | LAYOUT_STRIDES,
        .shape = {2},
        .strides = {4},
    };
    struct telling buffer;

    telling_of_buffer(&buffer, &layout);
    require(tellings_differ(&buffer, telling) == tellings_differ(telling, &buffer));
    require(tellings_differ(telling, telling) == 0);
    telling_free(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct telling (*const readers[])(struct input *) = {read_dlpack, read_array_struct, read_array_interface,
                                                                read_arrow};
    struct error error = ERROR_INIT;
    struct input input = {data, size};
    struct telling telling;

    if (memory == NULL) {
        memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        require(memory != MAP_FAILED && munmap(memory + PAGE, PAGE) == 0);
        require(guard_start(&error));
    }
    if (size == 0 || size > PAGE) {
        return 0;
    }
    memset(memory, 0, PAGE);
    memcpy(memory + PAGE - size, data, size);
    telling = readers[byte(&input) % 4](&input);
    check(&telling);
    compare(&telling);
    telling_free(&telling);
    return 0;
}
