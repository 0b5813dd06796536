/* channel.c - see channel_impl.h. */
#include "db/channel_impl.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { STALLED_MS = 10000 };

int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool send_all(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n) {
        const ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

bool channel_send(int fd, frame_kind kind, const str *payload, err *e)
{
    uint8_t header[FRAME_HEADER];

    if (payload->bad)
        return err_set(e, ERR_NOMEM, "out of memory for a message to the database process");
    if (payload->n > FRAME_MAX)
        return err_set(e, ERR_LIMIT, "a message of %zu bytes is larger than %d MiB",
                       payload->n, FRAME_MAX >> 20);
    frame_header_write(header, kind, payload->n);
    return (send_all(fd, header, sizeof header) && send_all(fd, payload->text, payload->n)) ||
           err_set(e, ERR_DB, "the database process has ended");
}

channel_state channel_wait(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    const int n = poll(&p, 1, timeout_ms);

    if (n == 0 || (n < 0 && errno == EINTR))
        return CHANNEL_TIMEOUT;
    return n < 0 ? CHANNEL_BAD : CHANNEL_OK; /* a closed socket reads as 0 bytes */
}

static channel_state receive_all(int fd, void *bytes, size_t n, bool may_close)
{
    char *p = bytes;
    const char *begin = p;
    const int64_t end = now_ms() + STALLED_MS;

    while (n) {
        const ssize_t got = recv(fd, p, n, MSG_DONTWAIT);

        if (got == 0 || (got < 0 && errno == ECONNRESET))
            return may_close && p == begin ? CHANNEL_CLOSED : CHANNEL_BAD;
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return CHANNEL_BAD;
        if (got < 0 && now_ms() >= end)
            return CHANNEL_BAD;
        if (got < 0) {
            channel_wait(fd, 100);
            continue;
        }
        p += got;
        n -= (size_t)got;
    }
    return CHANNEL_OK;
}

channel_state channel_receive(int fd, frame_kind *kind, str *payload, err *e)
{
    uint8_t header[FRAME_HEADER];
    channel_state state = receive_all(fd, header, sizeof header, true);
    size_t n;

    str_reset(payload);
    if (state == CHANNEL_CLOSED)
        return state;
    if (state != CHANNEL_OK) {
        err_set(e, ERR_DB, "the database process ended in the middle of a message");
        return state;
    }
    if (!frame_header_read(header, kind, &n, e))
        return CHANNEL_BAD;
    /* The buffer grows as bytes arrive: a length alone costs no memory. */
    while (n && state == CHANNEL_OK) {
        char piece[65536];
        const size_t want = n < sizeof piece ? n : sizeof piece;

        state = receive_all(fd, piece, want, false);
        if (state == CHANNEL_OK)
            str_add(payload, piece, want);
        n -= want;
    }
    if (state != CHANNEL_OK)
        err_set(e, ERR_DB, "the database process ended in the middle of a message");
    else if (payload->bad && !err_set(e, ERR_NOMEM, "out of memory for a result"))
        return CHANNEL_BAD;
    return state;
}
