#include "protocol/array_interface.h"
#include "protocol/array_struct.h"

#include "protocol/told.h"

static double items[6];

static struct array_interface interface(void)
{
    return (struct array_interface){
        .version = {.state = KEY_GIVEN},
        .version_number = 3,
        .shape = {.state = KEY_GIVEN},
        .ndim = 2,
        .extents = {2, 3},
        .typestr = {.state = KEY_GIVEN},
        .typestr_text = "<f8",
        .data = {.state = KEY_GIVEN},
        .address = (uintptr_t)items,
    };
}

static const char *reading(struct array_interface of)
{
    return told(array_interface_read(PROTOCOL_ARRAY_INTERFACE, &of), items);
}

static void an_interface(void)
{
    struct array_interface of = interface();

    CHECK_STR(reading(of), "d <f8 (2,3) (24,8) @0 rw");
    of.readonly = true;
    of.strides.state = KEY_GIVEN;
    of.stride_count = 2;
    of.steps[0] = 8;
    of.steps[1] = -16;
    of.address += 32;
    CHECK_STR(reading(of), "d <f8 (2,3) (8,-16) @32 ro");
    of.typestr_text = ">M8[ns]";
    of.have_mask = true;
    CHECK_STR(reading(of), ">q >M8[ns] (2,3) (8,-16) @32 ro; a 'mask' tells which items count: it is memory of its own");
}

static void structs(void)
{
    struct array_interface of = interface();

    of.typestr_text = "|V12";
    of.descr.state = KEY_GIVEN;
    of.descr_text = "[('a', '<f4'), ('b', '<i8')]";
    CHECK_STR(reading(of), "T{f:a:=q:b:} [('a', '<f4'), ('b', '<i8')] (2,3) (36,12) @0 rw");
    of.descr_text = "[('', '|V12')]";
    CHECK_STR(reading(of), "12x |V12 (2,3) (36,12) @0 rw");
    of.descr_text = "[('a', '<f4')]";
    CHECK_STR(reading(of), "12x |V12 (2,3) (36,12) @0 rw; "
                        "array-interface-descr! 'descr' describes items of 4 bytes, 'typestr' of 12");
    of.descr_text = "[(1, 2)]";
    CHECK(strstr(reading(of), "array-interface-descr! 'descr' is no type: ") != NULL);
    of.descr_text = "[]";
    CHECK(strstr(reading(of), "array-interface-descr! ") != NULL);
}

static void a_buffer_under_data(void)
{
    struct array_interface of = interface();

    of.have_buffer = true;
    of.length = sizeof items;
    CHECK_STR(reading(of), "d <f8 (2,3) (24,8) @0 rw");
    of.extents[0] = 1;
    of.offset.state = KEY_GIVEN;
    of.offset_bytes = 24;
    CHECK_STR(reading(of), "d <f8 (1,3) (24,8) @24 rw");
    of.offset_bytes = 25;
    CHECK(begins(reading(of), "no: the items are bytes 25 to 49 of 'data', which has 48"));
    of.offset_bytes = -1;
    CHECK(begins(reading(of), "no: 'offset' is -1, of a buffer of 48 bytes"));
}

static void another_device(void)
{
    struct array_interface of = interface();
    struct telling telling;

    of.have_stream = true;
    of.version_number = 2;
    telling = array_interface_read(PROTOCOL_CUDA_ARRAY_INTERFACE, &of);
    CHECK_STR(telling.device, "cuda");
    CHECK(!telling.is_local);
    CHECK_STR(told(telling, items), "d <f8 (2,3) (24,8) @0 rw; who reads it has to wait for a 'stream'");
}

static void keys_that_are_wrong(void)
{
    struct array_interface of = interface();

    of.version.state = KEY_MISSING;
    of.shape = (struct interface_key){KEY_WRONG, "is a list"};
    of.data.state = KEY_NONE;
    CHECK_STR(reading(of), "no: there is no 'version'; array-interface-fields! there is no 'version'; "
                        "array-interface-fields! 'shape' is a list; array-interface-fields! 'data' is None");
    of = interface();
    of.typestr_text = "<f7";
    CHECK(begins(reading(of), "no: unknown type string '<f7'"));
    of = interface();
    of.strides.state = KEY_GIVEN;
    of.stride_count = 1;
    CHECK(begins(reading(of), "no: 'strides' has 1 items, 'shape' 2"));
    of = interface();
    of.extents[1] = -3;
    CHECK(strstr(reading(of), "array-interface-fields! 'shape' has -3 at 1") != NULL);
    of = interface();
    of.address = 0;
    CHECK(strstr(reading(of), "rw; array-interface-fields! data is NULL, though there are items") != NULL);
    of.extents[1] = 0;
    CHECK(strstr(reading(of), "NULL") == NULL);
}

/* --- __array_struct__ --- */

static intptr_t shape[] = {2, 3};
static intptr_t strides[] = {24, 8};

static struct array_struct structure(void)
{
    return (struct array_struct){
        .two = 2,
        .nd = 2,
        .typekind = 'f',
        .itemsize = 8,
        .flags = ARRAY_STRUCT_C_CONTIGUOUS | ARRAY_STRUCT_ALIGNED | ARRAY_STRUCT_NATIVE | ARRAY_STRUCT_WRITEABLE,
        .shape = shape,
        .strides = strides,
        .data = items,
    };
}

static const char *read_struct(struct array_struct of, const char *descr)
{
    return told(array_struct_read(&of, descr), items);
}

static void a_structure(void)
{
    struct array_struct of = structure();

    CHECK_STR(read_struct(of, NULL), "d <f8 (2,3) (24,8) @0 rw");
    of.flags = ARRAY_STRUCT_ALIGNED;
    CHECK_STR(read_struct(of, NULL), ">d >f8 (2,3) (24,8) @0 ro");
    of.typekind = 'U';
    CHECK_STR(read_struct(of, NULL), ">2w >U2 (2,3) (24,8) @0 ro");
    of.typekind = 'V';
    CHECK_STR(read_struct(of, "[('a', '<i4'), ('b', '<f4')]"),
              "T{i:a:f:b:} [('a', '<i4'), ('b', '<f4')] (2,3) (24,8) @0 ro");
    CHECK(array_struct_descr(&of) == NULL);
    of.flags |= ARRAY_STRUCT_HAS_DESCR;
    of.descr = items;
    CHECK(array_struct_descr(&of) == items);
    CHECK(array_struct_descr(page_end()) == NULL);
}

static void structures_that_are_wrong(void)
{
    struct array_struct of = structure();

    of.two = 3;
    CHECK(begins(read_struct(of, NULL), "no: two is 3"));
    of = structure();
    of.nd = 1 << 30;
    CHECK(begins(read_struct(of, NULL), "no: nd is 1073741824"));
    of = structure();
    of.shape = (intptr_t *)(page_end() - 8);
    CHECK(begins(read_struct(of, NULL), "no: shape is at 0x"));
    of = structure();
    of.strides = NULL;
    CHECK(begins(read_struct(of, NULL), "no: strides is NULL"));
    of = structure();
    of.itemsize = -8;
    CHECK(begins(read_struct(of, NULL), "no: itemsize is -8"));
    of = structure();
    of.typekind = '\n';
    CHECK(begins(read_struct(of, NULL), "no: typekind is 10"));
    of = structure();
    of.flags |= ARRAY_STRUCT_F_CONTIGUOUS;
    CHECK(strstr(read_struct(of, NULL), "array-interface-struct! flags say Fortran-contiguous, the strides do not"));
    of = structure();
    of.data = NULL;
    CHECK(strstr(read_struct(of, NULL), "rw; array-interface-struct! data is NULL, though there are items") != NULL);
    of.nd = 1;
    of.shape = (intptr_t[]){0};
    CHECK(strstr(read_struct(of, NULL), "NULL") == NULL);
    CHECK(begins(told(array_struct_read(NULL, NULL), items), "no: the capsule's structure is NULL"));
}

int main(void)
{
    begin_guarded();
    RUN_LITTLE_ENDIAN(an_interface);
    RUN_LITTLE_ENDIAN(structs);
    RUN_LITTLE_ENDIAN(a_buffer_under_data);
    RUN_LITTLE_ENDIAN(another_device);
    RUN(keys_that_are_wrong);
    RUN_LITTLE_ENDIAN(a_structure);
    RUN(structures_that_are_wrong);
    return TEST_END();
}
