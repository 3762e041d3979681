/*
 * Any bytes as a file of some other format: named or not, whole or the start of
 * one, never read past their end; what is named has an answer on one line of
 * a length that does not grow with the file, and does not depend on the path.
 */
#include "base/text.h"
#include "foreign/foreign.h"

#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text answer = TEXT_INIT;
    const char *look = foreign_look(data, size);
    bool whole = foreign_name(data, size, true, "f", "r", &answer);

    require(whole == (answer.length > 0) && answer.length < 600);
    require(memchr(text_string(&answer), '\n', answer.length) == NULL);
    text_clear(&answer);
    require(foreign_name(data, size, true, "-\n'\"{@$", "r", &answer) == whole);
    text_clear(&answer);
    /* of the start of a file less can be said against a name */
    require(foreign_name(data, size, false, "-", "r", &answer) || !whole || size < 64 * 1024);
    text_clear(&answer);
    require(!foreign_packed(data, size, "f", "r", &answer) || strstr(text_string(&answer), "compressed with ") != NULL);
    require(look == NULL || size > 0);
    text_free(&answer);
    return 0;
}
