#include "engine/show.h"

#include "base/error.h"
#include "base/output.h"
#include "base/text.h"
#include "cli/ending.h"
#include "cli/files.h"
#include "engine/item_type.h"
#include "format/format.h"
#include "memory/guard.h"
#include "memory/reinterpret.h"
#include "memory/slice.h"
#include "options/options.h"
#include "python/evaluate.h"
#include "python/interpreter.h"
#include "python/trusted.h"
#include "python/view.h"
#include "python/wrap.h"
#include "report/record.h"
#include "report/report.h"
#include "source/source.h"

#include <stdlib.h>

/* The format taken apart; what does not fit is a note.  `exact`: what the items' own type says instead, or "". */
static bool parse_format(struct format *format, const struct view *view, const char *exact, struct item_type *type,
                         struct notes *notes)
{
    struct error error = ERROR_INIT;
    ptrdiff_t itemsize = view->layout.itemsize;

    if (!(view->layout.given & LAYOUT_FORMAT)) {
        if (*exact == '\0' || !format_parse(format, exact, itemsize, &error)) {
            return false;
        }
        notes_add(notes, "no format was answered: read as '%s', after the dtype", exact);
        return true;
    }
    if (!format_parse(format, view->layout.format, itemsize, &error)) {
        return item_type_of_format(type, view->layout.format, itemsize, format, notes, &error);
    }
    if (itemsize < 0 || !format_fits(format, (size_t)itemsize)) {
        notes_add(notes, "the format describes %zu bytes, but itemsize is %td", format->size, itemsize);
    } else if (format->padded_size > (size_t)itemsize) {
        notes_add(notes,
                  "natively aligned, the format has %zu bytes: with trailing padding that itemsize %td does not have",
                  format->padded_size, itemsize);
    }
    if (*exact != '\0') {
        notes_add(notes, "the format leaves out padding that the dtype has: the fields are where the dtype puts them");
        format_free(format);
        return format_parse(format, exact, itemsize, &error);
    }
    return true;
}

/* Read the content another way, as the options ask for: --format, --shape, --offset, then --slice. */
static bool look_differently(struct view *view, const struct options *options, const struct item_type *type,
                             struct error *error)
{
    bool named = type->dtype.length > 0;
    struct reinterpretation how = {
        .format = named ? text_string(&type->format) : options->format,
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
    if (named && !options->have_shape && !options->have_offset && (size_t)view->content.itemsize == type->size) {
        view->content.format = how.format; /* it only tells what the items are: they stay where they lie */
        view->content.given |= LAYOUT_FORMAT;
    } else if ((options->format != NULL || options->have_shape || options->have_offset) &&
               !layout_reinterpret(&view->content, &how, error)) {
        return false;
    }
    if (options->slice != NULL && !layout_slice(&view->content, options->slice, error)) {
        return false;
    }
    view->layout = view->content;
    return true;
}

/* The file whose own pages the view reads, or NULL: those alone may be given back and fetched again. */
static const struct mapping *file_read(const struct source *source, const struct view *view)
{
    const struct mapping *const mappings[] = {&source->unpacked, &source->mapping};
    uintptr_t at = (uintptr_t)view->layout.buf;
    size_t i;

    for (i = 0; source->from_file && i < sizeof mappings / sizeof mappings[0]; i++) {
        uintptr_t start = (uintptr_t)mappings[i]->data;

        if (mappings[i]->mapped && at >= start && at - start <= mappings[i]->size) {
            return mappings[i];
        }
    }
    return NULL;
}

/* What the items' own type says of where the fields lie, unless the user says what items there are. */
static const char *exact_format(const struct options *options, const struct source *source, const struct view *view)
{
    return options->format != NULL ? "" : text_string(source->exact.length > 0 ? &source->exact : &view->exact);
}

static struct record make_record(const char *name, const struct source *source, const struct view *view,
                                 const unsigned char *original)
{
    const struct mapping *file = file_read(source, view);
    struct record record = {
        .name = name,
        .source = source_kind_name(source->kind),
        .dtype = source->dtype.length > 0 ? text_string(&source->dtype)
                 : view->dtype.length > 0 ? text_string(&view->dtype)
                                          : NULL,
        .loaded = source->swap.count > 0 ? text_string(&source->loaded) : NULL,
        .swap = source->swap.count > 0 ? &source->swap : NULL,
        .layout = &view->layout,
        .content = view->readable ? &view->content : NULL,
        .unread = view->unread.length > 0 ? text_string(&view->unread) : NULL,
        .imports = source->have_names ? &source->imports : NULL,
        .calls = source->have_names ? &source->calls : NULL,
        .have_offset = source->have_offset,
        .offset = source->offset,
        .have_copied = view->have_copied,
        .copied = view->copied,
        .mapped = file != NULL,
        .notes = &view->notes,
    };

    if (record.mapped) {
        record.file.fd = file->fd;
        record.file.offset = file->offset + (uint64_t)(view->content.buf - file->data);
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
    struct item_type items = ITEM_TYPE_INIT;
    struct record record;
    struct format format;
    bool ok;

    add_source_notes(view, source);
    ok = (options->format == NULL || item_type_of_option(&items, options->format, &view->notes, error)) &&
         look_differently(view, options, &items, error);
    if (ok) {
        bool parsed =
            parse_format(&format, view, exact_format(options, source, view), &items, &view->notes);

        record = make_record(name, source, view, original);
        record.type = type;
        record.format = parsed ? &format : NULL;
        record.raw_reply = options->have_request;
        if (options->format != NULL || items.dtype.length > 0) {
            /* another format than the file's own type */
            record.dtype = items.dtype.length > 0 ? text_string(&items.dtype) : NULL;
            record.loaded = NULL;
            record.swap = NULL;
        }
        ok = report_record(report, &record, error);
        if (parsed) {
            format_free(&format);
        }
    }
    item_type_free(&items);
    free(type);
    return ok;
}

/* Of several files the others are still to come. */
static void last_words(struct report *report, const struct options *options, bool ok)
{
    struct error ignored = ERROR_INIT;

    if (options->file_count > 1) {
        output_flush(report->output, &ignored);
    } else {
        ending_answered(report->output, ENDING_SECONDS, ok ? 0 : EXIT_ERROR);
    }
}

static bool show_source(struct report *report, const struct options *options, const char *name,
                        struct source *source, struct error *error)
{
    struct view_options view_options = {
        .have_request = options->have_request,
        .request = options->request,
        .contiguous = options->contiguous,
        .writable = options->writable,
        .have_via = options->have_via,
        .via = options->via,
    };
    struct view view;
    bool ok;

    if (source->listing != NULL) {
        return files_list(report, name, source, error);
    }
    if (!source_wrap(source, error)) {
        return false;
    }
    if (!view_open(&view, source->object, &view_options, error)) {
        return false;
    }
    ok = show_view(report, options, name, source, &view, error);
    if (!source->from_file) {
        last_words(report, options, ok); /* the exporter's release and end may not come back */
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

    source_release(&source);
    return ok;
}

bool show_file(struct report *report, const struct options *options, const char *path, bool *found,
               struct error *error)
{
    struct file_options file = files_options(options);
    struct source source;
    bool ok;

    (void)found;
    file.unpickle = options->trust ? load_trusted : NULL;
    ok = source_file(&source, path, &file, error) && show_source(report, options, path, &source, error);
    source_release(&source);
    return ok;
}
