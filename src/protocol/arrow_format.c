#include "protocol/arrow_format.h"

#include <stdbool.h>

int64_t arrow_parameter(const char **text, char end)
{
    const char *next = *text;
    int64_t number = 0;

    while (*next >= '0' && *next <= '9' && number <= ARROW_MAX_PARAMETER) {
        number = number * 10 + (*next++ - '0');
    }
    if (next == *text || (*next != end && *next != '\0') || number > ARROW_MAX_PARAMETER) {
        return -1;
    }
    *text = *next == '\0' ? next : next + 1;
    return number;
}

unsigned arrow_decimal_size(const char *parameters)
{
    int64_t precision = arrow_parameter(&parameters, ',');
    bool negative = *parameters == '-';
    int64_t scale, bits;

    parameters += negative;
    scale = arrow_parameter(&parameters, ',');
    bits = *parameters != '\0' ? arrow_parameter(&parameters, '\0') : 128;
    if (precision < 0 || scale < 0 || (bits != 32 && bits != 64 && bits != 128 && bits != 256)) {
        return 0;
    }
    return (unsigned)bits / 8;
}
