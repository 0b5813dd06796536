/* output.c - CSV, JSON, Markdown: all rows, raw numbers. The table for people
 * is in output_table.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"

int output_exit_code(const agent_state *s)
{
    if (s->error.code != ERR_OK)
        return err_exit_code(s->error.code);
    return s->results && s->results->truncated ? err_exit_code(ERR_LIMIT) : 0;
}

/* RFC 4180: quoted where needed; a NULL is an empty field, an empty text "". */
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

bool output_csv(const agent_state *s, str *out, err *e)
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

static void markdown_table(const agent_state *s, int64_t most, str *out)
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
    for (int64_t i = 0; i < r->n_rows && i < most; i++) {
        for (int c = 0; c < r->n_columns; c++) {
            str_reset(&cell);
            agent_format_cell(s, i, c, &cell);
            str_adds(out, c ? " | " : "| ");
            markdown_cell(out, str_text(&cell));
        }
        str_adds(out, " |\n");
    }
    str_deinit(&cell);
}

bool output_markdown(const agent_state *s, const flags *f, str *out, err *e)
{
    str_addf(out, "%s\n\n", s->answer);
    if (s->results && s->results->n_rows && s->columns) {
        markdown_table(s, f->all ? INT64_MAX : 1000, out);
        str_addc(out, '\n');
    }
    for (int i = 0; i < s->n_assumptions; i++)
        str_addf(out, "- Taken as: %s\n", s->assumptions[i]);
    for (int i = 0; i < s->n_left_out; i++)
        str_addf(out, "- Note: %s\n", s->left_out[i]);
    if (s->sql && *s->sql)
        str_addf(out, "\n```sql\n%s\n```\n", s->sql_pretty ? s->sql_pretty : s->sql);
    return out->bad ? err_set(e, ERR_NOMEM, "out of memory for the answer") : true;
}

static bool output_json(const agent_state *s, const flags *f, str *out, err *e)
{
    json_t *j = agent_state_json(s, !f->no_times, e);
    char *text = j ? json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;

    if (text) {
        str_adds(out, text);
        str_addc(out, '\n');
    }
    free(text);
    json_decref(j);
    if (j && (!text || out->bad))
        return err_set(e, ERR_NOMEM, "out of memory for the JSON");
    return j != NULL;
}

bool output_state(const agent_state *s, const flags *f, str *out, err *e)
{
    switch (f->format) {
    case FORMAT_JSON: return output_json(s, f, out, e);
    case FORMAT_CSV: return output_csv(s, out, e);
    case FORMAT_MARKDOWN: return output_markdown(s, f, out, e);
    default: return output_table(s, f, out, e);
    }
}

bool output_write(const flags *f, const str *text, err *e)
{
    if (f->out)
        return file_write_atomic(f->out, str_text(text), text->n, 0644, e);
    if (fwrite(str_text(text), 1, text->n, stdout) != text->n || fflush(stdout))
        return err_set(e, ERR_IO, "standard output: cannot write");
    return true;
}
