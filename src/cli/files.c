#include "cli/files.h"

#include "base/error.h"
#include "base/output.h"
#include "cli/complain.h"
#include "cli/ending.h"
#include "memory/guard.h"
#include "options/options.h"
#include "report/record.h"
#include "report/report.h"
#include "source/listing.h"

int files_each(struct report *report, const struct options *options, file_action *action)
{
    struct error failed = ERROR_INIT;
    bool found = false;
    int code = 0;
    size_t i;

    ending_watch_files();
    if (!guard_start(&failed)) {
        complain(NULL, &failed);
        return EXIT_ERROR;
    }
    for (i = 0; i < options->file_count && report->output->failed_errno == 0; i++) {
        struct error error = ERROR_INIT;

        ending_file(options->files[i]);
        if (!action(report, options, options->files[i], &found, &error)) {
            struct error ignored = ERROR_INIT;

            output_flush(report->output, &ignored); /* on a terminal, what came first stands first */
            complain(options->files[i], &error);
            code = EXIT_ERROR;
        }
        if (report->remark.kind != ERROR_NONE) {
            complain(options->files[i], &report->remark);
            report->remark = (struct error)ERROR_INIT;
        }
    }
    return code == 0 && found ? EXIT_FINDINGS : code;
}

enum source_kind files_kind(const struct options *options)
{
    static const enum source_kind kinds[] = {
        [FILE_AUTO] = SOURCE_AUTO,     [FILE_NPY] = SOURCE_NPY, [FILE_NPZ] = SOURCE_NPZ,
        [FILE_PICKLE] = SOURCE_PICKLE, [FILE_RAW] = SOURCE_RAW, [FILE_SAFETENSORS] = SOURCE_SAFETENSORS,
        [FILE_TORCH] = SOURCE_TORCH,
    };

    return kinds[options->from];
}

struct file_options files_options(const struct options *options)
{
    return (struct file_options){
        .kind = files_kind(options),
        .member = options->member,
        .recursive = options->recursive,
    };
}

bool files_list(struct report *report, const char *path, const struct source *source, struct error *error)
{
    const struct record record = {
        .name = path,
        .source = source_kind_name(source->kind),
        .type = source->listing->type,
        .imports = source->have_names ? &source->imports : NULL,
        .calls = source->have_names ? &source->calls : NULL,
        .notes = &source->notes,
    };

    return report_listing(report, &record, source->listing, error);
}
