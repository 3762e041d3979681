#include "probe/pace.h"

#include "base/clock.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A thread's stat: "5 (any name) R 1 ...". */
static void look_at_thread(struct pace *pace, const char *thread)
{
    char path[64], line[512];
    unsigned long user, system;
    const char *rest;
    char state;
    FILE *file;
    size_t length;

    snprintf(path, sizeof path, "/proc/%d/task/%.20s/stat", (int)pace->process, thread);
    file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    rest = strrchr(line, ')');
    if (rest != NULL &&
        sscanf(rest + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &state, &user, &system) == 3) {
        double spent = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);

        pace->spent = spent > pace->spent ? spent : pace->spent;
        pace->ready = pace->ready || state == 'R';
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
