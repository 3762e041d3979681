#include "engine/item_type.h"

#include "base/error.h"
#include "base/notes.h"
#include "files/type_name.h"
#include "format/format.h"
#include "value/named.h"

#include <string.h>

/* What cannot be taken apart may be a name with a slip in it. */
static bool check_format(const char *text, struct error *error)
{
    struct format format;
    const char *near;

    if (format_parse(&format, text, -1, error)) {
        format_free(&format);
        return true;
    }
    near = named_near(text);
    return near != NULL && error_append(error, " (did you mean '%s'?)", near);
}

bool item_type_of_option(struct item_type *type, const char *name, struct notes *notes, struct error *error)
{
    struct type_name named;

    if (*name == '\0') {
        return error_set(error, ERROR_USAGE, "--format is empty: name a type (float32), or give a format (<f)");
    }
    if (!type_name_read(name, &named, &type->dtype, &type->format)) {
        return check_format(name, error);
    }
    type->size = named.size;
    if (!named.plain) {
        notes_add(notes, "PEP 3118 cannot say %s: read as '%s'", text_string(&type->dtype),
                  text_string(&type->format));
    }
    return true;
}

bool item_type_of_format(struct item_type *type, const char *text, ptrdiff_t itemsize, struct format *format,
                         struct notes *notes, const struct error *why)
{
    struct error ignored = ERROR_INIT;
    size_t length = strlen(text);
    struct type_name named;

    if (type_name_read(text, &named, &type->dtype, &type->format) && (ptrdiff_t)named.size == itemsize) {
        notes_add(notes, "the format '%s' is none of PEP 3118's: the items are shown as %s", text,
                  text_string(&type->dtype));
        return format_parse(format, text_string(&type->format), itemsize, &ignored);
    }
    text_clear(&type->dtype);
    text_clear(&type->format);
    if (text[0] == '[' && text[length - 1] == ']') {
        text_append(&type->dtype, text + 1, length - 2);
        notes_add(notes, "the format '%s' is none of PEP 3118's: it names a type that is not known here", text);
    } else {
        notes_add(notes, "%s", why->message);
    }
    return false;
}

void item_type_free(struct item_type *type)
{
    text_free(&type->dtype);
    text_free(&type->format);
}
