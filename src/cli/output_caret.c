/* output_caret.c - the place of a mistake in a statement typed by hand: its line, and a
 * caret below.
 *
 *       SELECT regoin FROM regions
 *              ^ */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

enum { LINE_SHOWN = 200 };

void output_caret(const agent_state *s, const flags *f, str *out)
{
    const char *place = f->sql && s->error.message ? strstr(s->error.message, "line ") : NULL;
    int line, column;
    size_t n;
    const char *text = f->sql;

    if (!place || sscanf(place, "line %d, column %d:", &line, &column) != 2 || column < 1 || column > LINE_SHOWN)
        return;
    for (; text && line > 1; line--)
        if ((text = strchr(text, '\n')))
            text++;
    n = text ? strcspn(text, "\n") : 0;
    if (!n || !utf8_valid(text, n))
        return;
    str_adds(out, "  ");
    for (size_t i = 0; i < n && i < LINE_SHOWN; i++) /* a tab or an escape takes one place, as it is counted */
        str_addc(out, (unsigned char)text[i] < ' ' || text[i] == 127 ? ' ' : text[i]);
    str_adds(out, n > LINE_SHOWN ? " …\n  " : "\n  ");
    for (int i = 1; i < column; i++)
        str_addc(out, ' ');
    str_adds(out, "^\n");
}
