/* format.c - numbers, dates and texts as people read them.
 *
 * One number has one form here, in a table, a sentence or a chart: thousands
 * separated by commas, the unit beside it, "–" for NULL. Raw numbers for
 * machines are state_json.c's business. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"

static const struct { const char *code, *symbol; } currencies[] = {
    {"EUR", "€ "}, {"GBP", "£ "}, {"USD", "$ "}, {"JPY", "¥ "}};

static const char *const month_names[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

/* Digits of |v| with separators; `decimals` after the point. */
static void add_grouped(long double v, int decimals, str *out)
{
    char digits[400];
    const int n = snprintf(digits, sizeof digits, "%.*Lf", decimals, fabsl(v));
    const char *point = strchr(digits, '.');
    const int whole = point ? (int)(point - digits) : n;

    for (int i = 0; i < n; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0)
            str_addc(out, ',');
        str_addc(out, digits[i]);
    }
}

/* 2.5 stays 2.5, 3 stays 3: at most `most` decimals, none that are zero. */
static int decimals_needed(double v, int most)
{
    double scale = 1;

    for (int d = 0; d < most; d++, scale *= 10)
        if (fabs(v * scale - nearbyint(v * scale)) < 1e-9 * fmax(1, fabs(v * scale)))
            return d;
    return most;
}

static void add_currency(const char *code, str *out)
{
    for (size_t i = 0; i < sizeof currencies / sizeof currencies[0]; i++)
        if (!strcmp(code, currencies[i].code)) {
            str_adds(out, currencies[i].symbol);
            return;
        }
    if (*code)
        str_addf(out, "%s ", code);
}

static int decimals_of(double v, sem_unit unit)
{
    switch (unit) {
    case SEM_MONEY:   return fabs(v) >= 999.995 ? 0 : 2;
    case SEM_PERCENT:
    case SEM_POINTS:  return 1;
    case SEM_COUNT:   return decimals_needed(v, 2);
    case SEM_YEAR:    return 0;
    default:          return fabs(v) >= 999.995 ? decimals_needed(v, 1)
                                                : decimals_needed(v, fabs(v) < 0.1 ? 4 : 2);
    }
}

void format_number(double v, sem_unit unit, const char *currency, int flags, str *out)
{
    int decimals;
    double rounded;

    if (isnan(v) || isinf(v)) {
        str_adds(out, "–");
        return;
    }
    decimals = decimals_of(v, unit);
    rounded = nearbyint(fabs(v) * pow(10, decimals)); /* "-0.0 %" says nothing */
    if (v < 0 && rounded > 0)
        str_adds(out, "−"); /* U+2212, before the currency */
    else if (flags & FORMAT_SIGNED && rounded > 0)
        str_addc(out, '+');
    if (unit == SEM_MONEY)
        add_currency(currency, out);
    if (unit == SEM_YEAR)
        str_addf(out, "%.0f", fabs(v));
    else
        add_grouped((long double)v, decimals, out);
    if (unit == SEM_PERCENT)
        str_adds(out, " %");
    if (unit == SEM_POINTS)
        str_adds(out, " pp");
}

void format_date(int32_t days, sem_grain grain, str *out)
{
    const sem_date d = sem_date_of(days);

    switch (grain) {
    case SEM_MONTH:
        str_addf(out, "%s %d", month_names[d.month - 1], d.year);
        return;
    case SEM_QUARTER:
        str_addf(out, "Q%d %d", (d.month + 2) / 3, d.year);
        return;
    case SEM_YEAR_GRAIN:
        str_addf(out, "%d", d.year);
        return;
    case SEM_WEEK:
        str_addf(out, "week of %d %s %d", d.day, month_names[d.month - 1], d.year);
        return;
    default:
        str_addf(out, "%d %s %d", d.day, month_names[d.month - 1], d.year);
    }
}

void format_text(const char *text, str *out)
{
    const size_t n = strlen(text);
    size_t i = 0, len;

    while (i < n) {
        len = utf8_len(text + i, n - i);
        if (!len) { /* cells are checked at the child's door; texts from elsewhere may not be */
            str_addc(out, '?');
            i++;
            continue;
        }
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f ||
            (len == 2 && (unsigned char)text[i] == 0xc2 && (unsigned char)text[i + 1] < 0xa0))
            str_addc(out, ' ');
        else
            str_add(out, text + i, len);
        i += len;
    }
}

void format_capital(str *out, size_t at)
{
    if (at < out->n && out->text[at] >= 'a' && out->text[at] <= 'z')
        out->text[at] = (char)(out->text[at] - 'a' + 'A');
}

bool column_is_number(const agent_state *s, int column)
{
    const db_type t = s->columns[column].type;

    return t == DB_INTEGER || t == DB_DECIMAL || t == DB_DOUBLE;
}

double state_number(const agent_state *s, int64_t row, int column)
{
    return column_is_number(s, column) ? db_cell_number(s->results, row, column) : NAN;
}

/* Exact digits of a DECIMAL that a double can't hold. */
static bool add_long_decimal(const char *text, str *out)
{
    const char *digits = text + (*text == '-'), *point = strchr(digits, '.');
    const size_t whole = point ? (size_t)(point - digits) : strlen(digits);

    if (whole <= 15)
        return false;
    if (*text == '-')
        str_adds(out, "−");
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % 3 == 0)
            str_addc(out, ',');
        str_addc(out, digits[i]);
    }
    return true;
}

/* A currency written beside the amount in the same row wins over the layer's;
 * an amount in local currency without one has no symbol. */
static const char *row_currency(const agent_state *s, int64_t row, int column, char buffer[64])
{
    for (int i = 0; i < s->results->n_columns; i++)
        if (s->columns[i].type == DB_TEXT && str_equal_nocase(s->columns[i].name, "currency"))
            return db_cell_text(s->results, row, i, buffer);
    return strstr(s->columns[column].title, "local") ? "" : s->currency;
}

static void add_number_cell(const agent_state *s, int64_t row, int column, str *out)
{
    const agent_column *c = &s->columns[column];
    char buffer[64], other[64];
    int flags = c->role == 'c' ? FORMAT_SIGNED : FORMAT_PLAIN;

    if (c->type != DB_DOUBLE &&
        add_long_decimal(db_cell_text(s->results, row, column, buffer), out))
        return;
    format_number(state_number(s, row, column), c->unit,
                  c->unit == SEM_MONEY ? row_currency(s, row, column, other) : "", flags, out);
}

void agent_format_cell(const agent_state *s, int64_t row, int column, str *out)
{
    const agent_column *c = &s->columns[column];
    char buffer[64];

    if (db_cell_null(s->results, row, column))
        str_adds(out, "–");
    else if (c->type == DB_DATE)
        format_date((int32_t)s->results->columns[column].as.integer[row],
                    c->role == 't' ? s->time_grain : SEM_DAY, out);
    else if (c->type == DB_BOOLEAN)
        str_adds(out, s->results->columns[column].as.integer[row] ? "yes" : "no");
    else if (column_is_number(s, column))
        add_number_cell(s, row, column, out);
    else
        format_text(db_cell_text(s->results, row, column, buffer), out);
}
