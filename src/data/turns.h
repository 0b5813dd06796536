/* turns.h - reading training examples: JSON lines of Gemma turns.
 *
 *     {"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}],
 *      "prefix": bytes of the user's content that all questions on the database share
 *                (may be absent), "db_id": … (may be absent), …}
 *
 * Lines may come from anywhere: each is checked, a wrong one is named with file and
 * line, counted, and stops nothing. Other keys are ignored; "model" is taken for "assistant". */
#ifndef DATA_TURNS_H
#define DATA_TURNS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

typedef struct turn {
    json_t *line;             /* owned: turn_deinit */
    const char *user, *answer; /* borrowed from it: UTF-8, neither is empty; may hold NUL */
    size_t n_user, n_answer, prefix; /* prefix <= n_user; 0: none */
    const char *db_id, *question;    /* "" if absent */
} turn;

/* One line without its line break. ERR_FORMAT with what is wrong; nothing to free then. */
MUST_CHECK bool turn_parse(const char *text, size_t n, turn *t, err *e);
void turn_deinit(turn *t); /* zeroed is allowed */

typedef struct turn_counts {
    int lines, taken, wrong, too_long;
} turn_counts;

/* `take` gets each good line, borrowed for the call. False from it with ERR_FORMAT or
 * ERR_LIMIT counts the line as wrong or too long; any other failure ends the reading. `complain`
 * (or NULL) gets "file:line: what". ERR_IO, ERR_ARG when the file holds no line at all. */
typedef bool turn_take(void *arg, const turn *t, err *e);
typedef void turn_complain(void *arg, const char *text);
MUST_CHECK bool turns_read(const char *path, turn_take *take, turn_complain *complain, void *arg,
                           turn_counts *counts, err *e);

#endif
