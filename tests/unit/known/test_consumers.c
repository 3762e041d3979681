#include "known/consumers.h"

#include "base/error.h"
#include "judge/transcript.h"

#include "judge/transcripts.h"
#include "test.h"

static void every_consumer_stands_for_its_flags(void)
{
    int i;

    for (i = 0; i < CONSUMER_COUNT; i++) {
        struct error error = ERROR_INIT;
        int flags = -1;

        if (consumers[i].flags == CONSUMER_ASKS_NOTHING) {
            CHECK(!consumer_request(consumers[i].name, &flags, &error));
        } else {
            CHECK(consumer_request(consumers[i].name, &flags, &error));
            CHECK_INT(flags, consumers[i].flags);
        }
    }
}

static void a_typed_memoryview_is_found_by_any_number_of_dimensions(void)
{
    CHECK(consumer_find("Cython T[:, :, ::1]") == consumer_find("Cython T[::1]"));
    CHECK(consumer_find("cython const t[:, :]") == consumer_find("Cython const T[:]"));
    CHECK(consumer_find("Cython T[::1, :, :]") != consumer_find("Cython T[::1]"));
    CHECK(consumer_find("Cython T[::1, ::1]") == NULL);
}

/* What is said, as one line: "yes: int, int32_t; why" or "no: remedy; why"; "" when there is no such row. */
static const char *said(const char *name)
{
    static struct text line;
    struct verdict verdict = VERDICT_INIT;
    size_t i;

    text_clear(&line);
    if (consumer_judge(consumer_find(name), &transcript, &verdict)) {
        text_puts(&line, verdict.reads ? "yes:" : "no:");
        for (i = 0; i < verdict.type_count; i++) {
            text_printf(&line, "%s %s", i > 0 ? "," : "", verdict.types[i]->name);
        }
        text_printf(&line, " %s; %s", text_string(&verdict.remedy), text_string(&verdict.why));
    }
    verdict_free(&verdict);
    return text_string(&line);
}

static void what_fits_is_named(void)
{
    write_row();
    CHECK_STR(said("Cython T[:]"), "yes: int, int32_t ; ");
    CHECK_STR(said("PyO3 PyBuffer"), "yes: i32 ; ");
    CHECK_STR(said("numpy.asarray"), "yes: ; ");
    CHECK_STR(said("Cython T[::1, :]"), "");
    write_table();
    CHECK_STR(said("Cython T[::1]"), "yes: int, int32_t ; ");
}

static void what_helps_is_tried_first(void)
{
    write_strided();
    CHECK_STR(said("Cython T[::1]"), "no: numpy.ascontiguousarray(EXPR); "
                                     "refused C_CONTIGUOUS|WRITABLE|FORMAT: BufferError");
    CHECK_STR(said("zlib.crc32"), "no: memoryview(EXPR).tobytes(), or numpy.ascontiguousarray(EXPR); "
                                  "refused SIMPLE: BufferError");
    CHECK_STR(said("file.readinto"), "no: ; refused SIMPLE|WRITABLE: BufferError");
}

static void types_decide_before_any_request(void)
{
    write_row();
    transcript.kin = KIN_STR;
    CHECK_STR(said("hashlib"), "no: (EXPR).encode(), or memoryview(EXPR); "
                               "a str is refused before its buffer is asked for");
    transcript.kin = KIN_NDARRAY;
    CHECK_STR(said("numpy.asarray"), "yes: ; it is an array already: no buffer is asked for");
    transcript.kin = KIN_BYTES;
    CHECK(strncmp(said("numpy.asarray"), "no: ", 4) == 0);
}

static void a_len_that_is_none_is_told(void)
{
    int i;

    write_row();
    for (i = 0; i < REQUEST_COUNT; i++) {
        transcript.sweeps[0][i].len = 8;
    }
    CHECK_STR(said("memoryview"), "yes: ; but len is 8 where shape and itemsize make 24: it reads 16 bytes past len");
    CHECK_STR(said("bytes()"), "yes: ; but len is 8 where shape and itemsize make 24: it reads len bytes");
    reply_to(REQUEST_FULL_RO)->ndim = 70;
    CHECK_STR(said("memoryview"), "no: ; the answer makes no sense: ndim is 70");
}

static void a_name_that_is_nearly_right_is_suggested(void)
{
    struct error error = ERROR_INIT;
    int flags = -1;

    CHECK(!consumer_request("memoryveiw", &flags, &error));
    CHECK_STR(error.message, "unknown request 'memoryveiw' (did you mean 'memoryview'?)");
    error = (struct error)ERROR_INIT;
    CHECK(!consumer_request("memoryveiw|ND", &flags, &error));
    CHECK_STR(error.message, "unknown request 'memoryveiw': give flags, such as ND|FORMAT (the manual lists them), "
                             "or a consumer (--list-consumers lists them)");
    CHECK_INT(flags, -1);
}

int main(void)
{
    RUN(every_consumer_stands_for_its_flags);
    RUN(a_typed_memoryview_is_found_by_any_number_of_dimensions);
    RUN(what_fits_is_named);
    RUN(what_helps_is_tried_first);
    RUN(types_decide_before_any_request);
    RUN(a_len_that_is_none_is_told);
    RUN(a_name_that_is_nearly_right_is_suggested);
    return TEST_END();
}
