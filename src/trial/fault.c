#include "trial/fault.h"

#include "base/text.h"
#include "trial/battery.h"

#include <inttypes.h>
#include <signal.h>

enum { NEAR_NULL = 4096 };

static const char *const things[REGION_KINDS] = {
    "the items", "the pointers", "shape", "strides", "suboffsets", "format", "the items of another buffer",
    "a view of another buffer", "nothing",
};

/* The region in whose memory, or nearest around, an address lies. */
static const struct region *find_region(const struct call *call, uint64_t address)
{
    int i;

    for (i = 0; i < call->region_count; i++) {
        const struct region *region = &call->regions[i];

        if (address >= region->guard_low && address < region->guard_high) {
            return region;
        }
    }
    return NULL;
}

static const char *access_word(const struct fault *fault, bool must_be_write)
{
    return must_be_write || (fault->write_known && fault->write) ? "write" : fault->write_known ? "read" : "access";
}

/* "a read 8 bytes past the end of the items" */
static void append_distance(const struct region *region, uint64_t address, struct text *text)
{
    const char *thing = things[region->kind];

    if (region->low == region->high) {
        text_printf(text, "at %s, of which there are none", thing);
    } else if (address < region->low) {
        text_printf(text, "%" PRIu64 " bytes before the beginning of %s", region->low - address, thing);
    } else if (address >= region->high) {
        uint64_t distance = address - region->high;

        if (distance == 0) {
            text_printf(text, "right past the end of %s", thing);
        } else {
            text_printf(text, "%" PRIu64 " byte%s past the end of %s", distance, distance == 1 ? "" : "s", thing);
        }
    } else {
        text_printf(text, "at byte %" PRIu64 " of %s", address - region->low, thing);
    }
}

static bool is_one(enum region_kind kind)
{
    return kind == REGION_SHAPE || kind == REGION_FORMAT || kind == REGION_OTHER_VIEW;
}

static enum fault_kind in_region(const struct call *call, const struct region *region, struct text *text)
{
    const struct fault *fault = &call->fault;
    bool inside = fault->address >= region->low && fault->address < region->high;
    bool page = fault->address >= region->page_low && fault->address < region->page_high;
    bool items = region->kind == REGION_ITEMS || region->kind == REGION_POINTERS;

    text_printf(text, "%s ", access_word(fault, inside && region->state == REGION_READONLY));
    if (region->kind == REGION_REFUSED) {
        text_puts(text, "through a pointer of a view that was refused");
        return FAULT_REFUSED;
    }
    append_distance(region, fault->address, text);
    if ((inside || page) && region->state == REGION_CLOSED) { /* wide reads begin before what they are for */
        text_puts(text, is_one(region->kind) ? ", which is released" : ", which are released");
        return FAULT_RELEASED;
    }
    if (region->kind == REGION_OTHER || region->kind == REGION_OTHER_VIEW) {
        return FAULT_ELSEWHERE;
    }
    if (!inside) {
        return items ? FAULT_OUTSIDE : FAULT_ARRAYS;
    }
    if (region->kind == REGION_POINTERS) {
        return FAULT_OUTSIDE;
    }
    if (region->kind == REGION_ITEMS && plan_is_gap(&call->buffer.plan, fault->address - region->low)) {
        text_puts(text, ", in a gap");
    }
    if (items) {
        text_puts(text, ", which are read-only");
    }
    return items ? FAULT_READONLY : FAULT_VIEW;
}

/* What a granted request left NULL that it did not ask for. */
static void append_unasked(int flags, struct text *text)
{
    const struct {
        int flag;
        const char *name;
    } parts[] = {
        {REQUEST_ND, "shape"},
        {REQUEST_STRIDES, "strides"},
        {REQUEST_INDIRECT, "suboffsets"},
        {REQUEST_FORMAT, "format"},
    };
    int named = 0;
    size_t i;

    for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!request_asks(flags, parts[i].flag)) {
            text_printf(text, "%s%s", named++ > 0 ? ", " : "", parts[i].name);
        }
    }
}

static const struct asked *last_request(const struct call *call)
{
    int kept = requests_kept(call);

    return kept > 0 ? &call->requests[kept - 1] : NULL;
}

/* Readers of formats have NULLs of their own where fields come to an end. */
static bool is_structure(const struct buffer *buffer)
{
    return buffer->format != NULL && buffer->format->format.root.kind == FORMAT_STRUCT;
}

static enum fault_kind near_null(const struct call *call, struct text *text)
{
    const struct asked *asked = last_request(call);
    const struct fault *fault = &call->fault;

    text_printf(text, "%s at NULL", access_word(fault, false));
    if (fault->address > 0) {
        text_printf(text, " + %" PRIu64, fault->address);
    }
    if (asked == NULL || call->buffer.guise != GUISE_OWN) {
        return FAULT_ELSEWHERE;
    }
    if (asked->outcome != OUTCOME_GRANTED) {
        text_puts(text, " after a request that was refused");
        return FAULT_REFUSED;
    }
    if (!request_asks(asked->flags, REQUEST_ND) || !request_asks(asked->flags, REQUEST_STRIDES) ||
        !request_asks(asked->flags, REQUEST_FORMAT)) {
        text_puts(text, " after ");
        request_text(asked->flags, text);
        text_puts(text, ", which leaves NULL: ");
        append_unasked(asked->flags, text);
        if (call->buffer.plan.ndim == 0 && request_asks(asked->flags, REQUEST_ND)) {
            text_puts(text, ", and shape where there is no dimension");
        }
        return FAULT_NULL;
    }
    if (call->buffer.plan.ndim == 0) {
        text_puts(text, ", as shape, strides and suboffsets are where there is no dimension");
        return FAULT_NULL_ND0;
    }
    if (!plan_is_indirect(&call->buffer.plan) && !is_structure(&call->buffer)) {
        text_puts(text, ", as suboffsets are where none is needed");
        return FAULT_NULL_SUB;
    }
    return FAULT_ELSEWHERE;
}

enum fault_kind fault_explain(const struct call *call, struct text *text)
{
    const struct region *region;

    if (call->outcome != CALL_CRASHED || call->crash.kind != CRASH_SIGNAL || !call->fault.seen ||
        (call->crash.number != SIGSEGV && call->crash.number != SIGBUS)) {
        return FAULT_NONE;
    }
    region = find_region(call, call->fault.address);
    if (region != NULL) {
        return in_region(call, region, text);
    }
    if (call->fault.address < NEAR_NULL) {
        return near_null(call, text);
    }
    text_printf(text, "%s at 0x%" PRIx64 ", which is no memory of the buffer's", access_word(&call->fault, false),
                call->fault.address);
    return FAULT_ELSEWHERE;
}
