#include "probe/pace.h"

#include "base/clock.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The n-th word (from 0) of a text of words with one space between; what is behind its end for none. */
static const char *find_word(const char *text, int n)
{
    while (n > 0 && *text != '\0') {
        n -= *text++ == ' ';
    }
    return text;
}

/* A thread's stat: "5 (any name) R 1 ...". */
static void look_at_thread(struct pace *pace, const char *thread)
{
    enum { STATE = 1, USER = 12, SYSTEM }; /* words behind the name's parenthesis */
    char path[64], line[512];
    const char *rest;
    size_t length;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/task/%.20s/stat", (int)pace->process, thread);
    file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    rest = strrchr(line, ')');
    if (rest != NULL) {
        double ticks = strtod(find_word(rest, USER), NULL) + strtod(find_word(rest, SYSTEM), NULL);
        double spent = ticks / (double)sysconf(_SC_CLK_TCK);

        pace->spent = spent > pace->spent ? spent : pace->spent;
        pace->ready = pace->ready || *find_word(rest, STATE) == 'R';
    }
}

void pace_start(struct pace *pace, pid_t process)
{
    char path[64];
    const struct dirent *entry;
    DIR *tasks;

    *pace = (struct pace){.process = process, .looked = clock_seconds()};
    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    tasks = opendir(path);
    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] != '.') {
            look_at_thread(pace, entry->d_name);
        }
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
}

double pace_step(struct pace *pace, double slice)
{
    struct pace before = *pace;
    double passed;

    pace_start(pace, before.process);
    passed = pace->looked - before.looked;
    passed = passed < 2 * slice ? passed : 2 * slice; /* who looks late was kept from it */
    if (pace->ready) {
        double spent = pace->spent - before.spent;

        passed = spent > 0 ? spent : 0; /* the busiest may have ended */
    }
    return passed;
}
