#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *error, enum error_kind kind, const char *format, ...)
{
    va_list args;

    error->kind = kind;
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    return false;
}

bool error_prefix(struct error *error, const char *format, ...)
{
    char old[ERROR_MESSAGE_SIZE];
    va_list args;
    size_t length;
    size_t left;

    memcpy(old, error->message, sizeof old);
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    length = strlen(error->message);
    left = sizeof error->message - 1 - length;
    strncat(error->message, ": ", left);
    strncat(error->message, old, left > 2 ? left - 2 : 0);
    return false;
}

bool error_append(struct error *error, const char *format, ...)
{
    size_t length = strlen(error->message);
    va_list args;

    va_start(args, format);
    vsnprintf(error->message + length, sizeof error->message - length, format, args);
    va_end(args);
    return false;
}

bool error_no_memory(struct error *error)
{
    return error_set(error, ERROR_MEMORY, "out of memory");
}
