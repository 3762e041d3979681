/*
 * The fields that flags control.
 */
#include "judge/judgement.h"

#include "base/error.h"

#include <inttypes.h>
#include <string.h>

/* --- readonly --- */

void judge_writable(struct judgement *j)
{
    uint64_t among = requests_asking(REQUEST_WRITABLE) & j->granted;
    uint64_t bad = 0;
    int64_t seen = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if ((among & request_bit(i)) && answered(j, i, FIELD_READONLY) && answer(j, i)->readonly != 0) {
            seen = bad == 0 ? answer(j, i)->readonly : seen;
            bad |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "readonly is %" PRId64 " %s", seen,
                where(j, bad, among, "requests that ask for WRITABLE"));
    }
}

/* Without WRITABLE the exporter may choose, once for all. */
void judge_readonly_consistent(struct judgement *j)
{
    uint64_t among = ~requests_asking(REQUEST_WRITABLE) & j->granted;
    const struct reply *truth;
    uint64_t bad = 0;
    int i;

    if (j->truth < 0 || !answered(j, j->truth, FIELD_READONLY)) {
        return;
    }
    truth = answer(j, j->truth);
    for (i = 0; i < REQUEST_COUNT; i++) {
        if ((among & request_bit(i)) && answered(j, i, FIELD_READONLY) &&
            (answer(j, i)->readonly != 0) != (truth->readonly != 0)) {
            bad |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "readonly %d, where %s has %d, %s", truth->readonly == 0,
                requests[j->truth].name, truth->readonly != 0,
                where(j, bad, among, "requests without WRITABLE"));
    }
}

/* --- NULL or not --- */

static uint64_t null_pointers(const struct judgement *j, uint64_t among, enum field field, bool null)
{
    uint64_t found = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if ((among & request_bit(i)) && answered(j, i, field) &&
            (reply_pointer(answer(j, i), field)->state == POINTER_NULL) == null) {
            found |= request_bit(i);
        }
    }
    return found;
}

/* Granted requests whose answer has dimensions. */
static uint64_t with_dimensions(const struct judgement *j)
{
    uint64_t set = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        if (answered(j, i, FIELD_NDIM) && answer(j, i)->ndim != 0) {
            set |= request_bit(i);
        }
    }
    return set;
}

static void judge_present(struct judgement *j, enum field field, uint64_t among, const char *who)
{
    uint64_t bad = null_pointers(j, among & j->granted, field, true);

    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "NULL %s", where(j, bad, among & j->granted, who));
    }
}

static void judge_absent(struct judgement *j, enum field field, uint64_t among, const char *who)
{
    uint64_t bad = null_pointers(j, among & j->granted, field, false);

    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "given %s", where(j, bad, among & j->granted, who));
    }
}

void judge_format_present(struct judgement *j)
{
    judge_present(j, FIELD_FORMAT, requests_asking(REQUEST_FORMAT | REQUEST_ND),
                  "requests that ask for FORMAT");
}

void judge_format_null(struct judgement *j)
{
    judge_absent(j, FIELD_FORMAT, ALL_REQUESTS & ~requests_asking(REQUEST_FORMAT),
                 "requests that do not ask for FORMAT");
}

void judge_shape_present(struct judgement *j)
{
    judge_present(j, FIELD_SHAPE, requests_asking(REQUEST_ND) & with_dimensions(j),
                  "requests that ask for a shape");
}

void judge_shape_null(struct judgement *j)
{
    judge_absent(j, FIELD_SHAPE, ALL_REQUESTS & ~requests_asking(REQUEST_ND),
                 "requests that do not ask for a shape");
}

void judge_strides_present(struct judgement *j)
{
    judge_present(j, FIELD_STRIDES, requests_asking(REQUEST_STRIDES) & with_dimensions(j),
                  "requests that ask for strides");
}

void judge_strides_null(struct judgement *j)
{
    judge_absent(j, FIELD_STRIDES, ALL_REQUESTS & ~requests_asking(REQUEST_STRIDES),
                 "requests that do not ask for strides");
}

void judge_suboffsets_null(struct judgement *j)
{
    judge_absent(j, FIELD_SUBOFFSETS, ALL_REQUESTS & ~requests_asking(REQUEST_INDIRECT),
                 "that do not ask for INDIRECT");
}

static bool all_negative(const int64_t *suboffsets, int ndim)
{
    int d;

    for (d = 0; d < ndim; d++) {
        if (suboffsets[d] >= 0) {
            return false;
        }
    }
    return true;
}

void judge_suboffsets_negative(struct judgement *j)
{
    uint64_t among = requests_asking(REQUEST_INDIRECT) & with_dimensions(j);
    uint64_t bad = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const int64_t *suboffsets = reply_numbers(answer(j, i), FIELD_SUBOFFSETS);
        int ndim = reply_ndim(answer(j, i));

        if ((among & request_bit(i)) && suboffsets != NULL && ndim > 0 && all_negative(suboffsets, ndim)) {
            bad |= request_bit(i);
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "given, but all negative, %s",
                where(j, bad, among, "requests that ask for INDIRECT"));
    }
}

void judge_scalar(struct judgement *j)
{
    static const struct {
        enum field field;
        int flags;
    } arrays[] = {
        {FIELD_SHAPE, REQUEST_ND}, {FIELD_STRIDES, REQUEST_STRIDES}, {FIELD_SUBOFFSETS, REQUEST_INDIRECT}};
    uint64_t scalar = j->granted & ~with_dimensions(j);
    uint64_t bad = 0;
    unsigned fields = 0;
    struct text names = TEXT_INIT;
    size_t k;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        scalar &= answered(j, i, FIELD_NDIM) ? ALL_REQUESTS : ~request_bit(i);
    }
    for (k = 0; k < sizeof arrays / sizeof arrays[0]; k++) {
        uint64_t given = null_pointers(j, scalar & requests_asking(arrays[k].flags), arrays[k].field, false);

        fields |= given ? arrays[k].field : 0;
        bad |= given;
    }
    if (bad) {
        text_puts(&names, field_names(j, fields));
        finding(j, SEVERITY_ERROR, bad, "ndim is 0, but %s given %s", text_string(&names),
                where(j, bad, scalar, "answers with ndim 0"));
    }
    text_free(&names);
}

/* --- the shape of the memory --- */

/* The truth, when its strides were asked for and given. */
static bool know_strides(const struct judgement *j)
{
    return j->have_layout && request_asks(requests[j->truth].flags, REQUEST_STRIDES);
}

void judge_indirect(struct judgement *j)
{
    uint64_t among = ALL_REQUESTS & ~requests_asking(REQUEST_INDIRECT);
    uint64_t bad = know_strides(j) && layout_has_suboffsets(&j->layout)
                       ? null_pointers(j, among & j->granted, FIELD_SUBOFFSETS, true)
                       : 0;

    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "granted, though the memory cannot be read without suboffsets, %s",
                where(j, bad, among, "requests without INDIRECT"));
    }
}

void judge_unstrided(struct judgement *j)
{
    uint64_t among = ALL_REQUESTS & ~requests_asking(REQUEST_STRIDES);
    struct text text = TEXT_INIT;
    int64_t strides[LAYOUT_MAX_NDIM];
    int d;

    if (!know_strides(j) || layout_has_suboffsets(&j->layout) || layout_is_c_contiguous(&j->layout) ||
        !(among & j->granted)) {
        return;
    }
    for (d = 0; d < j->layout.ndim; d++) {
        strides[d] = j->layout.strides[d];
    }
    append_numbers(&text, strides, j->layout.ndim);
    finding(j, SEVERITY_ERROR, among & j->granted,
            "granted %s, which reads other bytes than the items: %s has strides %s",
            where(j, among & j->granted, among, "requests without STRIDES"), requests[j->truth].name,
            text_string(&text));
    text_free(&text);
}

static void judge_contiguous(struct judgement *j, int flags, bool (*is_right)(const struct layout *),
                             const char *who)
{
    uint64_t among = requests_asking(flags) & j->granted;
    struct text text = TEXT_INIT;
    uint64_t bad = 0;
    int i;

    for (i = 0; i < REQUEST_COUNT; i++) {
        const struct reply *reply = answer(j, i);
        const int64_t *strides = reply_numbers(reply, FIELD_STRIDES);
        struct layout layout;

        if (!(among & request_bit(i)) || !reply_layout(reply, &layout) || is_right(&layout)) {
            continue;
        }
        if (!bad) {
            text_puts(&text, "shape ");
            append_numbers(&text, reply->shape.values, layout.ndim);
            text_puts(&text, ", strides ");
            if (strides != NULL) {
                append_numbers(&text, strides, layout.ndim);
            } else {
                text_puts(&text, "NULL");
            }
            text_puts(&text, layout_has_suboffsets(&layout) ? " and suboffsets" : "");
        }
        bad |= request_bit(i);
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "%s, %s", text_string(&text), where(j, bad, among, who));
    }
    text_free(&text);
}

void judge_c_contiguous(struct judgement *j)
{
    judge_contiguous(j, REQUEST_C_CONTIGUOUS, layout_is_c_contiguous, "requests that ask for C_CONTIGUOUS");
}

void judge_f_contiguous(struct judgement *j)
{
    judge_contiguous(j, REQUEST_F_CONTIGUOUS, layout_is_f_contiguous, "requests that ask for F_CONTIGUOUS");
}

static bool is_contiguous(const struct layout *layout)
{
    return layout_is_c_contiguous(layout) || layout_is_f_contiguous(layout);
}

void judge_any_contiguous(struct judgement *j)
{
    judge_contiguous(j, REQUEST_ANY_CONTIGUOUS, is_contiguous, "requests that ask for ANY_CONTIGUOUS");
}

/* --- the same for all --- */

/* How two answers' arrays differ: not, only where it does not matter, or so that items are misread. */
enum difference { SAME, DEAD, ALIVE };

static enum difference compare_strides(const struct judgement *j, const int64_t *strides)
{
    enum difference difference = SAME;
    int d;

    for (d = 0; d < j->layout.ndim; d++) {
        if (strides[d] != j->layout.strides[d]) {
            bool alive = j->layout.shape[d] > 1 && layout_count(&j->layout) > 0;

            difference = alive || difference == ALIVE ? ALIVE : DEAD;
        }
    }
    return difference;
}

static enum difference compare_shape(const struct judgement *j, const int64_t *shape)
{
    int d;

    for (d = 0; d < j->layout.ndim; d++) {
        if (shape[d] != j->layout.shape[d]) {
            return ALIVE;
        }
    }
    return SAME;
}

static void judge_agree(struct judgement *j, enum field field, enum layout_given given, uint64_t among,
                        enum difference (*compare)(const struct judgement *, const int64_t *))
{
    struct text text = TEXT_INIT, truth = TEXT_INIT;
    uint64_t found[] = {[DEAD] = 0, [ALIVE] = 0};
    enum difference difference;
    int i;

    if (!j->have_layout || !(j->layout.given & given) || reply_numbers(answer(j, j->truth), field) == NULL) {
        return;
    }
    append_numbers(&truth, reply_numbers(answer(j, j->truth), field), j->layout.ndim);
    for (difference = ALIVE; difference >= DEAD; difference--) {
        text_clear(&text);
        for (i = 0; i < REQUEST_COUNT; i++) {
            const int64_t *values = answered(j, i, field) ? reply_numbers(answer(j, i), field) : NULL;

            if ((among & request_bit(i)) && values != NULL && reply_ndim(answer(j, i)) == j->layout.ndim &&
                compare(j, values) == difference) {
                text_clear(&text);
                append_numbers(&text, values, j->layout.ndim);
                found[difference] |= request_bit(i);
            }
        }
        if (found[difference]) {
            finding(j, difference == ALIVE ? SEVERITY_ERROR : SEVERITY_INFO, found[difference],
                    "%s, where %s has %s%s, %s", text_string(&text), requests[j->truth].name,
                    text_string(&truth), difference == DEAD ? " (which changes no item's place)" : "",
                    where(j, found[difference], among & j->granted, "granted requests"));
        }
    }
    text_free(&text);
    text_free(&truth);
}

void judge_strides_agree(struct judgement *j)
{
    judge_agree(j, FIELD_STRIDES, LAYOUT_STRIDES, requests_asking(REQUEST_STRIDES), compare_strides);
}

void judge_shape_agree(struct judgement *j)
{
    judge_agree(j, FIELD_SHAPE, LAYOUT_SHAPE, requests_asking(REQUEST_ND), compare_shape);
}

static bool same_item(const char *a, const char *b)
{
    struct format one, other;
    struct error error = ERROR_INIT;
    bool same = false;

    if (!format_parse(&one, a, -1, &error)) {
        return false;
    }
    if (format_parse(&other, b, -1, &error)) {
        same = format_same_item(&one.root, &other.root);
        format_free(&other);
    }
    format_free(&one);
    return same;
}

void judge_format_agree(struct judgement *j)
{
    uint64_t among = requests_asking(REQUEST_FORMAT | REQUEST_ND) & j->granted;
    const char *truth = NULL;
    const char *seen = "", *spelling = "";
    uint64_t bad = 0, spelt = 0;
    int first = -1;
    int i;

    for (i = REQUEST_COUNT; i-- > 0;) {
        int k = (i + j->truth + 1) % REQUEST_COUNT; /* the truth first, if it has a format */
        const char *format = j->truth >= 0 && (among & request_bit(k)) ? reply_format(answer(j, k)) : NULL;

        if (format == NULL) {
            continue;
        }
        if (truth == NULL) {
            truth = format;
            first = k;
        } else if (strcmp(format, truth) != 0) {
            if (same_item(format, truth)) {
                spelling = format;
                spelt |= request_bit(k);
            } else {
                seen = format;
                bad |= request_bit(k);
            }
        }
    }
    if (bad) {
        finding(j, SEVERITY_ERROR, bad, "'%.80s', where %s has '%.80s', %s", seen, requests[first].name,
                truth, where(j, bad, among, "requests that ask for FORMAT"));
    }
    if (spelt) {
        finding(j, SEVERITY_INFO, spelt, "'%.80s', where %s has '%.80s', the same written otherwise, %s",
                spelling, requests[first].name, truth,
                where(j, spelt, among, "requests that ask for FORMAT"));
    }
}

void judge_format_without_nd(struct judgement *j)
{
    uint64_t among = requests_asking(REQUEST_FORMAT) & ~requests_asking(REQUEST_ND);
    int request = request_find(REQUEST_SIMPLE | REQUEST_FORMAT);
    const struct reply *reply = answer(j, request);
    const char *format = reply_format(reply);

    if (reply->outcome == OUTCOME_REFUSED) {
        finding(j, SEVERITY_INFO, among & j->refused, "SIMPLE|FORMAT is refused");
    } else if (reply->outcome == OUTCOME_GRANTED) {
        finding(j, SEVERITY_INFO, among & j->granted, "SIMPLE|FORMAT is answered with format %s%.80s%s",
                format != NULL ? "'" : "", format != NULL ? format : "NULL", format != NULL ? "'" : "");
    }
}
