#include "judge/compare.h"

#include "base/text.h"
#include "judge/transcript.h"

#include <inttypes.h>

static void add_buffer(struct sides *sides, const struct transcript *transcript)
{
    int truth = transcript_truth(transcript);
    struct side *side = &sides->items[sides->count];
    struct layout layout;

    if (truth < 0 || !reply_layout(&transcript->sweeps[0][truth], &layout)) {
        return;
    }
    *side = (struct side){.owner = ""};
    telling_of_buffer(&side->telling, &layout);
    switch (transcript->sweeps[0][truth].obj) {
    case REPLY_OBJ_EXPORTER:
        side->owner = transcript->type;
        break;
    case REPLY_OBJ_OTHER:
        side->owner = transcript->sweeps[0][truth].obj_type;
        break;
    default:
        break;
    }
    sides->count++;
}

bool side_says(const struct side *side, enum difference fact)
{
    const struct telling *telling = &side->telling;
    bool copied = side->told != NULL && side->told->is_copy;

    if (!telling->have_layout) {
        return false;
    }
    switch (fact) {
    case DIFFERENCE_DATA:
        return !copied;
    case DIFFERENCE_READONLY:
        return telling->readonly != SAID_NOTHING; /* which a copy's is, see told_read */
    default:
        return !telling->is_packed;
    }
}

unsigned sides_differ(const struct side *a, const struct side *b)
{
    unsigned differs = tellings_differ(&a->telling, &b->telling);
    unsigned fact;

    for (fact = 1; fact <= DIFFERENCE_ALL; fact <<= 1) {
        if (!side_says(a, (enum difference)fact) || !side_says(b, (enum difference)fact)) {
            differs &= ~fact;
        }
    }
    return differs;
}

/* The first that says a fact is the measure of the others. */
static unsigned differs_from_first(const struct sides *sides, size_t place)
{
    unsigned differs = 0;
    unsigned fact;
    size_t i;

    for (fact = 1; fact <= DIFFERENCE_ALL; fact <<= 1) {
        for (i = 0; i < place && !side_says(&sides->items[i], (enum difference)fact); i++) {
        }
        if (i < place) {
            differs |= sides_differ(&sides->items[i], &sides->items[place]) & fact;
        }
    }
    return differs;
}

void sides_of(struct sides *sides, const struct transcript *transcript)
{
    size_t i;
    int p;

    *sides = (struct sides){.count = 0};
    add_buffer(sides, transcript);
    for (p = 0; p < PROTOCOL_COUNT; p++) {
        const struct told *told = &transcript->protocols.told[p];

        if (told->outcome != OUTCOME_NOT_SENT && sides->count < PROTOCOL_COUNT) {
            sides->items[sides->count++] = (struct side){
                .told = told,
                .crash = told->outcome == OUTCOME_CRASHED ? transcript_tell_crash(transcript, (enum protocol)p) : NULL,
                .owner = told->owner,
                .telling = told_read(told, (enum protocol)p),
            };
        }
    }
    for (i = 0; i < sides->count; i++) {
        struct side *side = &sides->items[i];

        sides->failed |= side->telling.failed;
        side->differs = differs_from_first(sides, i);
    }
}

void sides_free(struct sides *sides)
{
    size_t i;

    for (i = 0; i < sides->count; i++) {
        telling_free(&sides->items[i].telling);
    }
    sides->count = 0;
}

enum said side_readonly(const struct side *side)
{
    return side->told != NULL ? side->told->readonly : side->telling.readonly;
}

void side_fact(const struct side *side, enum difference fact, struct text *text)
{
    const struct layout *layout = &side->telling.layout;

    if (!side->telling.have_layout) {
        return;
    }
    switch (fact) {
    case DIFFERENCE_DATA:
        text_printf(text, "0x%" PRIx64, (uint64_t)(uintptr_t)layout->buf);
        break;
    case DIFFERENCE_SHAPE:
        text_tuple(text, layout->shape, (size_t)layout->ndim);
        break;
    case DIFFERENCE_STRIDES:
        text_tuple(text, layout->strides, (size_t)layout->ndim);
        break;
    case DIFFERENCE_TYPE:
        text_append(text, side->telling.type.data, side->telling.type.length);
        break;
    default:
        text_puts(text, side_readonly(side) == SAID_NOTHING ? "" : side_readonly(side) == SAID_YES ? "true" : "false");
    }
}
