#include "holders/question.h"

const char *holders_bounds_text(unsigned bounds)
{
    return bounds & HOLDERS_TIME      ? "there may be more: looking for them took too long"
           : bounds & HOLDERS_BREADTH ? "there may be more: too many objects were to be looked at"
           : bounds & HOLDERS_DEPTH   ? "there may be more: their names lie too many steps away"
                                      : "";
}
