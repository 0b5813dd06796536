/* page.h - the parts of a self-contained HTML page with a drawing.
 *
 * It works offline: Plotly's basic bundle, installed beside the weights by the set-up,
 * is written into the page, which forbids itself every request. Whatever is not ours goes
 * through page_text, page_lines or page_json. */
#ifndef AGENT_PAGE_H
#define AGENT_PAGE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

void page_begin(const char *title, str *out); /* up to <body>; the title is untrusted text */
void page_end(str *out);
void page_text(const char *text, str *out);   /* escaped */
void page_lines(const char *text, str *out);  /* escaped; lines stay lines: for <pre> */
/* JSON inside a script element: no "<" can end it, no separator can break it. ERR_NOMEM. */
MUST_CHECK bool page_json(const json_t *v, str *out, err *e);
/* The bundle, with any "</script" in it made harmless; false if it isn't there. */
bool page_plotly(str *out);
extern const char page_plotly_file[]; /* under the home folder */

#endif
