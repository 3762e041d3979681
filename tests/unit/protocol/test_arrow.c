#include "protocol/arrow.h"

#include "protocol/told.h"

static int64_t items[16];
static const void *buffers[] = {NULL, items, NULL};

static void release_schema(struct arrow_schema *self)
{
    self->release = NULL;
}

static void release_array(struct arrow_array *self)
{
    self->release = NULL;
}

static struct arrow_schema schema(const char *format)
{
    return (struct arrow_schema){.format = format, .name = "", .release = release_schema};
}

static struct arrow_array array(int64_t length, int64_t offset)
{
    return (struct arrow_array){
        .length = length,
        .offset = offset,
        .n_buffers = 3,
        .buffers = buffers,
        .release = release_array,
    };
}

static const char *reading(const char *format, int64_t length, int64_t offset)
{
    struct arrow_schema type = schema(format);
    struct arrow_array memory = array(length, offset);

    return told(arrow_read(&type, &memory), items);
}

static void numbers(void)
{
    CHECK_STR(reading("l", 5, 0), "l l (5) (8) @0 ?");
    CHECK_STR(reading("l", 5, 3), "l l (5) (8) @24 ?");
    CHECK_STR(reading("C", 5, 3), "B C (5) (1) @3 ?");
    CHECK_STR(reading("e", 5, 1), "e e (5) (2) @2 ?");
    CHECK_STR(reading("g", 0, 0), "d g (0) (8) @0 ?");
}

static void types_of_their_own(void)
{
    CHECK_STR(reading("tsn:Europe/Berlin", 2, 1), "l tsn:Europe/Berlin (2) (8) @8 ?");
    CHECK_STR(reading("tdD", 2, 1), "i tdD (2) (4) @4 ?");
    CHECK_STR(reading("w:6", 2, 1), "6s w:6 (2) (6) @6 ?");
    CHECK_STR(reading("d:19,4", 2, 1), "16x d:19,4 (2) (16) @16 ?");
    CHECK_STR(reading("d:9,-4,32", 2, 1), "i d:9,-4,32 (2) (4) @4 ?");
    CHECK_STR(reading("tin", 2, 1), "T{i:months:i:days:q:nanoseconds:} tin (2) (16) @16 ?");
    CHECK(begins(reading("vu", 2, 1), "T{i:length:12s:data:} vu (2) (16) @16 ?"));
}

static void types_that_are_none(void)
{
    CHECK(begins(reading("", 1, 0), "no: the type's format is '', which is not known"));
    CHECK(begins(reading("ll", 1, 0), "no: the type's format is 'll'"));
    CHECK(begins(reading("w:", 1, 0), "no: the type's format is 'w:', which is no fixed-size binary"));
    CHECK(begins(reading("w:-1", 1, 0), "no: the type's format is 'w:-1'"));
    CHECK(begins(reading("w:99999999999999999999", 1, 0), "no: the type's format is 'w:9"));
    CHECK(begins(reading("d:19,4,99", 1, 0), "no: the type's format is 'd:19,4,99', which is no decimal"));
    CHECK(begins(reading("n", 1, 0), "no: is of Arrow type null, which has no memory"));
}

static void bits(void)
{
    CHECK_STR(reading("b", 10, 0), "B b (2) (1) @0 ?; 10 items of a bit each, from bit 0 of the first byte on: "
                                "these are the bytes they lie in");
    CHECK_STR(reading("b", 10, 15), "B b (3) (1) @1 ?; 10 items of a bit each, from bit 7 of the first byte on: "
                                 "these are the bytes they lie in");
}

static void strings(void)
{
    static const int32_t offsets[] = {0, 3, 3, 9};
    static const int32_t backwards[] = {5, 2};
    static const char bytes[] = "abcdefghi";
    const void *own[] = {NULL, offsets, bytes};
    struct arrow_schema type = schema("u");
    struct arrow_array memory = array(2, 1);

    memory.buffers = own;
    CHECK(begins(told(arrow_read(&type, &memory), bytes),
                 "B u (6) (1) @3 ?; the bytes of 2 items (utf8): where each begins, 4-byte offsets tell that lie at 0x"));
    own[1] = backwards;
    memory.offset = 0;
    memory.length = 1;
    CHECK(begins(told(arrow_read(&type, &memory), bytes), "no: the offsets go from 5 to 2"));
    own[1] = NULL;
    CHECK(begins(told(arrow_read(&type, &memory), bytes), "no: buffer 1 (offsets) is NULL"));
    own[1] = page_end() - 4;
    CHECK(begins(told(arrow_read(&type, &memory), bytes), "no: buffer 1 (offsets) is at 0x"));
    own[1] = own[2] = NULL;
    memory.length = 0;
    CHECK(strstr(told(arrow_read(&type, &memory), NULL), "B u (0) (1) @0 ?") != NULL);
}

static void nulls(void)
{
    static const unsigned char bitmap[] = {0xff};
    const void *own[] = {bitmap, items};
    struct arrow_schema type = schema("l");
    struct arrow_array memory = array(5, 0);

    memory.buffers = own;
    memory.n_buffers = 2;
    memory.null_count = 2;
    CHECK(begins(told(arrow_read(&type, &memory), items), "l l (5) (8) @0 ?; 2 of 5 items are null: the bitmap at 0x"));
    memory.null_count = -1;
    CHECK(strstr(told(arrow_read(&type, &memory), items), "some of 5 items may be null") != NULL);
    memory.null_count = 6;
    CHECK(strstr(told(arrow_read(&type, &memory), items), "arrow-structures! null_count is 6, of 5 items") != NULL);
}

/* A list of 3 lists of 2 of 16-bit integers. */
static void lists_of_one_size(void)
{
    struct arrow_schema leaf_type = schema("s"), middle_type = schema("+w:2"), type = schema("+w:3");
    struct arrow_array leaf = array(64, 1), middle = array(20, 0), memory = array(4, 1);
    struct arrow_schema *leaf_types[] = {&leaf_type}, *middle_types[] = {&middle_type};
    struct arrow_array *leaves[] = {&leaf}, *middles[] = {&middle};

    middle_type.n_children = type.n_children = middle.n_children = memory.n_children = 1;
    middle_type.children = leaf_types;
    type.children = middle_types;
    middle.children = leaves;
    memory.children = middles;
    CHECK_STR(told(arrow_read(&type, &memory), items), "h +w:3 of +w:2 of s (4,3,2) (12,4,2) @14 ?");
    leaf.length = 29;
    CHECK(begins(told(arrow_read(&type, &memory), items), "no: 20 lists of 2 items have a child of 29"));
    leaf_type.format = "u";
    leaf.length = 40;
    CHECK(begins(told(arrow_read(&type, &memory), items), "no: is of Arrow type utf8"));
    memory.n_children = 0;
    CHECK(begins(told(arrow_read(&type, &memory), items), "no: n_children is 1 in the schema and 0 in the array"));
    memory.n_children = 1;
    memory.children = (struct arrow_array **)(void *)page_end();
    CHECK(begins(told(arrow_read(&type, &memory), items), "no: the array's children is at 0x"));
    memory.children = middles;
    type.children = &(struct arrow_schema *){&type}; /* a circle */
    memory.children = &(struct arrow_array *){&memory};
    memory.length = memory.offset = 0;
    CHECK(begins(told(arrow_read(&type, &memory), items), "no: the schema of child 0 is its parent"));
    type.children = middle_types; /* a wider one */
    memory.children = middles;
    middle_type.children = &(struct arrow_schema *){&type};
    middle.children = &(struct arrow_array *){&memory};
    middle.length = middle.offset = 0;
    CHECK(strstr(told(arrow_read(&type, &memory), items), ", too deeply nested") != NULL);
    memory.children = &(struct arrow_array *){NULL};
    CHECK(begins(told(arrow_read(&type, &memory), items), "no: the array of child 0 is NULL"));
}

static void children(void)
{
    struct arrow_schema one = schema("l"), type = schema("+s");
    struct arrow_schema *many[9] = {&one, &one, &one, &one, &one, &one, &one, &one, &one};
    struct arrow_array leaf = array(4, 0), memory = array(4, 0);
    struct text text = TEXT_INIT;

    one.name = "a";
    type.n_children = memory.n_children = 1;
    type.children = many;
    memory.children = &(struct arrow_array *){&leaf};
    CHECK(arrow_is_struct(&type));
    CHECK(!arrow_is_struct(&one));
    CHECK(!arrow_is_struct(NULL));
    CHECK(arrow_has_children(&type));
    CHECK(!arrow_has_children(&one));
    CHECK(!arrow_has_children(NULL));
    CHECK_STR(told(arrow_read(&type, &memory), items),
              "no: is of Arrow type struct: its memory is that of its child 'a'");
    type.n_children = 9;
    arrow_children(&type, &text);
    CHECK_STR(text_string(&text), "'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a' and 1 more");
    text_clear(&text);
    type.n_children = INT64_MAX;
    many[1] = (struct arrow_schema *)(void *)page_end();
    one.name = NULL;
    arrow_children(&type, &text);
    CHECK(begins(text_string(&text), "?, ?, ?"));
    text_clear(&text);
    type.n_children = 2;
    type.children = (struct arrow_schema **)UINTPTR_MAX; /* a second one is past any address */
    arrow_children(&type, &text);
    CHECK_STR(text_string(&text), "? and ?");
    text_free(&text);
    type = schema("+l");
    type.n_children = 1;
    type.children = many;
    one.name = "item";
    CHECK_STR(told(arrow_read(&type, &memory), items), "i +l (5) (4) @0 ?; these are the offsets of 4 items (list): "
                                                       "their values are the memory of 'item'");
}

static void what_cannot_be(void)
{
    struct arrow_schema type = schema("l");
    struct arrow_array memory = array(5, 0);
    const void *none[] = {NULL, NULL};

    CHECK(begins(told(arrow_read(NULL, &memory), items), "no: the schema is NULL"));
    CHECK(begins(told(arrow_read(&type, (const struct arrow_array *)(const void *)page_end()), items),
                 "no: the array is at 0x"));
    CHECK(begins(reading("l", -1, 0), "no: length is -1 and offset 0"));
    CHECK(begins(reading("l", INT64_MAX, 1), "no: length is 9223372036854775807 and offset 1"));
    CHECK(begins(reading("l", 1, INT64_MAX / 4), "no: the items lie past the end of the address space"));
    memory.n_buffers = 1;
    CHECK(begins(told(arrow_read(&type, &memory), items), "no: n_buffers is 1, too few for type 'l' (int64)"));
    memory.n_buffers = INT64_MAX;
    CHECK(begins(told(arrow_read(&type, &memory), items),
                 "no: n_buffers is 9223372036854775807, too many for type 'l' (int64)"));
    memory.n_buffers = 2;
    memory.buffers = (const void **)(page_end() - 8);
    CHECK(begins(told(arrow_read(&type, &memory), items), "no: buffers is at 0x"));
    memory.buffers = none;
    CHECK(begins(told(arrow_read(&type, &memory), items), "no: buffer 1 is NULL, though there are items"));
    memory.dictionary = &memory;
    CHECK(begins(told(arrow_read(&type, &memory), items), "no: the array has a dictionary, and the schema has none"));
    memory.release = NULL;
    CHECK(begins(told(arrow_read(&type, &memory), items), "no: the array was released before"));
    memset(page_end() - 100, 'l', 100);
    type.format = (const char *)page_end() - 100;
    memory = array(5, 0);
    CHECK(begins(told(arrow_read(&type, &memory), items), "no: the type's format is at 0x"));
}

int main(void)
{
    begin_guarded();
    RUN(numbers);
    RUN(types_of_their_own);
    RUN(types_that_are_none);
    RUN(bits);
    RUN(strings);
    RUN(nulls);
    RUN(lists_of_one_size);
    RUN(children);
    RUN(what_cannot_be);
    return TEST_END();
}
