#include "judge/record.h"

void seal_exception(struct exception *exception)
{
    SEAL_BOOL(exception->set);
    SEAL_BOOL(exception->buffer_error);
    SEAL_BOOL(exception->memory_error);
    SEAL_TEXT(exception->type);
    SEAL_TEXT(exception->text);
}

void seal_losses(struct losses *losses)
{
    SEAL_TEXT(losses->type);
    SEAL_BOOL(losses->measured);
    losses->measured &= losses->repeats > 0;
}
