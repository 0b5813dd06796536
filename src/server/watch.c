/* watch.c - one thread that watches what the library doesn't: clients who leave while
 * their answer is made, requests that never come whole, answers that take too long.
 *
 * A suspended connection isn't polled by the library, so this thread waits for the
 * peer's end (EPOLLRDHUP) itself. A client that closes its sending half counts as gone,
 * as with other servers. */
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "server/server_impl.h"

struct connection {
    struct connection *next, *back;
    int fd;
    bool busy;
    double since_ms;
};

struct watcher {
    pthread_t thread;
    pthread_mutex_t lock;
    int epoll, wake;
    bool ending, started;
    request *requests;
    int n;
    uint64_t numbers;
    struct connection *connections;
};

/* ---- requests that are being answered ----------------------------------------------- */

void watch_add(request *r)
{
    struct watcher *w = r->server->watcher;
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT};

    pthread_mutex_lock(&w->lock);
    r->number = event.data.u64 = ++w->numbers;
    r->watch_next = w->requests;
    if (w->requests)
        w->requests->watch_back = r;
    w->requests = r;
    w->n++;
    if (r->fd >= 0)
        epoll_ctl(w->epoll, EPOLL_CTL_ADD, r->fd, &event);
    pthread_mutex_unlock(&w->lock);
}

void watch_remove(request *r)
{
    struct watcher *w = r->server->watcher;

    pthread_mutex_lock(&w->lock);
    if (r->number) {
        if (r->watch_back)
            r->watch_back->watch_next = r->watch_next;
        else
            w->requests = r->watch_next;
        if (r->watch_next)
            r->watch_next->watch_back = r->watch_back;
        r->watch_next = r->watch_back = NULL;
        r->number = 0;
        w->n--;
        if (r->fd >= 0)
            epoll_ctl(w->epoll, EPOLL_CTL_DEL, r->fd, NULL);
    }
    pthread_mutex_unlock(&w->lock);
}

int watch_count(server *s)
{
    int n;

    pthread_mutex_lock(&s->watcher->lock);
    n = s->watcher->n;
    pthread_mutex_unlock(&s->watcher->lock);
    return n;
}

void watch_cancel_all(server *s)
{
    pthread_mutex_lock(&s->watcher->lock);
    for (request *r = s->watcher->requests; r; r = r->watch_next)
        request_cancel(r, true);
    pthread_mutex_unlock(&s->watcher->lock);
}

/* ---- connections ------------------------------------------------------------------------ */

struct connection *watch_opened(server *s, int fd)
{
    struct connection *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->fd = fd;
    c->since_ms = clock_ms();
    pthread_mutex_lock(&s->watcher->lock);
    c->next = s->watcher->connections;
    if (c->next)
        c->next->back = c;
    s->watcher->connections = c;
    pthread_mutex_unlock(&s->watcher->lock);
    return c;
}

void watch_closed(server *s, struct connection *c)
{
    pthread_mutex_lock(&s->watcher->lock);
    if (c->back)
        c->back->next = c->next;
    else
        s->watcher->connections = c->next;
    if (c->next)
        c->next->back = c->back;
    pthread_mutex_unlock(&s->watcher->lock);
    free(c);
}

void watch_busy(server *s, struct connection *c, bool busy)
{
    if (!c)
        return;
    pthread_mutex_lock(&s->watcher->lock);
    c->busy = busy;
    c->since_ms = clock_ms();
    pthread_mutex_unlock(&s->watcher->lock);
}

/* ---- the thread --------------------------------------------------------------------------- */

static void left(struct watcher *w, uint64_t number)
{
    pthread_mutex_lock(&w->lock);
    for (request *r = w->requests; r; r = r->watch_next)
        if (r->number == number)
            request_cancel(r, false);
    pthread_mutex_unlock(&w->lock);
}

/* The library closes a connection whose socket was shut down. */
static void look_at_connections(server *s, double now)
{
    for (struct connection *c = s->watcher->connections; c; c = c->next)
        if (!c->busy && now - c->since_ms > s->o.request_ms)
            shutdown(c->fd, SHUT_RDWR);
}

static void look_at_requests(server *s, double now)
{
    for (request *r = s->watcher->requests; r; r = r->watch_next)
        if (!r->endless && now - r->arrived_ms > s->o.answer_ms && !r->late)
            request_cancel(r, true);
        else if (r->streaming && now - r->wrote_ms > 10000)
            request_stream(r, ": waiting\n\n", 11);
}

static void *watch(void *arg)
{
    server *s = arg;
    struct watcher *w = s->watcher;
    struct epoll_event events[64];
    double looked = 0;
    bool ending = false;

    while (!ending) {
        const int n = epoll_wait(w->epoll, events, 64, 500);
        const double now = clock_ms();

        for (int i = 0; i < n; i++)
            if (events[i].data.u64)
                left(w, events[i].data.u64);
        pthread_mutex_lock(&w->lock);
        ending = w->ending;
        if (now - looked > 500) {
            looked = now;
            look_at_connections(s, now);
            look_at_requests(s, now);
        }
        pthread_mutex_unlock(&w->lock);
        if (s->training)
            training_tick(s->training);
    }
    return NULL;
}

bool watch_open(server *s, err *e)
{
    struct watcher *w = s->watcher = calloc(1, sizeof *w);
    struct epoll_event event = {.events = EPOLLIN};

    if (!w)
        return err_set(e, ERR_NOMEM, "out of memory");
    pthread_mutex_init(&w->lock, NULL);
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->epoll < 0 || w->wake < 0 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake, &event) ||
        pthread_create(&w->thread, NULL, watch, s))
        return err_set(e, ERR_IO, "cannot watch connections");
    w->started = true;
    return true;
}

void watch_close(server *s)
{
    struct watcher *w = s->watcher;

    if (!w)
        return;
    if (w->started) {
        pthread_mutex_lock(&w->lock);
        w->ending = true;
        pthread_mutex_unlock(&w->lock);
        if (write(w->wake, &(uint64_t){1}, 8) == 8)
            pthread_join(w->thread, NULL);
    }
    close(w->epoll);
    close(w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
    s->watcher = NULL;
}
