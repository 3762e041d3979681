#include "protocol/dlpack.h"

#include "protocol/told.h"

static int32_t items[12];
static int64_t shape[] = {3, 4};
static int64_t strides[] = {4, 1};

static struct dlpack_tensor tensor(void)
{
    return (struct dlpack_tensor){
        .data = items,
        .device = {1, 0},
        .ndim = 2,
        .code = 0,
        .bits = 32,
        .lanes = 1,
        .shape = shape,
        .strides = strides,
    };
}

static const char *versioned(struct dlpack_tensor told_tensor, uint64_t flags)
{
    struct dlpack_versioned managed = {.major = 1, .minor = 1, .flags = flags, .tensor = told_tensor};

    return told(dlpack_read("dltensor_versioned", &managed), items);
}

static const char *typed(uint8_t code, uint8_t bits, uint16_t lanes)
{
    struct dlpack_tensor of = tensor();

    of.code = code;
    of.bits = bits;
    of.lanes = lanes;
    of.strides = strides;
    return versioned(of, 0);
}

static void a_tensor(void)
{
    struct dlpack_tensor of = tensor();
    struct dlpack_managed managed = {.tensor = of};
    int64_t backwards[] = {-4, 2};

    CHECK_STR(versioned(of, 0), "i int32 (3,4) (16,4) @0 rw");
    CHECK_STR(versioned(of, DLPACK_READ_ONLY), "i int32 (3,4) (16,4) @0 ro");
    CHECK_STR(versioned(of, DLPACK_COPIED),
              "i int32 (3,4) (16,4) @0 rw; the exporter made a copy: this is not its own memory");
    of.byte_offset = 32;
    of.strides = backwards;
    CHECK_STR(versioned(of, 0), "i int32 (3,4) (-16,8) @32 rw");
    of.ndim = 0;
    of.shape = of.strides = NULL;
    CHECK_STR(versioned(of, 0), "i int32 () () @32 rw");
    CHECK_STR(told(dlpack_read("dltensor", &managed), items),
              "i int32 (3,4) (16,4) @0 ?; a capsule of before DLPack 1.0 cannot say whether the memory may be written");
}

static void strides_may_be_null_before_1_2(void)
{
    struct dlpack_tensor of = tensor();
    struct dlpack_versioned managed = {.major = 1, .minor = 2};

    of.strides = NULL;
    CHECK_STR(versioned(of, 0), "i int32 (3,4) (16,4) @0 rw; dlpack-strides? strides are NULL for 2 dimensions: "
                                "not allowed from DLPack 1.2 on");
    managed.tensor = of;
    CHECK_STR(told(dlpack_read("dltensor_versioned", &managed), items),
              "i int32 (3,4) (16,4) @0 rw; dlpack-strides! strides are NULL for 2 dimensions, in version 1.2");
}

static void types(void)
{
    CHECK_STR(typed(0, 8, 1), "b int8 (3,4) (4,1) @0 rw");
    CHECK_STR(typed(1, 16, 1), "H uint16 (3,4) (8,2) @0 rw");
    CHECK_STR(typed(2, 16, 1), "e float16 (3,4) (8,2) @0 rw");
    CHECK_STR(typed(2, 64, 1), "d float64 (3,4) (32,8) @0 rw");
    CHECK_STR(typed(4, 16, 1), "H bfloat16 (3,4) (8,2) @0 rw");
    CHECK_STR(typed(5, 32, 1), "Ze complex32 (3,4) (16,4) @0 rw");
    CHECK_STR(typed(5, 64, 1), "Zf complex64 (3,4) (32,8) @0 rw");
    CHECK_STR(typed(6, 8, 1), "? bool (3,4) (4,1) @0 rw");
    CHECK_STR(typed(10, 8, 1), "B float8_e4m3fn (3,4) (4,1) @0 rw");
    CHECK_STR(typed(17, 4, 2), "B float4_e2m1fn x 2 (3,4) (4,1) @0 rw");
    CHECK_STR(typed(2, 32, 4), "(4)f float32 x 4 (3,4) (64,16) @0 rw");
    CHECK_STR(typed(3, 64, 1), "8x opaque64 (3,4) (32,8) @0 rw");
}

static void types_that_are_none(void)
{
    CHECK_STR(typed(99, 24, 1), "3x code 99, 24 bits (3,4) (12,3) @0 rw; "
                                "dlpack-tensor? dtype has code 99, which DLPack 1.3 does not have");
    CHECK_STR(typed(0, 0, 1), "no: dtype has 0 bits and 1 lanes; dlpack-tensor! dtype has 0 bits and 1 lanes");
    CHECK_STR(typed(4, 32, 1), "4x bfloat32 (3,4) (16,4) @0 rw; dlpack-tensor! dtype bfloat has 32 bits, not 16");
}

static void items_smaller_than_bytes(void)
{
    struct dlpack_tensor of = tensor();
    int64_t apart[] = {8, 1};

    CHECK_STR(typed(17, 4, 1), "B float4_e2m1fn (6) (1) @0 rw; "
                               "12 items of float4_e2m1fn, packed: these are the bytes they lie in");
    CHECK_STR(typed(15, 6, 1), "B float6_e2m3fn (9) (1) @0 rw; "
                               "12 items of float6_e2m3fn, packed: these are the bytes they lie in");
    of.bits = 4;
    CHECK_STR(versioned(of, DLPACK_PADDED), "B int4 (3,4) (4,1) @0 rw");
    of.strides = apart;
    CHECK_STR(versioned(of, 0), "no: has items of 4 bits that do not lie side by side: bytes cannot tell where");
}

static void devices(void)
{
    char name[40];

    CHECK(dlpack_device_name((struct dlpack_device){1, 0}, name, sizeof name));
    CHECK_STR(name, "cpu");
    CHECK(!dlpack_device_name((struct dlpack_device){2, 1}, name, sizeof name));
    CHECK_STR(name, "cuda:1");
    CHECK(dlpack_device_name((struct dlpack_device){3, 0}, name, sizeof name));
    CHECK(!dlpack_device_name((struct dlpack_device){-5, -6}, name, sizeof name));
    CHECK_STR(name, "device -5:-6");
    CHECK(!dlpack_device_name((struct dlpack_device){INT32_MAX, 0}, name, sizeof name));
    CHECK(!dlpack_device_name((struct dlpack_device){5, 0}, name, sizeof name));
}

static void other_versions(void)
{
    struct dlpack_versioned next = {.major = 2};
    unsigned char *managed = page_end() - offsetof(struct dlpack_versioned, tensor);

    /* of another version only what stands in front can be read, be there more or not */
    memcpy(managed, &next, offsetof(struct dlpack_versioned, tensor));
    CHECK_STR(told(dlpack_read("dltensor_versioned", managed), items),
              "no: the tensor is of DLPack 2.0, whose fields are not those of 1.3; "
              "dlpack-version! the tensor is of DLPack 2.0, whose fields are not those of 1.3");
}

static void names_of_capsules(void)
{
    CHECK(begins(told(dlpack_read("used_dltensor", items), items), "no: the capsule is named 'used_dltensor': "
                                                                   "its tensor was taken before"));
    CHECK(begins(told(dlpack_read("tensor", items), items), "no: the capsule is named 'tensor', not 'dltensor' or"));
    CHECK(begins(told(dlpack_read(NULL, items), items), "no: the capsule is named '', not"));
    CHECK(begins(told(dlpack_read("dltensor", NULL), items), "no: the capsule's tensor is NULL"));
    CHECK(begins(told(dlpack_read("dltensor", page_end()), items), "no: the capsule's tensor is at 0x"));
}

static void what_cannot_be(void)
{
    struct dlpack_tensor of = tensor();
    int64_t negative[] = {3, -4};
    int64_t huge[] = {INT64_MAX, INT64_MAX};

    of.ndim = INT32_MAX;
    CHECK(begins(versioned(of, 0), "no: ndim is 2147483647, not 0 to 64"));
    of.ndim = -1;
    CHECK(begins(versioned(of, 0), "no: ndim is -1"));
    of = tensor();
    of.shape = NULL;
    CHECK(begins(versioned(of, 0), "no: shape is NULL"));
    of.shape = (int64_t *)(page_end() - 8);
    CHECK(begins(versioned(of, 0), "no: shape is at 0x"));
    of = tensor();
    of.strides = (int64_t *)(page_end() - 8);
    CHECK(begins(versioned(of, 0), "no: strides is at 0x"));
    of = tensor();
    of.shape = negative;
    CHECK_STR(versioned(of, 0), "i int32 (3,-4) (16,4) @0 rw; dlpack-tensor! shape[1] is negative: -4");
    of.shape = huge;
    of.strides = huge;
    CHECK(begins(versioned(of, 0), "no: strides[0] is 9223372036854775807 items of 4 bytes, too many"));
    of = tensor();
    of.byte_offset = UINT64_MAX;
    CHECK(begins(versioned(of, 0), "no: byte_offset is 18446744073709551615"));
    of = tensor();
    of.data = NULL;
    CHECK(strstr(versioned(of, 0), "dlpack-tensor! data is NULL, though there are items") != NULL);
    CHECK(strstr(versioned(tensor(), 1 << 20), "dlpack-tensor? flags are 0x100000") != NULL);
}

int main(void)
{
    begin_guarded();
    RUN(a_tensor);
    RUN(strides_may_be_null_before_1_2);
    RUN(types);
    RUN(types_that_are_none);
    RUN(items_smaller_than_bytes);
    RUN(devices);
    RUN(other_versions);
    RUN(names_of_capsules);
    RUN(what_cannot_be);
    return TEST_END();
}
