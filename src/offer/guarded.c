#include "offer/guarded.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { GUARD_SIZE = 256 * 1024, SLACK = 256 };

static size_t round_up(size_t size, size_t page)
{
    return (size + page - 1) / page * page;
}

static void fill_pattern(const struct guarded *guarded)
{
    size_t i;

    for (i = 0; i < guarded->open_size; i++) {
        guarded->open[i] = plan_pattern(guarded->open + i - guarded->low);
    }
}

bool guarded_make(struct guarded *guarded, size_t size, enum edge edge)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t open_size = size == 0 ? 0 : round_up(edge == EDGE_NONE ? size + 2 * SLACK : size, page);
    void *map;

    *guarded = (struct guarded){.size = size, .open_size = open_size, .map_size = open_size + 2 * GUARD_SIZE};
    map = mmap(NULL, guarded->map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) {
        return false;
    }
    guarded->map = map;
    guarded->open = guarded->map + GUARD_SIZE;
    guarded->low = edge == EDGE_END         ? guarded->open + open_size - size
                   : edge == EDGE_BEGINNING ? guarded->open
                                            : guarded->open + (size == 0 ? 0 : SLACK);
    if (open_size == 0) {
        return true;
    }
    if (mprotect(guarded->open, open_size, PROT_READ | PROT_WRITE) != 0) {
        munmap(map, guarded->map_size);
        return false;
    }
    fill_pattern(guarded);
    return true;
}

void guarded_set(const struct guarded *guarded, enum region_state state)
{
    static const int protections[] = {PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE};

    if (guarded->open_size > 0) {
        mprotect(guarded->open, guarded->open_size, protections[state]);
    }
}

int guarded_record(const struct guarded *guarded, struct call *call, enum region_kind kind, int request,
                   enum region_state state)
{
    int place = call->region_count;

    bool other = kind == REGION_OTHER || kind == REGION_OTHER_VIEW;

    if (place == CALL_MAX_REGIONS || (other && place >= CALL_MAX_REGIONS - CALL_OWN_REGIONS)) {
        return -1;
    }
    call->region_count++;
    call->regions[place] = (struct region){
        .kind = kind,
        .state = state,
        .request = request,
        .low = (uintptr_t)guarded->low,
        .high = (uintptr_t)guarded->low + guarded->size,
        .page_low = (uintptr_t)guarded->open,
        .page_high = (uintptr_t)guarded->open + guarded->open_size,
        .guard_low = (uintptr_t)guarded->map,
        .guard_high = (uintptr_t)guarded->map + guarded->map_size,
    };
    return place;
}
