/* server_impl.h - what the files of the server share; private to src/server.
 *
 * A request lives as long as its connection or its work needs it, whichever is
 * longer: two references. What both touch is under its lock. */
#ifndef SERVER_SERVER_IMPL_H
#define SERVER_SERVER_IMPL_H

#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/str.h"
#include "salesbot/salesbot.h"
#include "server/metrics.h"
#include "server/page.h"
#include "server/route.h"
#include "server/server.h"
#include "server/store.h"

typedef struct identity {
    char name[64]; /* of the key; "local" without keys */
    role role;
    char address[64];
} identity;

typedef struct worker worker;

struct request {
    server *server;
    const route *route;
    char answer_id[32]; /* of the answer that is made */
    char id[64]; /* what stands for {id} */
    identity who;
    json_t *in; /* checked body or query; NULL: none */
    str body;
    size_t n_received;
    int fd;            /* of the connection, while there is one */
    bool begun;        /* has come whole */
    bool endless;      /* events without an end of their own: no time limit */
    bool discard;      /* the reply is settled; what still comes is read and dropped */
    bool wants_events; /* asked for, and the route can */
    worker *worker;    /* that runs it now */
    double arrived_ms, queued_ms;

    /* the reply, settled by whoever answers */
    int status, retry_after;
    str reply;
    const char *type;      /* NULL: application/json */
    const char *allow;     /* methods, with 405 */
    const char *cache;     /* Cache-Control; NULL: no-store */
    const struct asset *asset; /* instead of `reply` */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t finished; /* done: for who waits without a connection */
    int references;
    struct MHD_Connection *connection; /* NULL: it is gone */
    salesbot_session *running;         /* to be cancelled when the client leaves */
    bool gone, done, suspended, streaming, ended;
    bool late;     /* stopped by the server's own limit */
    str stream;    /* events not yet sent, from `sent` on */
    size_t sent;
    double wrote_ms;

    request *next;                     /* in a lane */
    request *watch_next, *watch_back;  /* of those that are answered now */
    uint64_t number;
};

/* ---- request.c: replies ---- */
/* The reply is this JSON (owned). Returns true, so that a handler ends with it. */
bool reply_json(request *r, int status, json_t *owned);
bool reply_text(request *r, int status, char *owned_json); /* by salesbot_free; NULL: out of memory */
/* {"error":{"code","message"}}; true. */
bool reply_error(request *r, int status, const char *code, const char *fmt, ...) PRINTF(4, 5);
void reply_err(request *r, const err *e);
/* e from an error of the public API; false. */
bool api_failed(err *e, const salesbot_error *from);
/* One event into the stream: "event: NAME\ndata: JSON\n\n". */
void request_event(request *r, const char *name, const char *json);
void request_stream(request *r, const char *text, size_t n); /* as it is */
/* The work is over: the reply goes out, or the stream ends with it. Drops the work's reference. */
void request_finish(request *r);
bool request_gone(request *r);
void request_cancel(request *r, bool late); /* from any thread */
/* Around calls of a session: so that request_cancel reaches it. */
void request_running(request *r, salesbot_session *s);
void request_release(request *r);
const char *in_text(const request *r, const char *name); /* NULL if absent */
int64_t in_whole(const request *r, const char *name, int64_t otherwise);
bool in_switch(const request *r, const char *name);

/* ---- http.c: the connections ---- */
MUST_CHECK bool http_start(server *s, err *e);
void http_quiesce(server *s); /* no new connections */
void http_stop(server *s);

/* ---- lanes.c ---- */
MUST_CHECK bool lanes_start(server *s, err *e);
void lanes_stop(server *s); /* after what is queued */
/* False: full; *wait_s says after how long to come again. */
bool lanes_put(server *s, lane l, request *r, int *wait_s, int *before);
int lanes_waiting(server *s, lane l);
/* The session of a database for this request's worker and role, opened at first use. */
MUST_CHECK salesbot_session *request_session(request *r, const char *database, err *e);
/* Hand the request at hand on; the handler then returns true and touches it no more. */
bool request_move(request *r, lane to, int *wait_s, int *before);
/* The handler returned, but the request goes on: someone else will call request_finish. */
void request_keep(request *r);
lane request_lane(const request *r); /* where it runs now */
/* Sessions are opened again by the next question that needs them (a new semantic layer). */
void lanes_renew(server *s);

/* ---- watch.c: clients that left, that are slow, that wait too long ---- */
MUST_CHECK bool watch_open(server *s, err *e);
void watch_close(server *s);
void watch_add(request *r);
void watch_remove(request *r);
int watch_count(server *s);
void watch_cancel_all(server *s);
struct connection *watch_opened(server *s, int fd);
void watch_closed(server *s, struct connection *c);
void watch_busy(server *s, struct connection *c, bool busy); /* has a request been read whole? */

/* ---- auth.c ---- */
/* Who asks; replies 401, 403, 429 itself and gives false. */
bool auth_admit(request *r, struct MHD_Connection *c);
bool auth_admit_host(request *r, struct MHD_Connection *c); /* Host and Origin: 403 */
bool auth_keys_required(server *s);
struct rates *rates_new(void);
void rates_free(struct rates *all);
/* ---- policy.c: what the roles may read ---- */
MUST_CHECK bool policies_open(server *s, const char *json, err *e);
const char *policy_of(const server *s, role r); /* JSON; NULL: everything */

/* ---- audit ---- */
void audit_write(request *r, const char *question, const char *sql, const char *verdict, double ms);

/* ---- model.c: the adapter that is chosen ---- */
bool model_adapter_path(server *s, const char *name, str *path, err *e);

/* ---- training.c ---- */
typedef struct training training;
MUST_CHECK training *training_open(server *s, err *e);
void training_tick(training *t);  /* once a second */
void training_close(training *t); /* a run that goes on saves and stops */

/* ---- mcp.c: one message to its answer; NULL: none is due, or *moved ---- */
json_t *mcp_answer(request *r, const json_t *message, bool *moved);

/* ---- handlers, as routes.c lists them ---- */
#define HANDLERS(X)                                                                          \
    X(healthz) X(readyz) X(metrics) X(openapi) X(me) X(ask) X(sql) X(check) X(answer_get)    \
    X(answer_delete) X(info) X(catalog) X(semantic)                                   \
    X(suggestions) X(complete) X(conversation_new) X(conversations) X(conversation_get)      \
    X(conversation_title) X(conversation_delete) X(conversation_undo) X(history)             \
    X(feedback_new) X(feedback) X(knowledge) X(knowledge_search) X(knowledge_add)            \
    X(knowledge_verify) X(knowledge_delete) X(models) X(models_choose) X(training)           \
    X(training_start) X(training_get) X(training_pause) X(training_resume) X(training_stop)  \
    X(training_events) X(evaluations) X(evaluation_get) X(monitor) X(audit)                  \
    X(openai_models) X(openai_chat) X(mcp)
#define X(name) bool handle_##name(request *r, err *e);
HANDLERS(X)
#undef X

typedef struct lane_queue lane_queue;
struct server {
    server_options o; /* texts below */
    char *texts;      /* owned copies of the options' texts */
    struct MHD_Daemon *daemon;
    char *tls_cert, *tls_key; /* PEM; owned */
    salesbot_engine *engine;
    store *store;
    metrics metrics;
    lane_queue *lanes; /* [LANE_COUNT] */
    struct watcher *watcher;
    struct rates *rates;
    training *training;
    char *policy[ROLE_ADMIN + 1];
    str openapi;
    str plotly_text;
    asset plotly; /* the chart library that set-up fetched; n 0: it isn't there */
    int port, stop_fd;
    atomic_bool draining, ready;
    atomic_int generation; /* of the sessions: lanes_renew */
    bool loopback;
    double started_ms;
    pthread_mutex_t choice_lock; /* guards the next one */
    char adapter[256];           /* chosen by an admin; "": the default */
    char started[32];
};

#endif
