#include "cli/show.h"

#include "base/error.h"
#include "base/output.h"
#include "base/text.h"
#include "format/format.h"
#include "memory/guard.h"
#include "memory/reinterpret.h"
#include "memory/slice.h"
#include "options/options.h"
#include "python/interpreter.h"
#include "python/listing.h"
#include "python/source.h"
#include "python/view.h"
#include "report/record.h"
#include "report/report.h"

#include <stdlib.h>

/* The format taken apart; what does not fit is a note. */
static bool parse_format(struct format *format, const struct view *view, struct notes *notes)
{
    struct error error = ERROR_INIT;
    ptrdiff_t itemsize = view->layout.itemsize;

    if (!(view->layout.given & LAYOUT_FORMAT)) {
        return false;
    }
    if (!format_parse(format, view->layout.format, itemsize, &error)) {
        notes_add(notes, "%s", error.message);
        return false;
    }
    if (itemsize < 0 || !format_fits(format, (size_t)itemsize)) {
        notes_add(notes, "the format describes %zu bytes, but itemsize is %td", format->size, itemsize);
    } else if (format->padded_size > (size_t)itemsize) {
        notes_add(notes,
                  "natively aligned, the format has %zu bytes: with trailing padding that itemsize %td does not have",
                  format->padded_size, itemsize);
    }
    return true;
}

/* Read the content another way, as the options ask for: --format, --shape, --offset, then --slice. */
static bool look_differently(struct view *view, const struct options *options, struct error *error)
{
    struct reinterpretation how = {
        .format = options->format,
        .have_shape = options->have_shape,
        .ndim = options->ndim,
        .shape = options->shape,
        .offset = options->offset,
    };

    if (options->format == NULL && !options->have_shape && !options->have_offset && options->slice == NULL) {
        return true;
    }
    if (!view->readable) {
        return error_set(error, ERROR_INPUT, "the exporter's answer contradicts itself: its memory is not read");
    }
    if ((options->format != NULL || options->have_shape || options->have_offset) &&
        !layout_reinterpret(&view->content, &how, error)) {
        return false;
    }
    if (options->slice != NULL && !layout_slice(&view->content, options->slice, error)) {
        return false;
    }
    view->layout = view->content;
    return true;
}

/* Whether the view reads a file's own pages: those alone may be given back and fetched again. */
static bool reads_file(const struct source *source, const struct view *view)
{
    const struct mapping *mapping = &source->mapping;
    uintptr_t start = (uintptr_t)mapping->data;
    uintptr_t at = (uintptr_t)view->layout.buf;

    return source->from_file && mapping->mapped && at >= start && at - start <= mapping->size;
}

static struct record make_record(const char *name, const struct source *source, const struct view *view,
                                 const unsigned char *original)
{
    struct record record = {
        .name = name,
        .source = source_kind_name(source->kind),
        .dtype = source->dtype.length > 0 ? text_string(&source->dtype) : NULL,
        .layout = &view->layout,
        .content = view->readable ? &view->content : NULL,
        .have_offset = source->have_offset,
        .offset = source->offset,
        .have_copied = view->have_copied,
        .copied = view->copied,
        .mapped = reads_file(source, view),
        .notes = &view->notes,
    };

    if (record.mapped) {
        record.file.fd = source->mapping.fd;
        record.file.offset = source->mapping.offset + (uint64_t)(view->content.buf - source->mapping.data);
    }
    if (record.have_offset && original != NULL) {
        record.offset += (uint64_t)(view->layout.buf - original);
    }
    return record;
}

static void add_source_notes(struct view *view, const struct source *source)
{
    size_t i;

    for (i = 0; i < source->notes.count; i++) {
        notes_add(&view->notes, "%s", source->notes.items[i]);
    }
}

static bool show_view(struct report *report, const struct options *options, const char *name,
                      const struct source *source, struct view *view, struct error *error)
{
    const unsigned char *original = view->copied ? NULL : view->layout.buf;
    char *type = source->from_file ? NULL : interpreter_type_name(source->object);
    struct record record;
    struct format format;
    bool ok;

    add_source_notes(view, source);
    ok = look_differently(view, options, error);
    if (ok) {
        bool parsed = parse_format(&format, view, &view->notes);

        record = make_record(name, source, view, original);
        record.type = type;
        record.format = parsed ? &format : NULL;
        record.raw_reply = options->have_request;
        if (options->format != NULL) {
            record.dtype = NULL; /* another format than the file's own type */
        }
        ok = report_record(report, &record, error);
        if (parsed) {
            format_free(&format);
        }
    }
    free(type);
    return ok;
}

static bool show_source(struct report *report, const struct options *options, const char *name,
                        const struct source *source, struct error *error)
{
    struct view_options view_options = {
        .have_request = options->have_request,
        .request = options->request,
        .contiguous = options->contiguous,
        .writable = options->writable,
    };
    struct view view;
    bool ok;

    if (source->listing != NULL) {
        struct record record = {
            .name = name,
            .source = source_kind_name(source->kind),
            .type = source->listing->type,
            .notes = &source->notes,
        };

        return report_listing(report, &record, source->listing, error);
    }
    if (!view_open(&view, source->object, &view_options, error)) {
        return false;
    }
    ok = show_view(report, options, name, source, &view, error);
    if (!source->from_file) {
        struct error ignored = ERROR_INIT;

        output_flush(report->output, &ignored); /* the exporter's release and end may not come back */
    }
    view_close(&view);
    return ok;
}

bool open_expression(struct source *source, const struct options *options, struct error *error)
{
    struct eval_options eval = {
        .expression = options->eval,
        .imports = options->imports,
        .import_count = options->import_count,
        .exec = options->exec,
    };

    return source_eval(source, &eval, error);
}

bool show_expression(struct report *report, const struct options *options, struct error *error)
{
    struct source source;
    /* the expression may have put handlers of its own (faulthandler's) over the guard's */
    bool ok = open_expression(&source, options, error) && guard_start(error) &&
              show_source(report, options, options->eval, &source, error);

    source_close(&source);
    return ok;
}

bool show_file(struct report *report, const struct options *options, const char *path, struct error *error)
{
    static const enum source_kind kinds[] = {
        [FILE_AUTO] = SOURCE_AUTO,     [FILE_NPY] = SOURCE_NPY, [FILE_NPZ] = SOURCE_NPZ,
        [FILE_PICKLE] = SOURCE_PICKLE, [FILE_RAW] = SOURCE_RAW,
    };
    struct file_options file = {
        .kind = kinds[options->from],
        .member = options->member,
        .trust = options->trust,
    };
    struct source source;
    bool ok = source_file(&source, path, &file, error) && show_source(report, options, path, &source, error);

    source_close(&source);
    return ok;
}
