#include "base/suggest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

enum { MAX_LENGTH = 40 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Edits between two words of at most MAX_LENGTH letters (optimal string alignment). */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][MAX_LENGTH + 1];
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);
    size_t i, j;

    for (j = 0; j <= b_length; j++) {
        rows[0][j] = j;
    }
    for (i = 1; i <= a_length; i++) {
        size_t *before = rows[(i + 1) % 3];
        size_t *last = rows[(i - 1) % 3];
        size_t *row = rows[i % 3];

        row[0] = i;
        for (j = 1; j <= b_length; j++) {
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
    }
    return rows[a_length % 3][b_length];
}

bool suggest_nearer(const char *word, const char *candidate, size_t *edits)
{
    size_t most = least(*edits, strlen(word) / 3 + 1);
    size_t count;

    if (strlen(word) > MAX_LENGTH || strlen(candidate) > MAX_LENGTH) {
        return false;
    }
    count = distance(word, candidate);
    if (count >= most) {
        return false;
    }
    *edits = count;
    return true;
}

const char *suggest(const char *word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    size_t edits = SIZE_MAX;
    size_t i;

    for (i = 0; i < count; i++) {
        if (suggest_nearer(word, candidates[i], &edits)) {
            best = candidates[i];
        }
    }
    return best;
}
