#include "report/report.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "files/dtype.h"
#include "files/npy.h"
#include "format/format.h"
#include "report/record.h"
#include "value/arrow.h"
#include "value/named.h"

#include <string.h>

enum { ARENA_LIMIT = 64 << 20 };

/* A type that PEP 3118 has no code for: numpy.save writes ml_dtypes' as the bytes that they are, "<V2". */
static const struct named_type *named_type(const struct record *record, char *order)
{
    const struct named_type *type;

    *order = record->format != NULL && record->swap == NULL ? record->format->root.order : FORMAT_NATIVE_ORDER;
    type = record->dtype != NULL ? named_find(record->dtype, order) : NULL;
    return type != NULL && type->size == record->content->itemsize ? type : NULL;
}

/*
 * The file's own type, where that is one of NumPy's: it tells more than the format.  Arrow's moments of 8 bytes are;
 * and what loading makes of it.
 */
static const char *own_type(const struct record *record)
{
    struct arrow_value arrow;

    if (record->loaded != NULL) {
        return record->loaded;
    }
    if (record->dtype == NULL) {
        return NULL;
    }
    if (arrow_value_find(record->dtype, &arrow)) {
        return arrow.numpy != NULL && arrow.size == 8 && record->content->itemsize == 8 ? arrow.numpy : NULL;
    }
    return strchr("<>|[{", record->dtype[0]) != NULL ? record->dtype : NULL;
}

static bool is_known(const struct record *record)
{
    char order;

    return own_type(record) != NULL || named_type(record, &order) != NULL;
}

static bool write_descr(struct text *descr, const struct record *record, struct error *error)
{
    struct arena arena = ARENA_INIT(ARENA_LIMIT);
    const struct named_type *named;
    const struct dtype *dtype;
    char order;

    named = named_type(record, &order);
    if (named != NULL) {
        text_printf(descr, "%c%c%d", order, named->letter, named->size);
        return !descr->failed || error_no_memory(error);
    }
    if (own_type(record) != NULL) {
        if (strchr("Mm", own_type(record)[0]) != NULL) {
            text_putc(descr, FORMAT_NATIVE_ORDER);
        }
        text_puts(descr, own_type(record));
        return descr->failed ? error_no_memory(error)
               : descr->data[0] != '{' ||
                   error_set(error, ERROR_INPUT, "fields out of order or overlapping: no .npy file can hold them");
    }
    if (record->format == NULL) {
        return error_set(error, ERROR_INPUT, "the format '%s' cannot be taken apart: -b writes the bytes",
                         record->content->format);
    }
    dtype = dtype_from_format(&arena, record->format, (size_t)record->content->itemsize, error);
    if (dtype != NULL) {
        dtype_text(dtype, descr);
    }
    arena_free(&arena);
    return dtype != NULL && (!descr->failed || error_no_memory(error));
}

/* "(2,3)f" for every item: in NumPy two more dimensions. */
static bool add_dimensions(struct layout *data, const struct format_field *root, struct error *error)
{
    int i;

    if (root->ndim > LAYOUT_MAX_NDIM - data->ndim) {
        return error_set(error, ERROR_INPUT, "%d dimensions and %d of the format '%s': %d are possible", data->ndim,
                         root->ndim, data->format, LAYOUT_MAX_NDIM);
    }
    data->itemsize = (ptrdiff_t)root->unit;
    for (i = 0; i < root->ndim; i++) {
        data->shape[data->ndim + i] = (ptrdiff_t)root->shape[i];
        data->suboffsets[data->ndim + i] = -1;
    }
    if (!layout_c_strides(root->ndim, data->shape + data->ndim, data->itemsize, data->strides + data->ndim)) {
        return error_set(error, ERROR_INPUT, "the format '%s' is too big for its strides", data->format);
    }
    data->ndim += root->ndim;
    return layout_check(data, error);
}

bool npy_record(struct text *text, const struct record *record, struct layout *data, bool *fortran_order,
                struct error *error)
{
    struct text descr = TEXT_INIT;
    bool ok;

    *data = *record->content;
    if ((!is_known(record) && !(record->layout->given & LAYOUT_FORMAT)) ||
        data->itemsize != record->layout->itemsize) {
        return error_set(error, ERROR_INPUT, "no format and shape were answered, so the type is not known: "
                         "--format says what it is, -b writes the bytes");
    }
    ok = write_descr(&descr, record, error);
    if (ok && record->format != NULL && !is_known(record) && record->format->root.ndim > 0) {
        ok = add_dimensions(data, &record->format->root, error);
    }
    *fortran_order = ok && layout_is_f_contiguous(data) && !layout_is_c_contiguous(data);
    ok = ok && npy_header(text, text_string(&descr), *fortran_order, data->ndim, data->shape, error);
    text_free(&descr);
    return ok;
}
