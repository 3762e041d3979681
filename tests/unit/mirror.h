/*
 * Tests of what is swapped and what is not are written for little-endian
 * hosts.  Elsewhere each '<' in a format or type is read as '>', and the other
 * way round: what is native there stays native here.
 */
#ifndef MVIEW_TESTS_UNIT_MIRROR_H
#define MVIEW_TESTS_UNIT_MIRROR_H

#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HOST_ORDER "<"
#else
#define HOST_ORDER ">"
#endif

enum { IS_MIRRORED = __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__, SWAPPED_ORDER = IS_MIRRORED ? '<' : '>' };

/* The text for this host; or this host's text, back again.  Good until the 4th call from here on. */
static inline const char *mirror(const char *text)
{
    static char mirrored[4][4096];
    static unsigned next;
    char *to = mirrored[next++ % 4];
    size_t i;

    if (!IS_MIRRORED || strlen(text) >= sizeof mirrored[0]) {
        return text;
    }
    for (i = 0; text[i] != '\0'; i++) {
        to[i] = (char)(text[i] == '<' ? '>' : text[i] == '>' || text[i] == '!' ? '<' : text[i]);
    }
    to[i] = '\0';
    return to;
}

#endif
