/*
 * Any text as a --request: refused with a message, or flags whose name parses
 * back to the same flags.
 */
#include "base/error.h"
#include "base/text.h"
#include "judge/request.h"
#include "known/consumers.h"

#include "fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error error = ERROR_INIT;
    struct text name = TEXT_INIT;
    char *text = malloc(size + 1);
    int flags = -1, again = -1;

    require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    if (consumer_request(text, &flags, &error)) {
        require(flags >= 0 && error.kind == ERROR_NONE);
        request_text(flags, &name);
        require(consumer_request(text_string(&name), &again, &error) && again == flags);
    } else {
        require(flags == -1 && error.kind == ERROR_USAGE && error.message[0] != '\0');
    }
    text_free(&name);
    free(text);
    return 0;
}
