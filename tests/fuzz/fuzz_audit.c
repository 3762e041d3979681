/*
 * libFuzzer: any file, judged.
 *
 * The first byte chooses the kind of file.  What comes out is sorted, counted
 * right and bounded.
 */
#include "audit/audit.h"
#include "base/error.h"
#include "files/mapping.h"

#include "fuzz.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check_findings(const struct findings *findings)
{
    size_t counts[3] = {0, 0, 0};
    size_t i;

    for (i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];

        require(finding->rule >= 0 && finding->rule < AUDIT_RULE_COUNT);
        require(finding->severity == audit_rules[finding->rule].severity);
        require(i == 0 || finding->severity >= findings->items[i - 1].severity);
        require(strlen(finding->detail) > 0 && strlen(finding->detail) < 8000);
        counts[finding->severity]++;
    }
    require(counts[SEVERITY_ERROR] == findings->errors && counts[SEVERITY_WARNING] == findings->warnings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum source_kind kinds[] = {SOURCE_NPY, SOURCE_NPZ, SOURCE_PICKLE, SOURCE_TORCH, SOURCE_SAFETENSORS};
    struct error error = ERROR_INIT;
    struct findings findings;
    struct mapping file = {0};
    enum source_kind kind;
    unsigned char *bytes;

    if (size == 0) {
        return 0;
    }
    bytes = malloc(size);
    require(bytes != NULL);
    memcpy(bytes, data + 1, size - 1);
    file.data = bytes;
    file.size = size - 1;
    kind = kinds[data[0] % (sizeof kinds / sizeof kinds[0])];
    if (audit_file(&file, &kind, &findings, &error)) {
        check_findings(&findings);
        findings_free(&findings);
    } else {
        require(error.kind != ERROR_NONE);
    }
    free(bytes);
    return 0;
}
