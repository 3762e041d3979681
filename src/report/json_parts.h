/*
 * What every JSON output here is made of, on top of jansson.
 */
#ifndef MVIEW_REPORT_JSON_PARTS_H
#define MVIEW_REPORT_JSON_PARTS_H

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

/* A string that holds the text exactly; bytes that are no UTF-8 become \xHH, as everywhere. */
json_t *json_text(const char *bytes, size_t length);
json_t *json_text_string(const char *string);

/* An array of numbers. */
json_t *json_list(const ptrdiff_t *items, size_t count);

/* "0x7f..." */
json_t *json_address(uint64_t address);

/*
 * Append a finished value, compact, on one line, and free it.  No control or
 * bidirectional character is in it raw.  False when out of memory.
 */
bool json_write(struct text *text, json_t *json);

/* The same, and the line's end. */
bool json_write_line(struct text *text, json_t *json);

#endif
