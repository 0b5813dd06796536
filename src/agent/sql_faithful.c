/* sql_faithful.c - does the model's statement speak of the same things?
 *
 * A base model copies values from the examples it was shown and drops those of
 * the question. Both show in the text: every number and month of the question
 * must stand in the statement, and every year, date and quoted value of the
 * statement must come from the question. What this can't see (a wrong column, a
 * wrong sum) stays "Check this". */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"

static const char *const months[] = {"january", "february", "march", "april", "may", "june",
                                     "july", "august", "september", "october", "november", "december"};

static bool word_in(const char *text, const char *word, size_t n)
{
    for (const char *p = text; *p; p++)
        if ((p == text || !isalnum((unsigned char)p[-1])) && !strncasecmp(p, word, n) &&
            !isalnum((unsigned char)p[n]))
            return true;
    return false;
}

static bool has_month(const char *question, int month)
{
    const char *name = months[month - 1];

    return word_in(question, name, strlen(name)) || word_in(question, name, 3);
}

static bool month_in_sql(const char *sql, int month)
{
    char part[8];

    snprintf(part, sizeof part, "-%02d-", month);
    if (strstr(sql, part))
        return true;
    snprintf(part, sizeof part, "= %d", month);
    return strstr(sql, part) || word_in(sql, months[month - 1], strlen(months[month - 1]));
}

/* Numbers of the question, "1 million", "5k" and "Q1" left aside. */
static bool keeps_numbers(const char *question, const char *sql, err *e)
{
    for (const char *p = question; *p; p++) {
        size_t n = 0;

        if (!isdigit((unsigned char)*p) || (p > question && (isalnum((unsigned char)p[-1]) ||
                                                             strchr(".,-", p[-1]))))
            continue;
        while (isdigit((unsigned char)p[n]))
            n++;
        if (isalpha((unsigned char)p[n]) || p[n] == ',' || p[n] == '.' || p[n] == '-' ||
            !strncasecmp(p + n, " million", 8) || !strncasecmp(p + n, " thousand", 9))
            continue;
        if (!word_in(sql, p, n))
            return err_set(e, ERR_NOT_FOUND, "the question says %.*s, the statement doesn't", (int)n, p);
    }
    return true;
}

/* May is left aside: "may" is no month more often than one. */
static bool keeps_months(const char *question, const char *sql, err *e)
{
    for (int m = 1; m <= 12; m++)
        if (m != 5 && has_month(question, m) && !month_in_sql(sql, m))
            return err_set(e, ERR_NOT_FOUND, "the question says %s, the statement doesn't", months[m - 1]);
    return true;
}

/* '2025-03-31': its year is the question's; its month too, or the date is an end of a year. */
static bool date_is_asked(const char *question, const char *text)
{
    const int month = atoi(text + 5);

    return word_in(question, text, 4) &&
           (!strncmp(text + 5, "01-01", 5) || !strncmp(text + 5, "12-31", 5) || month < 1 || month > 12 ||
            has_month(question, month) || has_month(question, month == 1 ? 12 : month - 1) ||
            strpbrk(question, "Qq") || strstr(question, "quarter"));
}

/* 'West': some word of the value is in the question, as written or nearly. */
static bool value_is_asked(const char *question, const char *text, size_t n)
{
    for (size_t i = 0, k; i < n; i += k + 1) {
        for (k = 0; i + k < n && isalnum((unsigned char)text[i + k]); k++)
            ;
        if (k > 1 && word_in(question, text + i, k))
            return true;
        if (k > 3) { /* "online" for "onlines", "Swiss" has no such luck */
            char stem[16];

            snprintf(stem, sizeof stem, "%.*s", (int)(k - 1 < 15 ? k - 1 : 15), text + i);
            if (strcasestr(question, stem))
                return true;
        }
    }
    return n < 2;
}

static bool adds_nothing(const char *question, const char *sql, err *e)
{
    for (const char *p = sql; *p; p++) {
        if (*p == '\'') {
            const size_t n = strcspn(p + 1, "'");
            const bool date = n >= 10 && isdigit((unsigned char)p[1]) && p[5] == '-';
            const bool unit = word_in("year month quarter week day hour", p + 1, n); /* of date_trunc */

            if (n && !unit && !(date ? date_is_asked(question, p + 1) : value_is_asked(question, p + 1, n)))
                return err_set(e, ERR_NOT_FOUND, "the question doesn't say '%.*s'", (int)n, p + 1);
            p += p[n + 1] ? n + 1 : n;
        } else if (isdigit((unsigned char)*p) && (p == sql || !isalnum((unsigned char)p[-1]))) {
            const size_t n = strspn(p, "0123456789");

            if (n == 4 && (*p == '1' || *p == '2') && !word_in(question, p, n))
                return err_set(e, ERR_NOT_FOUND, "the question doesn't say %.4s", p);
            p += n - 1;
        }
    }
    return true;
}

bool sql_faithful(const char *question, const char *sql, err *e)
{
    return keeps_numbers(question, sql, e) && keeps_months(question, sql, e) &&
           adds_nothing(question, sql, e);
}
