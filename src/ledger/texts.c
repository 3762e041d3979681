#include "ledger/texts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct kept_text {
    struct kept_text *next; /* in its bucket */
    uint64_t hash;
    char string[];
};

enum { FIRST_BUCKETS = 64 };

/* FNV-1a */
static uint64_t hash_string(const char *string)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (; *string != '\0'; string++) {
        hash = (hash ^ (unsigned char)*string) * 0x100000001b3;
    }
    return hash;
}

static void grow(struct texts *texts)
{
    size_t count = texts->bucket_count > 0 ? 2 * texts->bucket_count : FIRST_BUCKETS;
    struct kept_text **buckets = calloc(count, sizeof *buckets);
    size_t i;

    if (buckets == NULL) {
        return; /* longer buckets do, too */
    }
    for (i = 0; i < texts->bucket_count; i++) {
        struct kept_text *text = texts->buckets[i];

        while (text != NULL) {
            struct kept_text *next = text->next;

            text->next = buckets[text->hash & (count - 1)];
            buckets[text->hash & (count - 1)] = text;
            text = next;
        }
    }
    free(texts->buckets);
    texts->buckets = buckets;
    texts->bucket_count = count;
}

const char *texts_keep(struct texts *texts, const char *string)
{
    uint64_t hash = hash_string(string);
    struct kept_text *text;
    size_t size = strlen(string) + 1;

    if (texts->count >= texts->bucket_count) {
        grow(texts);
    }
    if (texts->bucket_count == 0) {
        return NULL;
    }
    for (text = texts->buckets[hash & (texts->bucket_count - 1)]; text != NULL; text = text->next) {
        if (text->hash == hash && strcmp(text->string, string) == 0) {
            return text->string;
        }
    }
    text = arena_alloc(&texts->arena, sizeof *text + size);
    if (text == NULL) {
        return NULL;
    }
    text->hash = hash;
    memcpy(text->string, string, size);
    text->next = texts->buckets[hash & (texts->bucket_count - 1)];
    texts->buckets[hash & (texts->bucket_count - 1)] = text;
    texts->count++;
    return text->string;
}

void texts_free(struct texts *texts)
{
    free(texts->buckets);
    arena_free(&texts->arena);
    texts->buckets = NULL;
    texts->bucket_count = texts->count = 0;
}
