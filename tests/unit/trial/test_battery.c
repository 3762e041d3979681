#include "trial/battery.h"

#include "base/error.h"
#include "base/text.h"
#include "trial/words.h"

#include "test.h"

#include <stdlib.h>

static struct battery battery;
static struct trial trial;

/* What a consumer does with a buffer. */
typedef enum call_outcome consumer(const struct buffer *buffer);

static enum call_outcome takes_all(const struct buffer *buffer)
{
    return buffer->refusal == REFUSES_WHAT_IT_MUST ? CALL_RETURNED : CALL_RAISED;
}

static enum call_outcome takes_nothing(const struct buffer *buffer)
{
    (void)buffer;
    return CALL_RAISED;
}

static enum call_outcome takes_tables_of_doubles(const struct buffer *buffer)
{
    return buffer->plan.ndim == 2 && strcmp(buffer->plan.format, "d") == 0 ? CALL_RETURNED : CALL_RAISED;
}

static enum call_outcome takes_fortran_tables(const struct buffer *buffer)
{
    return buffer->plan.ndim == 2 && buffer->plan.arrangement == ARRANGED_F ? CALL_RETURNED : CALL_RAISED;
}

static enum call_outcome takes_pointers(const struct buffer *buffer)
{
    return plan_is_indirect(&buffer->plan) ? CALL_RETURNED : CALL_RAISED;
}

static enum call_outcome takes_memoryviews(const struct buffer *buffer)
{
    return buffer->guise == GUISE_MEMORYVIEW ? CALL_RETURNED : CALL_RAISED;
}

static enum call_outcome takes_readonly(const struct buffer *buffer)
{
    return buffer->plan.readonly ? CALL_RETURNED : CALL_RAISED;
}

/* Offer all of them; `asks`: requests are sent. */
static void offer_all(const char *format, int ndim, const ptrdiff_t *shape, consumer *takes, bool asks)
{
    struct error error = ERROR_INIT;

    memset(&trial, 0, sizeof trial);
    CHECK(battery_begin(&battery, format, shape != NULL, ndim, shape, &error));
    while (trial.call_count < TRIAL_MAX_CALLS &&
           battery_next(&battery, &trial, &trial.calls[trial.call_count].buffer)) {
        struct call *call = &trial.calls[trial.call_count++];

        call->outcome = takes(&call->buffer);
        call->request_count = asks && call->buffer.guise == GUISE_OWN;
    }
    CHECK(trial.call_count < TRIAL_MAX_CALLS);
}

static int count(bool (*is)(const struct buffer *buffer))
{
    int found = 0;
    int i;

    for (i = 0; i < trial.call_count; i++) {
        found += is(&trial.calls[i].buffer);
    }
    return found;
}

static bool is_swapped(const struct buffer *buffer)
{
    return buffer->format->role == ROLE_SWAPPED;
}

static bool is_structure(const struct buffer *buffer)
{
    return buffer->format->role == ROLE_STRUCTURE;
}

static bool is_refusing(const struct buffer *buffer)
{
    return buffer->refusal != REFUSES_WHAT_IT_MUST;
}

static bool is_readonly(const struct buffer *buffer)
{
    return buffer->plan.readonly;
}

static bool is_memoryview(const struct buffer *buffer)
{
    return buffer->guise == GUISE_MEMORYVIEW;
}

static bool is_indirect(const struct buffer *buffer)
{
    return plan_is_indirect(&buffer->plan);
}

static bool is_empty(const struct buffer *buffer)
{
    return buffer->plan.count == 0;
}

static bool is_plain(const struct buffer *buffer)
{
    return buffer->traits == 0;
}

static bool is_in_fortran_order(const struct buffer *buffer)
{
    return buffer->plan.arrangement == ARRANGED_F && buffer->traits == 0;
}

/* References are arranged as the consumer wants them. */
static void other_orders_are_tried_where_none_is_taken(void)
{
    const ptrdiff_t shape[] = {2, 5};
    struct buffer reference;
    unsigned char items[96 + 1] = {0}, *copy;

    offer_all(NULL, 0, NULL, takes_fortran_tables, true);
    CHECK(count(is_in_fortran_order) > BATTERY_ITEMS && count(is_structure) > 2 && count(is_indirect) > 2);
    CHECK(battery_reference(&trial.calls[trial.call_count - 3].buffer, REFERENCE_COPY, items, items, &reference,
                            &copy));
    CHECK_INT(reference.plan.arrangement, ARRANGED_F);
    free(copy);
    battery_end(&battery);
    offer_all("i", 2, shape, takes_pointers, true);
    CHECK(count(is_indirect) > 1 && count(is_plain) > 1);
    battery_end(&battery);
    offer_all("i", 0, shape, takes_pointers, true);
    CHECK_INT(count(is_indirect), 0);
    battery_end(&battery);
}

static void who_takes_all_is_offered_all(void)
{
    offer_all(NULL, 0, NULL, takes_all, true);
    CHECK(count(is_swapped) > 2);
    CHECK(count(is_structure) > 2);
    CHECK_INT(count(is_refusing), 2);
    CHECK(count(is_memoryview) > 4);
    CHECK(count(is_indirect) > 4);
    CHECK(count(is_empty) > 4);
    CHECK_INT(trial.calls[0].buffer.plan.ndim, 1);
    CHECK_INT(trial.calls[0].buffer.traits, 0);
    battery_end(&battery);
}

static void who_takes_nothing_is_offered_every_shape_and_format(void)
{
    offer_all(NULL, 0, NULL, takes_nothing, true);
    CHECK_INT(trial.call_count, 2 * (6 + 4) * BATTERY_ITEMS); /* those of Fortran order and pointers: no memoryviews */
    CHECK_INT(count(is_memoryview), 2 * 4 * BATTERY_ITEMS);
    CHECK_INT(count(is_readonly), (6 + 4) * BATTERY_ITEMS);
    CHECK(trial_all_refused(&trial));
    battery_end(&battery);
}

static void the_base_is_the_first_shape_that_is_taken(void)
{
    int i;

    offer_all(NULL, 0, NULL, takes_tables_of_doubles, true);
    CHECK(count(is_plain) > BATTERY_ITEMS);
    for (i = BATTERY_ITEMS * 2; i < trial.call_count; i++) {
        const struct buffer *buffer = &trial.calls[i].buffer;

        CHECK(((buffer->traits & TRAIT_SHAPE) != 0) ==
              (buffer->plan.ndim != 2 || buffer->plan.shape[0] != 3 || buffer->plan.shape[1] != 4));
        CHECK(strchr(buffer->plan.format, 'd') != NULL);
    }
    battery_end(&battery);
}

static void who_takes_memoryviews_or_readonly_only_is_offered_those(void)
{
    offer_all(NULL, 0, NULL, takes_memoryviews, false);
    CHECK(trial.call_count > 9 * BATTERY_ITEMS);
    CHECK_INT(count(is_refusing), 0);
    CHECK_INT(count(is_memoryview), trial.call_count - 2 * 6 * BATTERY_ITEMS);
    battery_end(&battery);
    offer_all(NULL, 0, NULL, takes_readonly, true);
    CHECK_INT(count(is_memoryview), 2 * 6);
    CHECK(count(is_readonly) > 2 * BATTERY_ITEMS);
    battery_end(&battery);
}

static void what_is_given_narrows_it(void)
{
    const ptrdiff_t shape[] = {2, 0, 3};
    struct error error = ERROR_INIT;
    int i;

    offer_all("T{i:a:d:b:}", 3, shape, takes_all, true);
    for (i = 0; i < trial.call_count; i++) {
        CHECK_STR(trial.calls[i].buffer.plan.format, "T{i:a:d:b:}");
        CHECK_INT(trial.calls[i].buffer.plan.ndim, 3);
        CHECK_INT(trial.calls[i].buffer.plan.shape[2], 3);
    }
    CHECK(trial.call_count > 8);
    battery_end(&battery);
    CHECK(!battery_begin(&battery, "O", false, 0, NULL, &error));
    CHECK(!battery_begin(&battery, "0s", false, 0, NULL, &error));
    CHECK(!battery_begin(&battery, "i", true, 1, (const ptrdiff_t[]){-1}, &error));
    CHECK(!battery_begin(&battery, "i", true, 1, (const ptrdiff_t[]){PTRDIFF_MAX}, &error));
}

/* Each reference that is of use can be made. */
static void references_can_be_made(void)
{
    unsigned char items[4096] = {0}, memory[4096] = {0};
    int i, r;

    offer_all(NULL, 0, NULL, takes_all, true);
    for (i = 0; i < trial.call_count; i++) {
        for (r = 0; r < REFERENCE_COUNT; r++) {
            const struct buffer *of = &trial.calls[i].buffer;
            struct buffer to;
            unsigned char *its = NULL;

            if (!battery_wants(of, (enum reference)r, false)) {
                continue;
            }
            CHECK(battery_reference(of, (enum reference)r, items, memory, &to, &its));
            CHECK(its != NULL && to.plan.arrangement == ARRANGED_C && to.plan.edge == EDGE_NONE);
            free(its);
        }
    }
    battery_end(&battery);
}

static bool find(const char *words)
{
    struct text text = TEXT_INIT;
    bool found = false;
    int i;

    for (i = 0; i < trial.call_count && !found; i++) {
        text_clear(&text);
        buffer_words(&trial.calls[i].buffer, &text);
        text_puts(&text, ": ");
        buffer_expression(&trial.calls[i].buffer, &text);
        found = strcmp(text_string(&text), words) == 0;
    }
    text_free(&text);
    return found;
}

static void buffers_are_named(void)
{
    offer_all(NULL, 0, NULL, takes_all, true);
    CHECK(find("format 'i', shape (12,): numpy.arange(12, dtype='i4')"));
    CHECK(find("format 'i', shape (3, 4), every second row: numpy.arange(24, dtype='i4').reshape(6, 4)[::2]"));
    CHECK(find("format 'i', shape (3, 4), in Fortran order: numpy.arange(12, dtype='i4').reshape(3, 4, order='F')"));
    CHECK(find("format 'i', shape (): numpy.arange(1, dtype='i4').reshape(())"));
    CHECK(find("format 'B', shape (12,), read-only: memoryview(numpy.arange(12, dtype='u1')).toreadonly()"));
    CHECK(find("format 'B', shape (3, 4), one row repeated by stride 0, read-only: "
               "numpy.broadcast_to(numpy.arange(4, dtype='u1'), (3, 4))"));
    CHECK(find("format 'T{B:f0:b:f1:}', shape (12,): numpy.zeros(12, dtype='u1,i1')"));
    CHECK(find("format 'i', shape (12,), which refuses every request with MemoryError: "));
    battery_end(&battery);
}

int main(void)
{
    RUN(who_takes_all_is_offered_all);
    RUN(other_orders_are_tried_where_none_is_taken);
    RUN(who_takes_nothing_is_offered_every_shape_and_format);
    RUN(the_base_is_the_first_shape_that_is_taken);
    RUN(who_takes_memoryviews_or_readonly_only_is_offered_those);
    RUN(what_is_given_narrows_it);
    RUN(references_can_be_made);
    RUN(buffers_are_named);
    return TEST_END();
}
