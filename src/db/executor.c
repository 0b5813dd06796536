/* executor.c - the child's main loop.
 *
 * It is told once what to open, loads DuckDB's library, gives up its rights,
 * opens the database and then answers requests until the parent is gone or
 * nothing was asked for idle_ms. It leaves by _exit: no handler of DuckDB's or
 * ours runs over a database that an attacker may have shaped. */
#include "db/executor_impl.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static pid_t parent_pid;

/* The kernel tells when the parent's *thread* ends; only the process counts. */
static void on_parent_signal(int sig)
{
    (void)sig;
    if (getppid() != parent_pid)
        _exit(EXECUTOR_ORPHAN);
}

static void prepare_process(void)
{
    struct sigaction action = {.sa_handler = on_parent_signal, .sa_flags = SA_RESTART};

    parent_pid = getppid();
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent_pid)
        _exit(EXECUTOR_ORPHAN);
    signal(SIGINT, SIG_IGN); /* the parent decides what an interrupt means */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full temporary folder is an error, not the end */
}

static bool reply(frame_kind kind, const str *payload, err *e)
{
    return channel_send(EXECUTOR_SOCKET, kind, payload, e);
}

static bool reply_error(const err *why)
{
    str payload = {0};
    err e;
    bool ok;

    error_put(&payload, why);
    ok = reply(REPLY_ERROR, &payload, &e);
    str_deinit(&payload);
    return ok;
}

static bool read_opening(executor *x, err *e)
{
    frame_kind kind;
    wire w;

    if (channel_receive(EXECUTOR_SOCKET, &kind, &x->opening, e) != CHANNEL_OK)
        return false;
    w = (wire){.base = (const uint8_t *)str_text(&x->opening), .n = x->opening.n};
    if (kind != ASK_OPEN)
        return err_set(e, ERR_DB, "the first request is not to open");
    return ask_open_get(&w, &x->open, e);
}

static bool open_all(executor *x, err *e)
{
    str note = {0};
    bool ok = read_opening(x, e) && duckdb_api_load(&x->api, x->open.library, e);

    if (ok)
        sandbox_enter(&x->open, &note); /* before any thread exists */
    ok = ok && watch_start(x, e) && executor_open(x, e);
    if (ok) {
        str payload = {0};

        wire_put_text(&payload, str_text(&note));
        ok = reply(REPLY_HELLO, &payload, e);
        str_deinit(&payload);
    }
    str_deinit(&note);
    return ok;
}

static bool answer(executor *x, frame_kind kind, const ask *m, err *e)
{
    switch (kind) {
    case ASK_PREPARE: return answer_prepare(x, m, e);
    case ASK_EXECUTE: return answer_execute(x, m, e);
    case ASK_EXPLAIN: return answer_explain(x, m, e);
    case ASK_EXPORT: return answer_export(x, m, e);
    case ASK_CATALOG: return answer_catalog(x, m, e);
    case ASK_RUN:
    case ASK_IMPORT:
    case ASK_FINISH:
        if (x->open.mode == MODE_READ)
            return err_set(e, ERR_DB, "this database is open for reading only");
        if (kind == ASK_FINISH)
            return executor_finish(x, e);
        if (kind == ASK_IMPORT)
            return executor_import_sqlite(x, m, e);
        return executor_run(x, m->sql, e);
    default:
        return err_set(e, ERR_DB, "unexpected request");
    }
}

static bool send_done(int64_t began)
{
    str payload = {0};
    err e;
    bool ok;

    done_put(&payload, false, (double)(now_ms() - began));
    ok = reply(REPLY_DONE, &payload, &e);
    str_deinit(&payload);
    return ok;
}

/* One request; false when the conversation is over. */
static bool serve(executor *x, str *payload)
{
    const int idle = x->open.idle_ms ? (int)x->open.idle_ms : -1;
    const int64_t began = now_ms();
    frame_kind kind;
    err e;
    ask m;
    wire w;
    bool ok, ends;
    channel_state state = channel_wait(EXECUTOR_SOCKET, idle);

    if (state == CHANNEL_TIMEOUT) /* idle, or a signal: a new process is cheap */
        return idle < 0 || now_ms() - began < idle - 1;
    state = channel_receive(EXECUTOR_SOCKET, &kind, payload, &e);
    if (state != CHANNEL_OK)
        return false;
    w = (wire){.base = (const uint8_t *)str_text(payload), .n = payload->n};
    if (!ask_get(&w, &m, &e))
        return false;
    watch_begin(x, &m);
    ok = answer(x, kind, &m, &e);
    if (!ok && watch_stopped(x) == STOP_CANCEL)
        err_set(&e, ERR_CANCELLED, "interrupted");
    watch_end(x);
    ends = kind == ASK_EXECUTE; /* it has sent its own end */
    return ok ? ends || send_done(began) : reply_error(&e);
}

int db_executor_main(int argc, char **argv)
{
    executor *x = calloc(1, sizeof *x);
    str payload = {0};
    err e;

    (void)argv;
    prepare_process();
    if (argc != 2 || !x || fcntl(EXECUTOR_SOCKET, F_GETFD) < 0 ||
        fcntl(EXECUTOR_CANCEL, F_GETFD) < 0)
        _exit(EXECUTOR_BAD_CALL); /* typed by hand: there is nobody to talk to */
    if (!open_all(x, &e))
        reply_error(&e);
    else
        while (serve(x, &payload))
            continue;
    if (x->connection) {
        x->api.disconnect(&x->connection);
        x->api.close(&x->database);
    }
    if (x->open.temporary)
        temporary_clean(x->open.temporary);
    _exit(EXECUTOR_IDLE);
}
