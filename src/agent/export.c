/* export.c - the rows for other programs: CSV, Markdown and Parquet, whole; the
 * state as one line of JSON.
 *
 * CSV is RFC 4180: raw numbers, ISO dates, quoted where needed; a NULL is an
 * empty field and an empty text is "". */
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"

static void csv_cell(str *out, const char *text, bool null)
{
    if (null)
        return;
    if (*text && !strpbrk(text, ",\"\r\n")) {
        str_adds(out, text);
        return;
    }
    str_addc(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            str_addc(out, '"');
        str_addc(out, *text);
    }
    str_addc(out, '"');
}

bool agent_csv(const agent_state *s, str *out, err *e)
{
    const db_result *r = s->results;
    char buffer[64];

    for (int c = 0; r && c < r->n_columns; c++) {
        if (c)
            str_addc(out, ',');
        csv_cell(out, r->columns[c].name, false);
    }
    if (r)
        str_adds(out, "\r\n");
    for (int64_t i = 0; r && i < r->n_rows; i++) {
        for (int c = 0; c < r->n_columns; c++) {
            if (c)
                str_addc(out, ',');
            csv_cell(out, db_cell_text(r, i, c, buffer), db_cell_null(r, i, c));
        }
        str_adds(out, "\r\n");
    }
    return out->bad ? err_set(e, ERR_NOMEM, "out of memory for the rows") : true;
}

static void markdown_cell(str *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|' || *text == '\\')
            str_addc(out, '\\');
        str_addc(out, *text == '\n' || *text == '\r' ? ' ' : *text);
    }
}

static void markdown_table(const agent_state *s, str *out)
{
    const db_result *r = s->results;
    str cell = {0};

    for (int c = 0; c < r->n_columns; c++) {
        str_adds(out, c ? " | " : "| ");
        markdown_cell(out, s->columns[c].title);
    }
    str_adds(out, " |\n|");
    for (int c = 0; c < r->n_columns; c++)
        str_adds(out, r->columns[c].type == DB_TEXT ? "---|" : "---:|");
    str_addc(out, '\n');
    for (int64_t i = 0; i < r->n_rows; i++) {
        for (int c = 0; c < r->n_columns; c++) {
            str_reset(&cell);
            agent_format_cell(s, i, c, &cell);
            str_adds(out, c ? " | " : "| ");
            markdown_cell(out, str_text(&cell));
            out->bad = out->bad || cell.bad;
        }
        str_adds(out, " |\n");
    }
    str_deinit(&cell);
}

bool agent_markdown(const agent_state *s, str *out, err *e)
{
    str_addf(out, "%s\n\n", s->answer);
    if (s->results && s->results->n_rows && s->columns) {
        markdown_table(s, out);
        str_addc(out, '\n');
    }
    for (int i = 0; i < s->n_still; i++)
        str_addf(out, "- Still: %s\n", s->still[i]);
    for (int i = 0; i < s->n_assumptions; i++)
        str_addf(out, "- Taken as: %s\n", s->assumptions[i]);
    for (int i = 0; i < s->n_left_out; i++)
        str_addf(out, "- Note: %s\n", s->left_out[i]);
    if (s->sql && *s->sql)
        str_addf(out, "\n```sql\n%s\n```\n", s->sql_pretty ? s->sql_pretty : s->sql);
    return out->bad ? err_set(e, ERR_NOMEM, "out of memory for the answer") : true;
}

bool agent_parquet(agent_context *c, const agent_state *s, const char *path, err *e)
{
    const int64_t n = s->results ? s->results->n_rows : 0;
    const db_limits limits = {.max_rows = n, .timeout_ms = s->options.limits.timeout_ms};
    char *sql;
    int64_t written = 0;
    bool ok;

    if (!s->results)
        return err_set(e, s->error.code ? s->error.code : ERR_NOT_IN_DATA, "%s", s->error.code
                       ? s->error.message : "this answer has no rows to write");
    sql = sorted_sql(s->sql, s->ordered, e);
    ok = sql && db_export_parquet(c->db, sql, &limits, path, &written, e);
    free(sql);
    if (ok && written != n) /* the file was replaced between the two */
        ok = err_set(e, ERR_DB, "%s: %lld rows, but the answer has %lld: the data changed, ask again",
                     path, (long long)written, (long long)n);
    return ok;
}

char *agent_json_line(const json_t *j, err *e)
{
    char *text = j ? json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(17) | JSON_ENCODE_ANY) : NULL;

    if (!text)
        err_set(e, ERR_NOMEM, "out of memory for the JSON");
    return text;
}
