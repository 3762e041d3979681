/*
 * The table of consumers, and how a row of it is called.
 */
#include "known/reads.h"

#include "base/error.h"
#include "judge/request.h"

#include <string.h>
#include <strings.h>

enum {
    REQUEST_RECORDS_C = REQUEST_C_CONTIGUOUS | REQUEST_WRITABLE | REQUEST_FORMAT,
    REQUEST_RECORDS_F = REQUEST_F_CONTIGUOUS | REQUEST_WRITABLE | REQUEST_FORMAT,
    REQUEST_NOTHING = CONSUMER_ASKS_NOTHING,
    CYTHON = LANGUAGE_CYTHON,
    CXX = LANGUAGE_CXX,
    RUST = LANGUAGE_RUST,
};

const struct consumer consumers[CONSUMER_COUNT] = {
#define CONSUMER(name, first, then, language, left, check, how) \
    {name, REQUEST_##first, REQUEST_##then, language, CONSUMER_##left, check, how},
#include "known/consumers.def"
#undef CONSUMER
};

bool consumer_has_dimensions(const struct consumer *consumer)
{
    return consumer->languages == LANGUAGE_CYTHON;
}

/* "[:, ::1]" in place of the brackets that the table has. */
void consumer_name(const struct consumer *consumer, int ndim, struct text *name)
{
    const char *brackets = strchr(consumer->name, '[');
    int d;

    if (!consumer_has_dimensions(consumer) || brackets == NULL || ndim < 1 || ndim > CYTHON_DIMENSIONS) {
        text_puts(name, consumer->name);
        return;
    }
    text_append(name, consumer->name, (size_t)(brackets - consumer->name));
    for (d = 0; d < ndim; d++) {
        bool contiguous = (consumer->check == check_cython_c && d == ndim - 1) ||
                          (consumer->check == check_cython_f && d == 0);

        text_printf(name, "%s%s", d == 0 ? "[" : ", ", contiguous ? "::1" : ":");
    }
    text_putc(name, ']');
}

/* The length of a name without the "()" at its end. */
static size_t stem(const char *name)
{
    size_t length = strlen(name);

    return length > 2 && strcmp(name + length - 2, "()") == 0 ? length - 2 : length;
}

static bool is_called(const struct consumer *consumer, const char *name)
{
    size_t length = stem(name);
    bool found = stem(consumer->name) == length && strncasecmp(consumer->name, name, length) == 0;
    int ndim;

    for (ndim = 1; consumer_has_dimensions(consumer) && ndim <= CYTHON_DIMENSIONS && !found; ndim++) {
        struct text text = TEXT_INIT;

        consumer_name(consumer, ndim, &text);
        found = strcasecmp(text_string(&text), name) == 0;
        text_free(&text);
    }
    return found;
}

const struct consumer *consumer_find(const char *name)
{
    size_t i;

    for (i = 0; i < CONSUMER_COUNT; i++) {
        if (is_called(&consumers[i], name)) {
            return &consumers[i];
        }
    }
    return NULL;
}

bool consumer_request(const char *text, int *flags, struct error *error)
{
    const struct consumer *consumer = consumer_find(text);
    const char *names[CONSUMER_COUNT];
    size_t i;

    if (consumer != NULL && consumer->flags == CONSUMER_ASKS_NOTHING) {
        return error_set(error, ERROR_USAGE, "'%s' sends no request: it looks at the type alone", consumer->name);
    }
    if (consumer != NULL) {
        *flags = consumer->flags;
        return true;
    }
    for (i = 0; i < CONSUMER_COUNT; i++) {
        names[i] = consumers[i].name;
    }
    return request_parse(text, names, CONSUMER_COUNT, flags, error);
}
