/* The command line: one option's argument at a time, of any text. */
#include "base/error.h"
#include "options/options.h"

#include "fuzz.h"

#include <assert.h>
#include <getopt.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *const options[] = {"--shape", "--offset", "--length", "--skip",       "--width", "--request",
                                    "--order", "--color",  "--from",   "--contiguous", "--timeout", "--stress"};
    static char program[] = "mview-inspect", file[] = "file";
    struct options parsed;
    struct error error = ERROR_INIT;
    char *argument;
    char *argv[5] = {program, NULL, NULL, file, NULL};

    if (size == 0 || memchr(data, '\0', size) != NULL) {
        return 0;
    }
    argument = strndup((const char *)data + 1, size - 1);
    argv[1] = options[data[0] % (sizeof options / sizeof options[0])];
    argv[2] = argument;
    optind = 0; /* glibc: begin anew */
    if (options_parse(&parsed, 4, argv, &error)) {
        int i;

        assert(parsed.ndim >= 0 && parsed.ndim <= LAYOUT_MAX_NDIM);
        assert(parsed.width >= 1 && parsed.width <= 256);
        for (i = 0; i < parsed.ndim; i++) {
            assert(parsed.shape[i] >= -1);
        }
    } else {
        assert(error.kind != ERROR_NONE && error.message[0] != '\0');
    }
    options_free(&parsed);
    free(argument);
    return 0;
}
