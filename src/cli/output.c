/* output.c - the answer in the format asked for. The table for people is in
 * output_table.c, CSV and Markdown in agent/export.c. */
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

static bool output_json(const agent_state *s, const flags *f, str *out, err *e)
{
    json_t *j = agent_state_json(s, !f->no_times, e);
    char *text = j ? agent_json_line(j, e) : NULL;

    if (text)
        str_addf(out, "%s\n", text);
    json_decref(j);
    if (text && out->bad)
        err_set(e, ERR_NOMEM, "out of memory for the JSON");
    free(text);
    return text && !out->bad;
}

bool output_state(const agent_state *s, const flags *f, str *out, err *e)
{
    switch (f->format) {
    case FORMAT_JSON: return output_json(s, f, out, e);
    case FORMAT_CSV: return agent_csv(s, out, e);
    case FORMAT_PARQUET: return true; /* output_parquet writes it */
    case FORMAT_MARKDOWN: return agent_markdown(s, out, e);
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

static bool copy_to_stdout(const char *path, err *e)
{
    file_map file;
    bool ok;

    if (!file_map_open(path, &file, e))
        return false;
    ok = fwrite(file.bytes, 1, file.n, stdout) == file.n && !fflush(stdout);
    file_map_close(&file);
    return ok || err_set(e, ERR_IO, "standard output: cannot write");
}

bool output_parquet(agent_context *c, const agent_state *s, const flags *f, err *e)
{
    const char *root = getenv("TMPDIR");
    str path = {0};
    int fd;
    bool ok;

    if (!s->results) {
        fprintf(stderr, "salesbot: %s\n", s->answer);
        return true; /* the exit code tells the ending */
    }
    if (f->out)
        return agent_parquet(c, s, f->out, e);
    if (isatty(STDOUT_FILENO))
        return err_set(e, ERR_ARG, "Parquet is not for a terminal: name a file with --out");
    str_addf(&path, "%s/salesbot-XXXXXX", root && *root ? root : "/tmp");
    fd = path.bad ? -1 : mkstemp(path.text);
    if (fd < 0)
        return err_set(e, ERR_IO, "cannot make a temporary file in %s", root && *root ? root : "/tmp");
    close(fd);
    ok = agent_parquet(c, s, path.text, e) && copy_to_stdout(path.text, e);
    unlink(path.text);
    str_deinit(&path);
    return ok;
}
