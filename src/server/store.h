/* store.h - conversations, answers, feedback, keys and the audit, in one SQLite file.
 *
 * WAL mode: whatever a call has returned for survives a kill of the process. One
 * connection behind a recursive lock: several threads may call. */
#ifndef SERVER_STORE_H
#define SERVER_STORE_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"

typedef struct store store;
MUST_CHECK store *store_open(const char *path, err *e); /* made, mode 0600, if missing */
void store_close(store *s);

/* One statement; `kinds` has a letter a parameter: t text (NULL: null), i int64_t, d double. */
MUST_CHECK bool store_run(store *s, err *e, const char *sql, const char *kinds, ...);
/* Its rows: a list of objects whose members are the columns' names; owned. A column whose
 * name ends in "?" becomes true or false. */
MUST_CHECK json_t *store_rows(store *s, err *e, const char *sql, const char *kinds, ...);
/* The first row; ERR_NOT_FOUND with `what` when there is none. */
MUST_CHECK json_t *store_row(store *s, err *e, const char *what, const char *sql, const char *kinds, ...);
int store_changes(store *s); /* rows that the last statement changed; under store_begin */
/* Several statements at once: all or none. store_end keeps them when ok, and unlocks. */
MUST_CHECK bool store_begin(store *s, err *e);
MUST_CHECK bool store_end(store *s, bool ok, err *e);

void store_new_id(char prefix, char id[32]);
int64_t time_now(void); /* since 1970 */
void time_text(int64_t ms, char text[32]); /* ISO 8601, UTC */

#endif
