/* log.c - see log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void write_line(const char *fmt, va_list ap)
{
    char line[1024];

    vsnprintf(line, sizeof line, fmt, ap);
    fprintf(stderr, "%s\n", line);
}

void log_note(const char *fmt, ...)
{
    const char *level = getenv("SALESBOT_LOG");
    va_list ap;

    if (level && !strcmp(level, "quiet"))
        return;
    va_start(ap, fmt);
    write_line(fmt, ap);
    va_end(ap);
}

void log_debug(const char *fmt, ...)
{
    const char *level = getenv("SALESBOT_LOG");
    va_list ap;

    if (!level || strcmp(level, "debug"))
        return;
    va_start(ap, fmt);
    write_line(fmt, ap);
    va_end(ap);
}

double clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}
