/* page.c - see page.h. */
#include "agent/page.h"

#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"
#include "base/file.h"

enum { PLOTLY_BYTES = 8 << 20 };
const char page_plotly_file[] = "share/plotly-basic.min.js";

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
    "'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
static const char style[] =
    "</title>\n<style>\n"
    "body{font:16px/1.5 system-ui,sans-serif;color:#222;background:#fff;max-width:64rem;margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.1rem;font-weight:normal;color:#555}\n.answer{font-size:1.4rem}\n"
    ".number{font-size:3.5rem;font-weight:600}\n"
    "table{border-collapse:collapse;margin:1rem 0}\nth,td{padding:.25rem .75rem;border-bottom:1px solid #ddd;text-align:left}\n"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
    "pre{background:#f6f6f6;padding:1rem;overflow:auto}\n.note{color:#555}\n</style>\n</head>\n<body>\n";

void page_text(const char *text, str *out)
{
    str clean = {0};

    format_text(text, &clean);
    for (const char *p = str_text(&clean); *p; p++)
        switch (*p) {
        case '&':  str_adds(out, "&amp;"); break;
        case '<':  str_adds(out, "&lt;"); break;
        case '>':  str_adds(out, "&gt;"); break;
        case '"':  str_adds(out, "&quot;"); break;
        case '\'': str_adds(out, "&#39;"); break;
        default:   str_addc(out, *p);
        }
    str_deinit(&clean);
}

void page_lines(const char *text, str *out)
{
    for (const char *end; *text; text = *end ? end + 1 : end) {
        str line = {0};

        end = text + strcspn(text, "\n");
        str_add(&line, text, (size_t)(end - text));
        page_text(str_text(&line), out);
        str_addc(out, '\n');
        str_deinit(&line);
    }
}

bool page_json(const json_t *v, str *out, err *e)
{
    char *text = json_dumps(v, JSON_COMPACT | JSON_ENSURE_ASCII);

    if (!text)
        return err_set(e, ERR_NOMEM, "out of memory for the page");
    for (const char *p = text; *p; p++)
        if (*p == '<' || *p == '>' || *p == '&')
            str_addf(out, "\\u%04x", (unsigned)(unsigned char)*p);
        else
            str_addc(out, *p);
    free(text);
    return true;
}

bool page_plotly(str *out)
{
    str path = {0}, code = {0};
    err local = {0};
    bool ok = home_path(&path, page_plotly_file, &local) &&
              file_read(str_text(&path), PLOTLY_BYTES, &code, &local);

    if (ok) {
        str_adds(out, "<script>");
        for (const char *at = code.text, *end = at + code.n; at < end;) {
            const char *mark = memchr(at, '<', (size_t)(end - at));
            const bool closes = mark && end - mark >= 8 && !strncasecmp(mark, "</script", 8);

            str_add(out, at, (size_t)((mark ? mark : end) - at));
            if (mark)
                str_adds(out, closes ? "<\\/script" : "<");
            at = mark ? mark + (closes ? 8 : 1) : end;
        }
        str_adds(out, "</script>\n");
    }
    str_deinit(&path);
    str_deinit(&code);
    return ok;
}

void page_begin(const char *title, str *out)
{
    str_adds(out, head);
    page_text(title, out);
    str_adds(out, style);
}

void page_end(str *out)
{
    str_adds(out, "</body>\n</html>\n");
}
