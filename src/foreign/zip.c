#include "foreign/foreign.h"

#include "base/text.h"
#include "foreign/advice.h"

#include <string.h>

static const struct {
    const char *member;
    const char *name;
    const char *advice;
} zips[] = {
#define ZIP(member, name, advice) {member, name, advice},
#include "foreign/zips.def"
#undef ZIP
};

static bool fits(const char *wanted, const char *member)
{
    size_t length = strlen(member);

    if (wanted[0] != '*') {
        return strcmp(wanted, member) == 0;
    }
    wanted++;
    return length >= strlen(wanted) && strcmp(member + length - strlen(wanted), wanted) == 0;
}

bool foreign_zip(const char *member, struct text *answer)
{
    size_t i;

    for (i = 0; i < sizeof zips / sizeof zips[0]; i++) {
        if (fits(zips[i].member, member)) {
            text_printf(answer, "by its member '%s' it is %s: ", member, zips[i].name);
            foreign_put_advice(answer, zips[i].advice, "-", "");
            return true;
        }
    }
    return false;
}
