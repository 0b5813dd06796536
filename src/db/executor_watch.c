/* executor_watch.c - the watchdog thread of the child.
 *
 * DuckDB forgets an interrupt that arrives before a statement has begun, so a
 * stop is repeated every REPEAT_MS until the request has ended. */
#include "db/executor_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { REPEAT_MS = 10 };

void temporary_clean(const char *folder)
{
    DIR *d = *folder ? opendir(folder) : NULL;
    struct dirent *entry;

    while (d && (entry = readdir(d)))
        unlinkat(dirfd(d), entry->d_name, 0);
    if (d)
        closedir(d);
}

static void read_cancels(executor *x)
{
    uint64_t number;

    while (read(EXECUTOR_CANCEL, &number, sizeof number) == (ssize_t)sizeof number)
        if (number > x->cancelled)
            x->cancelled = number;
}

/* Under the lock: decide, interrupt, and say how long to sleep. */
static int look(executor *x)
{
    const int64_t now = now_ms();

    if (!x->running)
        return -1;
    if (x->stop == STOP_NONE && x->cancelled >= x->running)
        x->stop = STOP_CANCEL;
    if (x->stop == STOP_NONE && x->deadline && now >= x->deadline)
        x->stop = STOP_TIME;
    if (x->stop != STOP_NONE) {
        if (x->connection)
            x->api.interrupt(x->connection);
        return REPEAT_MS;
    }
    if (!x->deadline)
        return -1;
    return x->deadline - now > 60000 ? 60000 : (int)(x->deadline - now);
}

static void *watch(void *arg)
{
    executor *x = arg;
    struct pollfd fds[3] = {{.fd = EXECUTOR_SOCKET, .events = POLLRDHUP},
                            {.fd = EXECUTOR_CANCEL, .events = POLLIN},
                            {.fd = x->wake_fd, .events = POLLIN}};
    int timeout = -1;

    for (;;) {
        uint64_t count;
        const int n = poll(fds, 3, timeout);

        if (n > 0 && fds[0].revents & (POLLRDHUP | POLLHUP | POLLERR)) {
            temporary_clean(x->open.temporary);
            _exit(EXECUTOR_ORPHAN);
        }
        if (n > 0 && fds[1].revents & (POLLHUP | POLLERR) && !(fds[1].revents & POLLIN))
            fds[1].fd = -1; /* nobody can cancel any more */
        if (n > 0 && fds[2].revents && read(x->wake_fd, &count, sizeof count) < 0)
            continue;
        pthread_mutex_lock(&x->lock);
        if (fds[1].fd >= 0)
            read_cancels(x);
        timeout = look(x);
        pthread_mutex_unlock(&x->lock);
    }
    return NULL;
}

bool watch_start(executor *x, err *e)
{
    pthread_t thread;

    x->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fcntl(EXECUTOR_CANCEL, F_SETFL, O_NONBLOCK);
    pthread_mutex_init(&x->lock, NULL);
    if (x->wake_fd < 0 || pthread_create(&thread, NULL, watch, x))
        return err_set(e, ERR_NOMEM, "cannot start the watchdog: %s", strerror(errno));
    pthread_detach(thread);
    return true;
}

static void wake(executor *x)
{
    const uint64_t one = 1;

    /* full is fine: then it is awake anyway */
    if (write(x->wake_fd, &one, sizeof one) < 0)
        return;
}

void watch_begin(executor *x, const ask *m)
{
    pthread_mutex_lock(&x->lock);
    x->running = m->number;
    x->deadline = m->timeout_ms ? now_ms() + m->timeout_ms : 0;
    x->stop = x->cancelled >= m->number ? STOP_CANCEL : STOP_NONE;
    pthread_mutex_unlock(&x->lock);
    wake(x);
}

void watch_end(executor *x)
{
    pthread_mutex_lock(&x->lock);
    x->running = 0;
    x->stop = STOP_NONE;
    pthread_mutex_unlock(&x->lock);
}

stop_reason watch_stopped(executor *x)
{
    stop_reason stop;

    pthread_mutex_lock(&x->lock);
    stop = x->stop;
    pthread_mutex_unlock(&x->lock);
    return stop;
}
