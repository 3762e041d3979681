#include "cli/lists.h"

#include "audit/audit.h"
#include "base/output.h"
#include "base/text.h"
#include "judge/request.h"
#include "judge/rules.h"
#include "known/consumers.h"
#include "report/record.h"
#include "report/table.h"
#include "trial/rules.h"

static void write_table(struct output *output, struct table *table)
{
    struct text text = TEXT_INIT;

    table_write(table, &text);
    output_write(output, text_string(&text), text.length);
    text_free(&text);
    table_free(table);
}

static void list_rule(struct table *table, enum severity severity, const char *id, const char *statement,
                      const char *source)
{
    struct text *cells = table_row(table);

    if (cells != NULL) {
        text_puts(&cells[0], severity_name(severity));
        text_puts(&cells[1], id);
        text_printf(&cells[2], "%s (%s)", statement, source);
    }
}

static void list_rules(struct output *output)
{
    struct table table = TABLE_INIT(3);
    size_t i;

    for (i = 0; i < RULE_COUNT; i++) {
        list_rule(&table, rules[i].severity, rules[i].id, rules[i].statement, rules[i].source);
    }
    for (i = 0; i < TRIAL_RULE_COUNT; i++) {
        list_rule(&table, trial_rules[i].severity, trial_rules[i].id, trial_rules[i].statement, trial_rules[i].source);
    }
    for (i = 0; i < AUDIT_RULE_COUNT; i++) {
        list_rule(&table, audit_rules[i].severity, audit_rules[i].id, audit_rules[i].statement, audit_rules[i].source);
    }
    write_table(output, &table);
}

static void list_consumers(struct output *output)
{
    struct table table = TABLE_INIT(3);
    size_t i;

    for (i = 0; i < CONSUMER_COUNT; i++) {
        struct text *cells = table_row(&table);

        if (cells != NULL) {
            text_puts(&cells[0], consumers[i].name);
            if (consumers[i].flags == CONSUMER_ASKS_NOTHING) {
                text_puts(&cells[1], "nothing");
            } else {
                request_text(consumers[i].flags, &cells[1]);
            }
            text_puts(&cells[2], consumers[i].how);
        }
    }
    write_table(output, &table);
}

static void (*const writers[])(struct output *output) = {
    [ACTION_LIST_FIELDS] = fields_list,
    [ACTION_LIST_RULES] = list_rules,
    [ACTION_LIST_CONSUMERS] = list_consumers,
    [ACTION_HELP] = options_help,
};

bool lists_are(enum action action)
{
    return (size_t)action < sizeof writers / sizeof writers[0] && writers[action] != NULL;
}

void lists_write(struct output *output, enum action action)
{
    writers[action](output);
}
