#include "report/json_parts.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *bytes, size_t length)
{
    struct text text = TEXT_INIT;
    json_t *json = NULL;
    size_t i = 0;

    while (i < length) {
        unsigned code_point;
        size_t n = utf8_read(bytes + i, length - i, &code_point);

        if (n == 0) {
            text_printf(&text, "\\x%02x", (unsigned char)bytes[i]);
            n = 1;
        } else {
            text_append(&text, bytes + i, n);
        }
        i += n;
    }
    if (!text.failed) {
        json = json_stringn(text_string(&text), text.length);
    }
    text_free(&text);
    return json;
}

json_t *json_text_string(const char *string)
{
    return json_text(string, strlen(string));
}

json_t *json_list(const ptrdiff_t *items, size_t count)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < count; i++) {
        json_array_append_new(list, json_integer(items[i]));
    }
    return list;
}

json_t *json_address(uint64_t address)
{
    char text[2 + 16 + 1];

    snprintf(text, sizeof text, "0x%" PRIx64, address);
    return json_string(text);
}

bool json_write(struct text *text, json_t *json)
{
    char *dumped = json != NULL ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    bool ok = dumped != NULL;

    if (ok) {
        text_escape_json(text, dumped, strlen(dumped));
    }
    free(dumped);
    json_decref(json);
    return ok && !text->failed;
}

bool json_write_line(struct text *text, json_t *json)
{
    bool ok = json_write(text, json);

    text_putc(text, '\n');
    return ok && !text->failed;
}
