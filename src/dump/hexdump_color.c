/*
 * Lines in colour.  Behind the offset, in both columns:
 *
 *     NUL                                  ESC [90m    bright black
 *     printable ASCII                      ESC [36m    cyan
 *     ASCII white space: HT LF FF CR SP    ESC [32m    green
 *     other ASCII: control characters, DEL ESC [35m    magenta
 *     0x80 to 0xfe                         ESC [33m    yellow
 *     0xff                                 ESC [31m    red
 *     gaps, bytes of no item               ESC [90m    bright black
 *     every other item                     ESC [4m ... ESC [24m   underlined, blanks between its bytes too
 *     the column's end                     ESC [0m
 *
 * A colour is set where it changes and at a column's start.  The colours are
 * hexyl's; underlining shows an item's borders on dark and light grounds
 * alike, where any one background does on only one of them.
 */
#include "dump/hexdump_lines.h"

#include "dump/hexdump.h"

#include <string.h>

enum {
    ESCAPE_SIZE = 5, /* characters of a colour's sequence */
    GAP = 256,       /* the symbol of a byte of no item; other bytes are their own */
    SYMBOLS,
    TEXT_SIZE = 1024 * 4, /* of a line's text column, at most, and what is written beyond it */
};

static const char underline_on[] = "\033[4m", underline_off[] = "\033[24m", reset[] = "\033[0m";

/* One symbol's text: first as it stands behind one of the same colour, then with the colour in front. */
struct cell {
    char text[2][8];
};

static struct {
    struct cell hex[SYMBOLS];  /* two digits and a blank */
    struct cell text[SYMBOLS]; /* a character */
    char colors[SYMBOLS];      /* the second digit of each symbol's colour, which no other colour has */
    bool filled;
} tables;

size_t hexdump_color_size(unsigned width)
{
    size_t cell = ESCAPE_SIZE + 4 + sizeof underline_on + sizeof underline_off; /* two digits and blanks, or less */

    return HEXDUMP_OFFSET_SIZE + 2 + 2 * cell * width + 2 * sizeof reset + 5;
}

static const char *color_of(unsigned symbol)
{
    return symbol == 0 || symbol == GAP                     ? "\033[90m"
           : symbol == 0xff                                 ? "\033[31m"
           : symbol >= 0x80                                 ? "\033[33m"
           : memchr("\t\n\f\r ", (int)symbol, 5) != NULL    ? "\033[32m"
           : symbol < 0x20 || symbol == 0x7f                ? "\033[35m"
                                                            : "\033[36m";
}

static void fill_cell(struct cell *cell, const char *color, const char *text, size_t size)
{
    memcpy(cell->text[0], text, size);
    memcpy(cell->text[1], color, ESCAPE_SIZE);
    memcpy(cell->text[1] + ESCAPE_SIZE, text, size);
}

void hexdump_color_start(void)
{
    for (unsigned symbol = 0; symbol < SYMBOLS && !tables.filled; symbol++) {
        const char *color = color_of(symbol);
        char shown = symbol == GAP ? ' ' : symbol >= ' ' && symbol <= '~' ? (char)symbol : '.';

        fill_cell(&tables.hex[symbol], color, symbol == GAP ? ".. " : hexdump_cells + 4 * symbol, 3);
        fill_cell(&tables.text[symbol], color, &shown, 1);
        tables.colors[symbol] = color[3];
    }
    tables.filled = true;
}

/* A line's columns as they grow: the text's is put behind the bar when the hex digits are done. */
struct columns {
    char *hex;
    char *text;
    char color;     /* of the byte before; '\0' at the start */
    unsigned shade; /* of the byte before: 1 for an underlined item */
};

static char *put(char *to, const char *text, size_t size)
{
    memcpy(to, text, size);
    return to + size;
}

/* Bytes of one item, or of no item, without the blank behind the last. */
static void put_bytes(struct columns *columns, const unsigned char *bytes, size_t size, bool gap)
{
    char *hex = columns->hex, *text = columns->text;
    char color = columns->color;

    for (size_t i = 0; i < size; i++) {
        unsigned symbol = gap ? GAP : bytes[i];
        unsigned change = tables.colors[symbol] != color;

        color = tables.colors[symbol];
        memcpy(hex, tables.hex[symbol].text[change], sizeof tables.hex[symbol].text[change]);
        memcpy(text, tables.text[symbol].text[change], sizeof tables.text[symbol].text[change]);
        hex += 3 + ESCAPE_SIZE * change;
        text += 1 + ESCAPE_SIZE * change;
    }
    columns->hex = hex - 1;
    columns->text = text;
    columns->color = color;
}

/* What stands before a line's byte `i`: the end of an item, blanks, the start of one. */
static void put_border(struct columns *columns, size_t i, unsigned shade)
{
    if (columns->shade > shade) {
        columns->hex = put(columns->hex, underline_off, 5);
        columns->text = put(columns->text, underline_off, 5);
    }
    if (i > 0) {
        columns->hex = put(columns->hex, "  ", i % HEXDUMP_GROUP == 0 ? 2 : 1);
    }
    if (columns->shade < shade) {
        columns->hex = put(columns->hex, underline_on, 4);
        columns->text = put(columns->text, underline_on, 4);
    }
    columns->shade = shade;
}

/* How many of a line's bytes, from `i` on, belong to the same item and group; sets its shade. */
static size_t piece_at(const unsigned char *owners, uint64_t item_size, uint64_t place, size_t i, size_t size,
                       unsigned *shade)
{
    size_t end = i - i % HEXDUMP_GROUP + HEXDUMP_GROUP, next = i + 1;

    end = end < size ? end : size;
    *shade = 0;
    if (owners != NULL) {
        *shade = owners[i] == 2;
        while (next < end && owners[next] == owners[i]) {
            next++;
        }
        return next - i;
    }
    if (item_size > 1) {
        *shade = place >= item_size;
        if (item_size - place % item_size < end - i) {
            end = i + (size_t)(item_size - place % item_size);
        }
    }
    return end - i;
}

/* The columns of a line; returns the end of the hex digits, and of the text in *text_end. */
static char *put_columns(char *hex, char *text, char **text_end, const unsigned char *bytes,
                         const unsigned char *owners, size_t size, uint64_t item_size, uint64_t place)
{
    struct columns columns = {.hex = hex, .text = text};
    size_t piece;

    for (size_t i = 0; i < size; i += piece) {
        unsigned shade;

        piece = piece_at(owners, item_size, place, i, size, &shade);
        put_border(&columns, i, shade);
        if (owners != NULL && owners[i] == 0) {
            put_bytes(&columns, bytes + i, piece, true);
        } else {
            put_bytes(&columns, bytes + i, piece, false);
        }
        if (item_size > 1) {
            place = (place + piece) % (2 * item_size);
        }
    }
    *text_end = put(columns.text, reset, 4);
    return put(columns.hex, reset, 4);
}

unsigned char *hexdump_color_lines(unsigned char *to, const struct hexdump_lines *lines)
{
    size_t width = lines->width, bar = 3 * width + (width - 1) / HEXDUMP_GROUP + 1;
    uint32_t low = lines->offset.low;
    uint64_t place = lines->item_place;
    char text[TEXT_SIZE];

    for (size_t at = 0; at < lines->size; at += width, low += lines->offset.step) {
        size_t size = lines->size - at < width ? lines->size - at : width;
        size_t blanks = bar - (3 * size + (size - 1) / HEXDUMP_GROUP - 1);
        char *end, *line;

        to = hexdump_put_offset(to, &lines->offset, low);
        line = put((char *)to, "  ", 2);
        line = put_columns(line, text, &end, lines->bytes + at, lines->owners == NULL ? NULL : lines->owners + at,
                           size, lines->item_size, place);
        memset(line, ' ', blanks);
        line[blanks] = '|';
        line = put(line + blanks + 1, text, (size_t)(end - text));
        to = (unsigned char *)put(line, "|\n", 2);
        if (lines->item_size > 1) {
            place = (place + size) % (2 * lines->item_size);
        }
    }
    return to;
}
