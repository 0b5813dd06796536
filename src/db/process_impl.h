/* process_impl.h - the executor as its parent sees it. */
#ifndef DB_PROCESS_IMPL_H
#define DB_PROCESS_IMPL_H

#include <stdatomic.h>
#include <sys/types.h>

#include "db/channel_impl.h"

enum { GRACE_MS = 2000, OPEN_WAIT_MS = 2000, OPEN_LIMIT_MS = 60000 };

/* What a child is started with. Texts are owned. */
typedef struct process_plan {
    open_mode mode;
    char *program, *library, *path, *source, *name;
    uint32_t threads, idle_ms;
    int64_t memory_bytes;
} process_plan;
/* Resolve options and environment. ERR_NOMEM, ERR_IO. */
MUST_CHECK bool process_plan_init(process_plan *p, open_mode mode, const char *path,
                                  const db_options *o, err *e);
void process_plan_deinit(process_plan *p);

typedef struct process {
    pid_t pid;              /* 0: none */
    int fd;                 /* -1: none */
    int cancel_read, cancel_write; /* a pipe that outlives each child; -1: none */
    bool greeted;           /* the child has said that the database is open */
    bool left;              /* the last child went in good order (idle), unasked */
    char *temporary;        /* folder of the running child, owned */
    str payload;            /* of the last frame */
    char *note;             /* what the kernel did not grant, owned */
    uint64_t number;        /* of the last request */
    _Atomic uint64_t in_flight; /* request that db_cancel would stop; 0: none */
    _Atomic uint64_t cancelled;
} process;

MUST_CHECK bool process_init(process *p, err *e);
void process_deinit(process *p); /* ends the child */
/* Start a child and tell it what to open; then wait until it has. A child that
 * failed has been ended. ERR_DB, ERR_IO, ERR_NOMEM. */
MUST_CHECK bool process_start(process *p, const process_plan *plan, err *e);
MUST_CHECK bool process_greet(process *p, err *e);
/* End it, wait for it, remove its folder; sets *status of waitpid if not NULL. */
void process_stop(process *p, int *status);
/* True if there is no child, or it has gone by itself (idle). */
bool process_gone(process *p);

/* Send a request; then process_reply until it gives REPLY_DONE or fails.
 * `m->number` is filled in. */
MUST_CHECK bool process_ask(process *p, frame_kind kind, ask *m, err *e);
/* The next reply in p->payload. A REPLY_ERROR, a child that died, and one that
 * does not answer GRACE_MS after `deadline` (now_ms, 0: none) or after a
 * cancel, are failures; in all but the first the child has been ended.
 * `cancel`: an outside flag that is looked at too, or NULL. */
MUST_CHECK bool process_reply(process *p, int64_t deadline, const volatile int *cancel,
                              frame_kind *kind, err *e);
void process_end_request(process *p);
/* The child broke the protocol (*e says how): end it; the code becomes ERR_DB.
 * Returns false. */
bool process_distrust(process *p, err *e);
void process_cancel(process *p); /* async-signal-safe */

#endif
