/* server.c - the whole: started in order, stopped in the other. */
#include "server/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "server/server_impl.h"

static void defaults(server_options *o)
{
    const struct { int *at, value; } all[] = {
        {&o->port, 8642}, {&o->ask_workers, 4}, {&o->model_workers, 1}, {&o->queue, 64}, {&o->rate_per_minute, 600},
        {&o->request_ms, 30000}, {&o->answer_ms, 300000}, {&o->drain_ms, 10000}, {&o->n_connections, 2000}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!*all[i].at)
            *all[i].at = all[i].value;
    if (!o->body_bytes)
        o->body_bytes = 1 << 20;
    if (!o->host)
        o->host = "127.0.0.1";
}

/* The options' texts, into one block of our own. */
static bool keep_texts(server *s, err *e)
{
    const char **texts[] = {&s->o.host, &s->o.store, &s->o.model, &s->o.adapter, &s->o.semantic, &s->o.program,
                            &s->o.tls_cert, &s->o.tls_key, &s->o.origins, &s->o.hosts, &s->o.policies};
    size_t n = 0, count = sizeof texts / sizeof texts[0];
    char *at;

    for (size_t i = 0; i < count; i++)
        n += *texts[i] ? strlen(*texts[i]) + 1 : 0;
    for (int i = 0; i < s->o.n_databases; i++)
        n += strlen(s->o.databases[i].name) + strlen(s->o.databases[i].path) + 2;
    if (!(at = s->texts = malloc(n + 1)))
        return err_set(e, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        if (*texts[i]) {
            const size_t k = strlen(*texts[i]) + 1;

            *texts[i] = memcpy(at, *texts[i], k);
            at += k;
        }
    for (int i = 0; i < s->o.n_databases; i++) {
        const size_t k = strlen(s->o.databases[i].name) + 1, m = strlen(s->o.databases[i].path) + 1;

        s->o.databases[i].name = memcpy(at, s->o.databases[i].name, k);
        s->o.databases[i].path = memcpy(at + k, s->o.databases[i].path, m);
        at += k + m;
    }
    return true;
}

static bool open_store(server *s, err *e)
{
    str path = {0};
    bool ok = s->o.store || home_path(&path, NULL, e);

    if (ok && !s->o.store) {
        ok = dir_make(path.text, e);
        str_adds(&path, "/server.sqlite");
    }
    s->store = ok ? store_open(s->o.store ? s->o.store : str_text(&path), e) : NULL;
    str_deinit(&path);
    return s->store != NULL;
}

/* Fetched and checked by set-up, so it is no file of web/dist. */
static void open_plotly(server *s)
{
    str path = {0};
    err ignored = {0};

    if (!home_path(&path, "share/plotly-basic.min.js", &ignored) || !file_read(path.text, 8 << 20, &s->plotly_text, &ignored))
        str_reset(&s->plotly_text);
    s->plotly = (asset){.path = "/plotly-basic.min.js", .type = "text/javascript; charset=utf-8",
                        .bytes = (const unsigned char *)str_text(&s->plotly_text), .n = s->plotly_text.n};
    str_deinit(&path);
}

static bool open_engine(server *s, err *e)
{
    salesbot_error why = {0};
    salesbot_options *o = salesbot_options_new(&why);
    char threads[16];

    snprintf(threads, sizeof threads, "%d", s->o.threads);
    if (o && salesbot_options_set(o, "model", s->o.model, &why) && salesbot_options_set(o, "threads", threads, &why) &&
        salesbot_options_set(o, "program", s->o.program, &why))
        s->engine = salesbot_engine_new(o, &why);
    salesbot_options_free(o);
    return s->engine || api_failed(e, &why);
}

server *server_new(const server_options *o, err *e)
{
    server *s = calloc(1, sizeof *s);

    if (!s) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    s->o = *o;
    defaults(&s->o);
    metrics_init(&s->metrics);
    pthread_mutex_init(&s->choice_lock, NULL);
    s->started_ms = clock_ms();
    time_text(time_now(), s->started);
    open_plotly(s);
    s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (keep_texts(s, e) && (s->rates = rates_new()) && open_store(s, e) && policies_open(s, s->o.policies, e) &&
        open_engine(s, e) && server_openapi(&s->openapi, e) && (s->training = training_open(s, e)) &&
        watch_open(s, e) && lanes_start(s, e) && (s->o.no_listen || http_start(s, e))) {
        s->ready = true;
        return s;
    }
    server_free(s);
    return NULL;
}

int server_port(const server *s) { return s->port; }

void server_stop(server *s)
{
    const int kept = errno;

    if (write(s->stop_fd, &(uint64_t){1}, 8) != 8)
        errno = 0; /* it is full: it was asked before */
    errno = kept;
}

static void wait_until_idle(server *s, int ms)
{
    const double until = clock_ms() + ms;

    while (watch_count(s) && clock_ms() < until)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

bool server_run(server *s, err *e)
{
    struct pollfd stop = {.fd = s->stop_fd, .events = POLLIN};

    (void)e;
    while (poll(&stop, 1, -1) < 0 && errno == EINTR)
        continue;
    s->draining = true;
    http_quiesce(s);
    wait_until_idle(s, s->o.drain_ms);
    watch_cancel_all(s);
    wait_until_idle(s, 5000);
    return true;
}

void server_free(server *s)
{
    if (!s)
        return;
    s->draining = true;
    if (s->watcher)
        watch_cancel_all(s);
    lanes_stop(s);
    http_stop(s);
    watch_close(s);
    training_close(s->training);
    store_close(s->store);
    salesbot_engine_free(s->engine);
    rates_free(s->rates);
    metrics_deinit(&s->metrics);
    pthread_mutex_destroy(&s->choice_lock);
    for (int i = 0; i <= ROLE_ADMIN; i++)
        free(s->policy[i]);
    str_deinit(&s->openapi);
    str_deinit(&s->plotly_text);
    free(s->tls_cert);
    free(s->tls_key);
    free(s->texts);
    if (s->stop_fd >= 0)
        close(s->stop_fd);
    free(s);
}
