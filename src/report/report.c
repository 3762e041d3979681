#include "report/report.h"

#include "base/error.h"
#include "base/notes.h"
#include "base/output.h"
#include "base/text.h"
#include "dump/dump.h"
#include "format/format.h"
#include "options/combination.h"
#include "options/options.h"
#include "report/record.h"
#include "source/listing.h"
#include "value/named.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_DUMP_LENGTH = 256 };

bool report_begin(struct report *report, const struct options *options, struct output *output, unsigned columns,
                  struct error *error)
{
    const char *no_color = getenv("NO_COLOR");

    *report = (struct report){.options = options, .output = output, .columns = columns};
    report->color = options->color == COLOR_ALWAYS ||
                    (options->color == COLOR_AUTO && columns > 0 && (no_color == NULL || *no_color == '\0'));
    if (options->report == REPORT_FIELDS) {
        report->fields = fields_choose(options->fields, &report->field_count, error);
        return report->fields != NULL;
    }
    return true;
}

void report_end(struct report *report)
{
    free(report->fields);
    report->fields = NULL;
}

static struct dump_options dump_options(const struct report *report, const struct record *record)
{
    const struct options *options = report->options;

    return (struct dump_options){
        .order = options->order,
        .skip = options->skip,
        .length = options->have_length               ? options->length
                  : options->report == REPORT_TEXT ? TEXT_DUMP_LENGTH
                                                   : DUMP_ALL,
        .width = options->width,
        .squeeze = !options->no_squeezing,
        .color = report->color,
        .mapped = record->mapped,
        .file = record->mapped ? &record->file : NULL,
    };
}

/* The content, for those that show it; refused when what the exporter said about it makes no sense. */
static bool need_content(const struct record *record, struct error *error)
{
    if (record->unread != NULL) {
        return error_set(error, ERROR_INPUT, "%s", record->unread);
    }
    return record->content != NULL ||
           error_set(error, ERROR_INPUT, "the exporter's answer contradicts itself: its memory is not read");
}

bool report_write(struct report *report, const struct text *text, struct error *error)
{
    if (text->failed) {
        return error_no_memory(error);
    }
    output_write(report->output, text_string(text), text->length);
    return true;
}

/* --- description and dump ---------------------------------------------------------- */

/* "first 256 of 1000 bytes, in C index order:" */
static void caption(struct text *text, const struct layout *content, const struct dump_options *options)
{
    static const char *const orders[] = {
        [WALK_LOGICAL] = "in C index order",
        [WALK_F] = "in F index order",
        [WALK_MEMORY] = "as they lie in memory",
    };
    struct dump_options whole = *options;
    uint64_t shown = dump_count(content, options, false);
    uint64_t all;

    whole.skip = 0;
    whole.length = DUMP_ALL;
    all = dump_count(content, &whole, false);
    if (shown == all) {
        text_printf(text, "\nall %llu byte%s, %s:\n", (unsigned long long)all, all == 1 ? "" : "s",
                    orders[options->order]);
    } else if (options->skip == 0) {
        text_printf(text, "\nfirst %llu of %llu bytes, %s:\n", (unsigned long long)shown, (unsigned long long)all,
                    orders[options->order]);
    } else {
        text_printf(text, "\n%llu of %llu bytes, from byte %llu on, %s:\n", (unsigned long long)shown,
                    (unsigned long long)all, (unsigned long long)options->skip, orders[options->order]);
    }
}

static bool report_text(struct report *report, const struct record *record, struct error *error)
{
    struct dump_options options = dump_options(report, record);
    bool dumps = record->content != NULL && record->unread == NULL;
    struct text text = TEXT_INIT;
    bool ok;

    if (report->any) {
        text_putc(&text, '\n');
    }
    text_record(&text, record);
    if (dumps && dump_count(record->content, &options, false) > 0) {
        caption(&text, record->content, &options);
    }
    ok = report_write(report, &text, error);
    text_free(&text);
    return ok && (!dumps || dump_hex(report->output, record->content, &options, error));
}

/* --- fields and JSON ----------------------------------------------------------------- */

static bool report_fields(struct report *report, const struct record *record, struct error *error)
{
    struct text text = TEXT_INIT;
    bool ok;

    fields_record(&text, record, report->fields, report->field_count);
    ok = report_write(report, &text, error);
    text_free(&text);
    return ok;
}

/* The data are streamed into the object's end, so that they need no memory. */
static bool report_json(struct report *report, const struct record *record, struct error *error)
{
    struct dump_options options = dump_options(report, record);
    struct text text = TEXT_INIT;
    bool with_data = report->options->have_length;
    bool ok = json_record(&text, record) || error_no_memory(error);

    if (ok && with_data) {
        ok = need_content(record, error);
        text.length -= text.length > 0; /* the closing brace */
        text_puts(&text, ",\"data\":\"");
    }
    ok = ok && report_write(report, &text, error);
    if (ok && with_data) {
        ok = dump_hex_string(report->output, record->content, &options, error) &&
             (output_puts(report->output, "\"}"), true);
    }
    if (ok) {
        output_puts(report->output, "\n");
    }
    text_free(&text);
    return ok;
}

static bool report_dump(struct report *report, const struct record *record, struct error *error)
{
    struct dump_options options = dump_options(report, record);

    return need_content(record, error) && dump_hex(report->output, record->content, &options, error);
}

static bool report_binary(struct report *report, const struct record *record, struct error *error)
{
    struct dump_options options = dump_options(report, record);

    return need_content(record, error) && dump_binary(report->output, record->content, &options, error);
}

static bool report_npy(struct report *report, const struct record *record, struct error *error)
{
    struct dump_options options = dump_options(report, record);
    struct text header = TEXT_INIT;
    struct layout data;
    bool fortran_order = false;
    bool ok = need_content(record, error) && npy_record(&header, record, &data, &fortran_order, error) &&
              report_write(report, &header, error);

    options.order = fortran_order ? WALK_F : WALK_LOGICAL;
    options.swap = record->swap;
    ok = ok && dump_binary(report->output, &data, &options, error);
    text_free(&header);
    return ok;
}

static bool report_items(struct report *report, const struct record *record, struct error *error)
{
    struct dump_options options = dump_options(report, record);

    if (!need_content(record, error)) {
        return false;
    }
    if (named_value_size(record->dtype) == (size_t)record->content->itemsize && record->content->itemsize > 0) {
        return dump_items(report->output, record->content, record->format, record->dtype, &options, error);
    }
    if (!(record->layout->given & LAYOUT_FORMAT) && record->format == NULL) {
        return error_set(error, ERROR_INPUT, "no format was answered, so its items are not known: --format says "
                         "what they are, -d shows the bytes");
    }
    if (record->format == NULL) {
        return error_set(error, ERROR_INPUT, "the format '%s' cannot be taken apart: -d shows the bytes",
                         record->content->format);
    }
    if (!format_fits(record->format, (size_t)record->content->itemsize)) {
        return error_set(error, ERROR_INPUT,
                         "the format describes %zu bytes, but itemsize is %td, so its values are not known: "
                         "--format says what they are, -d shows the bytes",
                         record->format->size, record->content->itemsize);
    }
    return dump_items(report->output, record->content, record->format, NULL, &options, error);
}

static bool (*const writers[])(struct report *, const struct record *, struct error *) = {
    [REPORT_TEXT] = report_text,     [REPORT_FIELDS] = report_fields, [REPORT_JSON] = report_json,
    [REPORT_DUMP] = report_dump,     [REPORT_BINARY] = report_binary, [REPORT_ITEMS] = report_items,
    [REPORT_NPY] = report_npy,
};

bool report_record(struct report *report, const struct record *record, struct error *error)
{
    struct output_mark mark = output_mark(report->output);

    if (!writers[report->options->report](report, record, error)) {
        output_rollback(report->output, mark);
        return false;
    }
    report->any = true;
    return true;
}

/* What a pickle names is told of the whole of it: asked for that and for what goes with it, it is one row. */
static bool asks_for_the_whole(const struct report *report)
{
    static const char *const others[] = {"name", "source", "type", "notes"};
    bool names = false;
    size_t i, k;

    for (i = 0; i < report->field_count; i++) {
        bool known = report->fields[i]->kind == FIELD_NAMES;

        names |= known;
        for (k = 0; k < sizeof others / sizeof others[0]; k++) {
            known |= strcmp(report->fields[i]->name, others[k]) == 0;
        }
        if (!known) {
            return false;
        }
    }
    return names;
}

/* -f has one line per member, and no place for a note. */
static void fields_listing(struct report *report, struct text *text, const struct record *record,
                           const struct listing *listing)
{
    struct notes cut = NOTES_INIT;
    size_t i;

    if (listing->value != NULL || asks_for_the_whole(report)) {
        fields_record(text, record, report->fields, report->field_count);
        return;
    }
    for (i = 0; i < listing->count; i++) {
        struct layout layout;
        struct record member = record_of_member(&listing->members[i], record->source, &layout);

        fields_record(text, &member, report->fields, report->field_count);
    }
    listing_tell_cut(listing, &cut);
    if (cut.count > 0) {
        error_set(&report->remark, ERROR_INPUT, "%s", cut.items[0]);
    }
    notes_free(&cut);
}

/* What an option asks of one buffer, a container has not. */
static bool refuse_listing(const struct listing *listing, const char *option, struct error *error)
{
    if (listing->value != NULL) {
        return error_set(error, ERROR_INPUT, "is of type %s (%s), no buffer", listing->type, listing->value);
    }
    error_set(error, ERROR_INPUT, "is a container of %zu members",
              listing->total > 0 ? listing->total : listing->count);
    return option != NULL ? error_append(error, ", and --%s is for one: choose it with --member", option)
                          : error_append(error, ": choose one with --member");
}

bool report_listing(struct report *report, const struct record *record, const struct listing *listing,
                    struct error *error)
{
    const char *option = combination_of_buffer(report->options);
    struct text text = TEXT_INIT;
    bool ok = true;

    if (option != NULL) {
        return refuse_listing(listing, option, error);
    }
    switch (report->options->report) {
    case REPORT_TEXT:
        if (report->any) {
            text_putc(&text, '\n');
        }
        text_listing(&text, record, listing, report->columns);
        break;
    case REPORT_FIELDS:
        fields_listing(report, &text, record, listing);
        break;
    case REPORT_JSON:
        ok = json_listing(&text, record, listing) || error_no_memory(error);
        text_putc(&text, '\n');
        break;
    case REPORT_DUMP:
    case REPORT_BINARY:
    case REPORT_NPY:
    case REPORT_ITEMS:
        ok = refuse_listing(listing, NULL, error);
        break;
    }
    ok = ok && report_write(report, &text, error);
    text_free(&text);
    report->any = true;
    return ok;
}
