/*
 * Objects seen by other protocols than the buffer's.
 */
#include <Python.h>

#include "python/view_parts.h"

#include "base/error.h"
#include "dump/dump.h"
#include "python/instead.h"
#include "python/interpreter.h"
#include "python/via.h"
#include "python/view.h"
#include "value/named.h"

#include <string.h>

/* --- from telling to view ------------------------------------------------------------------------- */

/* "no buffer: shown by __dlpack__ (DLPack 1.1, cpu)" */
static void note_protocol(struct view *view, const struct via *via, const char *why)
{
    struct text title = TEXT_INIT;

    telling_title(&via->telling, &title);
    notes_add(&view->notes, "%s%sshown by %s (%s)", why, *why != '\0' ? ": " : "",
              *via->how != '\0' ? via->how : "what the capsule holds", text_string(&title));
    text_free(&title);
}

static void note_findings(struct view *view, const struct telling *telling)
{
    size_t i;

    for (i = 0; i < telling->notes.count; i++) {
        notes_add(&view->notes, "%s", telling->notes.items[i]);
    }
    for (i = 0; i < telling->fault_count; i++) {
        notes_add(&view->notes, "%s", telling->faults[i].sentence);
    }
    if (!telling->is_plain && !telling->is_packed) {
        notes_add(&view->notes, "PEP 3118 cannot say this type: read as '%s'", telling->layout.format);
    }
}

/* A copy in another order is made of a memoryview of the same memory. */
static bool make_contiguous(struct view *view, const struct view_options *options, struct error *error)
{
    struct layout layout = view->layout;
    Py_buffer buffer = {
        /* PyMemoryView_FromBuffer refuses NULL, which what has no items may have */
        .buf = layout.buf != NULL ? (void *)(uintptr_t)layout.buf : (void *)view,
        .len = layout.len,
        .itemsize = layout.itemsize,
        .readonly = layout.readonly,
        .ndim = layout.ndim,
        .format = (char *)(uintptr_t)layout.format,
        .shape = layout.shape,
        .strides = layout.strides,
    };
    PyObject *original;
    bool ok;

    if (!view->readable || view->unread.length > 0) {
        return error_set(error, ERROR_INPUT, "%s",
                         view->unread.length > 0 ? text_string(&view->unread)
                                                 : view->notes.items[view->notes.count - 1]);
    }
    if (layout.buf == NULL && !dump_probe(&view->content, error)) {
        return false;
    }
    original = PyMemoryView_FromBuffer(&buffer);
    if (original == NULL) {
        return interpreter_error(error);
    }
    ok = view_open_contiguous(view, original, options, error);
    Py_DECREF(original);
    return ok;
}

/* The items' type in the protocol's words; of what shares bytes with others, how: it has no bytes of its own. */
static void name_type(struct view *view, const struct telling *telling)
{
    text_puts(&view->dtype, text_string(&telling->type));
    if (telling->per_byte > 0) {
        text_printf(&view->dtype, " x %u", telling->per_byte);
    } else if (telling->is_packed && named_value_size(text_string(&telling->type)) > 0) {
        text_puts(&view->dtype, ", packed");
    }
}

/* Take the answer over, which can be shown: `why` goes in front of the note that names it. */
static bool show_via(struct view *view, struct via *via, const char *why, const struct view_options *options,
                     struct error *error)
{
    const struct telling *telling = &via->telling;

    view->hold->via = *via;
    view->hold->have_via = true;
    view->layout = telling->layout;
    view->layout.given |= LAYOUT_STRIDES;
    note_protocol(view, via, why);
    note_findings(view, telling);
    if (!telling->is_plain) {
        name_type(view, telling);
    }
    if (!telling->is_local) {
        bool is_number = strncmp(telling->device, "device ", 7) == 0; /* of a kind without a name */

        text_printf(&view->unread, "its memory is that of %s%s, and is not read", is_number ? "" : "the device ",
                    telling->device);
        notes_add(&view->notes, "%s", text_string(&view->unread));
    }
    view_set_content(view);
    return options->contiguous == 0 || make_contiguous(view, options, error);
}

void view_close_via(struct view *view)
{
    if (view->hold->have_via) {
        view->hold->have_via = false;
        via_close(&view->hold->via);
    }
}

bool view_open_via(struct view *view, PyObject *object, const struct view_options *options, struct error *error)
{
    struct via via;

    if (!via_open(&via, object, options->via, error)) {
        return false;
    }
    if (!telling_check(&via.telling, error)) {
        if (*via.how != '\0') {
            error_prefix(error, "%s", via.how);
        }
        via_close(&via);
        return false;
    }
    return show_via(view, &via, "", options, error);
}

/* --- what an object has beside the buffer ----------------------------------------------------------- */

struct search {
    struct instead_tried tried[PROTOCOL_COUNT]; /* what led nowhere */
    size_t count;
    struct via found[2]; /* what tells of memory of this process, and of another device's */
    bool have[2];
    bool interrupted;
};

/* The message may begin with what was asked, which is told before it. */
static void give_up(struct search *search, const char *how, const struct error *why)
{
    struct instead_tried *tried = &search->tried[search->count++];
    size_t length = strlen(how);

    *tried = (struct instead_tried){.attribute = how, .why = *why};
    if (strncmp(why->message, how, length) == 0 && strncmp(why->message + length, ": ", 2) == 0) {
        memmove(tried->why.message, why->message + length + 2, strlen(why->message + length + 2) + 1);
    }
}

static void try_protocol(struct search *search, PyObject *object, enum protocol protocol)
{
    struct error error = ERROR_INIT;
    struct via via;
    bool elsewhere;

    if (!via_open(&via, object, protocol, &error)) {
        if (via.how == NULL) {
            return;
        }
        search->interrupted |= error.kind == ERROR_INTERRUPTED;
        give_up(search, via.how, &error);
        return;
    }
    if (!telling_check(&via.telling, &error)) {
        give_up(search, via.how, &error);
        via_close(&via);
        return;
    }
    elsewhere = !via.telling.is_local;
    if (search->have[elsewhere]) {
        via_close(&via);
        return;
    }
    search->found[elsewhere] = via;
    search->have[elsewhere] = true;
}

static void search_protocols(struct search *search, PyObject *object)
{
    int protocol;

    *search = (struct search){.count = 0};
    for (protocol = PROTOCOL_BUFFER + 1; protocol < PROTOCOL_COUNT && !search->have[0] && !search->interrupted;
         protocol++) {
        try_protocol(search, object, (enum protocol)protocol);
    }
    if (search->have[0] && search->have[1]) {
        via_close(&search->found[1]);
        search->have[1] = false;
    }
}

bool view_open_instead(struct view *view, PyObject *object, const struct view_options *options, struct error *error)
{
    struct search search;
    int elsewhere;

    search_protocols(&search, object);
    if (search.interrupted) {
        return error_set(error, ERROR_INTERRUPTED, "interrupted");
    }
    for (elsewhere = 0; elsewhere < 2; elsewhere++) {
        if (search.have[elsewhere]) {
            return show_via(view, &search.found[elsewhere], "no buffer", options, error);
        }
    }
    return instead_refuse(object, search.tried, search.count, error);
}

bool view_open_refused(struct view *view, PyObject *object, const struct view_options *options, struct error *error)
{
    char why[ERROR_MESSAGE_SIZE + 40];
    struct search search;

    search_protocols(&search, object);
    if (search.have[1]) {
        via_close(&search.found[1]);
    }
    if (!search.have[0]) {
        return false;
    }
    snprintf(why, sizeof why, "the exporter refuses its buffer (%s)", error->message);
    *error = (struct error)ERROR_INIT;
    return show_via(view, &search.found[0], why, options, error);
}
