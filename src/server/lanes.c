/* lanes.c - who works: threads and bounded queues, one lane for each kind of work.
 *
 * A worker of the ask and model lanes has sessions of its own, opened at first use: a
 * session answers one call at a time. The model lane is apart, so that an answer by
 * template never waits behind the model. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "server/server_impl.h"

enum { MAX_WORKERS = 16 };

struct worker {
    server *server;
    lane lane;
    pthread_t thread;
    bool moved; /* the request at hand went on to another lane */
    struct {
        salesbot_session *s;
        int generation;
    } sessions[SERVER_MAX_DATABASES][ROLE_ADMIN + 1];
};

struct lane_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    request *first, *last;
    int n, most, n_workers;
    bool ending;
    double mean_ms; /* of its work: how long a turned-away client should wait */
    worker workers[MAX_WORKERS];
};

bool lanes_put(server *s, lane l, request *r, int *wait_s, int *before)
{
    lane_queue *q = &s->lanes[l];
    bool fits;

    pthread_mutex_lock(&q->lock);
    if (before)
        *before = q->n;
    fits = q->n < q->most && !q->ending;
    if (fits) {
        r->next = NULL;
        r->queued_ms = clock_ms();
        if (q->last)
            q->last->next = r;
        else
            q->first = r;
        q->last = r;
        q->n++;
        pthread_cond_signal(&q->filled);
    } else {
        const double s_left = q->mean_ms * q->n / (q->n_workers ? q->n_workers : 1) / 1000;

        *wait_s = s_left < 1 ? 1 : s_left > 60 ? 60 : (int)s_left;
    }
    pthread_mutex_unlock(&q->lock);
    return fits;
}

int lanes_waiting(server *s, lane l)
{
    int n;

    pthread_mutex_lock(&s->lanes[l].lock);
    n = s->lanes[l].n;
    pthread_mutex_unlock(&s->lanes[l].lock);
    return n;
}

static request *next(lane_queue *q)
{
    request *r;

    pthread_mutex_lock(&q->lock);
    while (!q->first && !q->ending)
        pthread_cond_wait(&q->filled, &q->lock);
    if ((r = q->first)) {
        q->first = r->next;
        if (!q->first)
            q->last = NULL;
        q->n--;
    }
    pthread_mutex_unlock(&q->lock);
    return r;
}

/* ---- sessions ------------------------------------------------------------------- */

static salesbot_options *session_options(const worker *w, const char *policy, salesbot_error *e)
{
    const server_options *o = &w->server->o;
    salesbot_options *all = salesbot_options_new(e);
    const bool no_model = o->no_model || w->lane != LANE_MODEL;

    if (all && salesbot_options_set(all, "semantic", o->semantic, e) &&
        salesbot_options_set(all, "program", o->program, e) &&
        salesbot_options_set(all, "no_model", no_model ? "1" : "0", e) &&
        salesbot_options_set(all, "no_adapter", o->no_adapter ? "1" : "0", e) &&
        salesbot_options_set(all, "adapter", o->adapter, e) &&
        (!policy || salesbot_options_set(all, "policy", policy, e)))
        return all;
    salesbot_options_free(all);
    return NULL;
}

static int find_database(const server *s, const char *name)
{
    for (int i = 0; i < s->o.n_databases; i++)
        if (!name || !strcmp(name, s->o.databases[i].name))
            return i;
    return -1;
}

salesbot_session *request_session(request *r, const char *database, err *e)
{
    worker *w = r->worker;
    server *s = r->server;
    const int i = find_database(s, database), now = s->generation;
    const char *policy = policy_of(s, r->who.role);
    const int as = policy ? (int)r->who.role : 0;
    salesbot_error why = {0};
    salesbot_options *o;

    if (i < 0) {
        err_set(e, ERR_NOT_FOUND, "there is no database \"%.100s\" here", database);
        return NULL;
    }
    if (w->sessions[i][as].s && w->sessions[i][as].generation != now) {
        salesbot_close(w->sessions[i][as].s);
        w->sessions[i][as].s = NULL;
    }
    if (!w->sessions[i][as].s) {
        o = session_options(w, policy, &why);
        w->sessions[i][as].s = o ? salesbot_open(s->engine, s->o.databases[i].path, o, &why) : NULL;
        w->sessions[i][as].generation = now;
        salesbot_options_free(o);
    }
    if (!w->sessions[i][as].s)
        api_failed(e, &why);
    return w->sessions[i][as].s;
}

bool request_move(request *r, lane to, int *wait_s, int *before)
{
    worker *w = r->worker;

    w->moved = lanes_put(r->server, to, r, wait_s, before);
    return w->moved;
}

void request_keep(request *r) { r->worker->moved = true; }

lane request_lane(const request *r) { return r->worker ? r->worker->lane : LANE_NOW; }

void lanes_renew(server *s) { s->generation++; }

/* ---- threads -------------------------------------------------------------------- */

static void run(worker *w, request *r)
{
    lane_queue *q = &w->server->lanes[w->lane];
    const double start = clock_ms();
    err e = {0};

    metrics_time(&w->server->metrics, "salesbot_queue_seconds", "lane",
                 (const char *const[]){"now", "light", "ask", "model"}[w->lane], start - r->queued_ms);
    r->worker = w;
    if (request_gone(r))
        reply_error(r, 499, "cancelled", r->late ? "it waited too long" : "the client left");
    else if (!r->route->handle(r, &e) && e.code != ERR_OK)
        reply_err(r, &e);
    else if (w->moved)
        r = NULL; /* another lane has it, and may have freed it */
    w->moved = false;
    if (r)
        request_finish(r);
    pthread_mutex_lock(&q->lock);
    q->mean_ms = q->mean_ms * 0.9 + (clock_ms() - start) * 0.1;
    pthread_mutex_unlock(&q->lock);
}

static void *work(void *arg)
{
    worker *w = arg;
    request *r, first = {.server = w->server, .worker = w};
    err ignored = {0};

    if (w->lane == LANE_ASK) /* a database that can't be opened is told to whoever asks */
        (void)!request_session(&first, NULL, &ignored);
    while ((r = next(&w->server->lanes[w->lane])))
        run(w, r);
    for (int i = 0; i < SERVER_MAX_DATABASES; i++)
        for (int k = 0; k <= ROLE_ADMIN; k++)
            salesbot_close(w->sessions[i][k].s);
    return NULL;
}

bool lanes_start(server *s, err *e)
{
    const int counts[LANE_COUNT] = {0, 2, s->o.ask_workers, s->o.model_workers};

    if (!(s->lanes = calloc(LANE_COUNT, sizeof *s->lanes)))
        return err_set(e, ERR_NOMEM, "out of memory");
    for (int l = 0; l < LANE_COUNT; l++) {
        lane_queue *q = &s->lanes[l];

        pthread_mutex_init(&q->lock, NULL);
        pthread_cond_init(&q->filled, NULL);
        q->most = l == LANE_LIGHT ? 4 * s->o.queue : s->o.queue;
        q->mean_ms = 100;
        for (int i = 0; i < counts[l] && i < MAX_WORKERS; i++) {
            worker *w = &q->workers[i];

            w->server = s;
            w->lane = (lane)l;
            if (pthread_create(&w->thread, NULL, work, w))
                return err_set(e, ERR_NOMEM, "cannot start a thread");
            q->n_workers++;
        }
    }
    return true;
}

void lanes_stop(server *s)
{
    if (!s->lanes)
        return;
    for (int l = 0; l < LANE_COUNT; l++) {
        lane_queue *q = &s->lanes[l];

        pthread_mutex_lock(&q->lock);
        q->ending = true;
        pthread_cond_broadcast(&q->filled);
        pthread_mutex_unlock(&q->lock);
        for (int i = 0; i < q->n_workers; i++)
            pthread_join(q->workers[i].thread, NULL);
    }
    for (int l = 0; l < LANE_COUNT; l++) {
        pthread_cond_destroy(&s->lanes[l].filled);
        pthread_mutex_destroy(&s->lanes[l].lock);
    }
    free(s->lanes);
    s->lanes = NULL;
}
