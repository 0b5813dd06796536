/* output_table.c - the answer for a person at a terminal: the sentence first,
 * then rows, what was assumed, how sure, and the SQL. Cells are untrusted text:
 * control characters never reach the terminal. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#include "cli/cli.h"

enum { ROWS_SHOWN = 10, CELL_WIDTH_MAX = 48, COLUMNS_SHOWN = 16 };

int cell_width(const char *text)
{
    int width = 0;
    utf8proc_int32_t c;

    while (*text) {
        const utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);

        if (n <= 0) {
            text++, width++;
            continue;
        }
        width += utf8proc_charwidth(c);
        text += n;
    }
    return width;
}

/* Control characters (escape sequences among them) become a middle dot. */
static void add_plain(str *out, const char *text, int most_width)
{
    utf8proc_int32_t c;
    int width = 0;

    while (*text) {
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);

        if (n <= 0 || c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) ||
            (c >= 0x2066 && c <= 0x2069)) {
            str_adds(out, "\xc2\xb7");
            text += n > 0 ? n : 1;
            width++;
        } else {
            width += utf8proc_charwidth(c);
            if (width > most_width - 1 && text[n]) {
                str_adds(out, "\xe2\x80\xa6");
                return;
            }
            str_add(out, text, (size_t)n);
            text += n;
        }
    }
}

static void add_padded(str *out, const char *text, int width, bool right)
{
    const int pad = width - cell_width(text);

    for (int i = 0; right && i < pad; i++)
        str_addc(out, ' ');
    str_adds(out, text);
    for (int i = 0; !right && i < pad; i++)
        str_addc(out, ' ');
}

static bool is_right(const agent_state *s, int c)
{
    const db_type t = s->results->columns[c].type;

    return t != DB_TEXT && t != DB_BOOLEAN && t != DB_DATE && t != DB_TIMESTAMP;
}

static void cell_text(const agent_state *s, int64_t row, int c, str *out)
{
    str raw = {0};

    str_reset(out);
    if (row < 0)
        str_adds(&raw, s->columns[c].title);
    else
        agent_format_cell(s, row, c, &raw);
    add_plain(out, str_text(&raw), CELL_WIDTH_MAX);
    str_deinit(&raw);
}

static void add_rows(const agent_state *s, int64_t shown, str *out)
{
    const db_result *r = s->results;
    const int n = r->n_columns < COLUMNS_SHOWN ? r->n_columns : COLUMNS_SHOWN;
    int width[COLUMNS_SHOWN] = {0};
    str cell = {0};

    for (int64_t i = -1; i < shown; i++)
        for (int c = 0; c < n; c++) {
            cell_text(s, i, c, &cell);
            if (cell_width(str_text(&cell)) > width[c])
                width[c] = cell_width(str_text(&cell));
        }
    for (int64_t i = -1; i < shown; i++) {
        for (int c = 0; c < n; c++) {
            const bool last = c == n - 1;

            cell_text(s, i, c, &cell);
            if (c)
                str_adds(out, "  ");
            if (last && !is_right(s, c))
                str_adds(out, str_text(&cell));
            else
                add_padded(out, str_text(&cell), width[c], is_right(s, c));
        }
        str_addc(out, '\n');
    }
    if (n < r->n_columns)
        str_addf(out, "%d more columns: --format csv shows them\n", r->n_columns - n);
    str_deinit(&cell);
}

static void add_list(str *out, const char *label, const char *const *items, int n)
{
    for (int i = 0; i < n; i++) {
        str_adds(out, i ? "; " : label);
        add_plain(out, items[i], 400);
    }
    if (n)
        str_addc(out, '\n');
}

/* "Still: 2024, West, by month" */
static void add_still(const agent_state *s, str *out)
{
    for (int i = 0; i < s->n_still; i++) {
        str_adds(out, i ? ", " : "Still: ");
        add_plain(out, s->still[i], 200);
    }
    if (s->n_still)
        str_addc(out, '\n');
}

static void add_unused(const agent_state *s, str *out)
{
    for (int i = 0; i < s->n_unused_words; i++) {
        str_adds(out, i ? ", \"" : "I did not use: \"");
        add_plain(out, s->unused_words[i], 80);
        str_addc(out, '"');
    }
    if (s->n_unused_words)
        str_addc(out, '\n');
}

static void add_footer(const agent_state *s, str *out)
{
    if (s->confidence.word && *s->confidence.word && s->error.code == ERR_OK)
        str_addf(out, "%s: %s.   ", s->confidence.word, s->confidence.reason);
    if (s->database)
        add_plain(out, s->database, 80);
    if (s->data_to && *s->data_to)
        str_addf(out, " to %s", s->data_to);
    str_addf(out, "   %.2f s\n", s->total_ms / 1e3);
}

static void add_trace(const agent_state *s, str *out)
{
    str_adds(out, "Trace:\n");
    for (int i = 0; i < s->n_trace; i++) {
        str_addf(out, "  %-18s %8.2f ms  %-9s ", s->trace[i].step, s->trace[i].ms,
                 s->trace[i].source);
        add_plain(out, s->trace[i].why, 400);
        str_addc(out, '\n');
    }
}

static void add_result(const agent_state *s, const flags *f, str *out, err *e)
{
    const db_result *r = s->results;
    const int64_t shown = f->all || r->n_rows <= ROWS_SHOWN ? r->n_rows : ROWS_SHOWN;
    const bool single = r->n_rows == 1 && r->n_columns == 1;

    if (r->n_rows && !single)
        add_rows(s, shown, out);
    if (shown < r->n_rows)
        str_addf(out, "%*s%lld of %lld rows; --all shows every row\n", 24, "",
                 (long long)shown, (long long)r->n_rows);
    if (r->truncated)
        str_addf(out, "Cut at %lld rows: ask for a narrower period or fewer groups.\n",
                 (long long)r->n_rows);
    if (r->n_rows > 1 && isatty(STDOUT_FILENO) && !f->out) {
        str chart = {0};

        if (agent_chart_text(s, terminal_width(), &chart, e) && chart.n) {
            str_addc(out, '\n');
            str_adds(out, str_text(&chart));
        }
        str_deinit(&chart);
    }
}

bool output_table(const agent_state *s, const flags *f, str *out, err *e)
{
    add_plain(out, s->answer, 4000);
    str_addc(out, '\n');
    if (s->error.code != ERR_OK) {
        output_caret(s, f, out);
        for (int i = 0; i < s->n_choices; i++) {
            str_addf(out, "  %d  ", i + 1);
            add_plain(out, s->choices[i], 200);
            str_addc(out, '\n');
        }
    } else if (s->n_choices && s->intent == INTENT_HELP) {
        for (int i = 0; i < s->n_choices; i++)
            str_addf(out, "  %s\n", s->choices[i]);
    }
    if (s->results && s->columns && s->error.code == ERR_OK)
        add_result(s, f, out, e);
    add_still(s, out);
    add_list(out, "Taken as: ", s->assumptions, s->n_assumptions);
    add_list(out, "Note: ", s->left_out, s->n_left_out);
    add_unused(s, out);
    if (f->explain && s->explanation && *s->explanation) {
        str_adds(out, "In words: ");
        add_plain(out, s->explanation, 2000);
        str_addc(out, '\n');
    }
    add_footer(s, out);
    if (s->sql && *s->sql) {
        str_adds(out, "SQL: ");
        add_plain(out, s->sql, 100000);
        str_addc(out, '\n');
    }
    if (f->trace)
        add_trace(s, out);
    return out->bad ? err_set(e, ERR_NOMEM, "out of memory for the answer") : true;
}
