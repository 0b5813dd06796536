/* stdio.c - MCP over two streams: the server's lanes without its connections. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "server/server_impl.h"

static request *message(server *s, const char *line, size_t n)
{
    request *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->server = s;
    r->fd = -1;
    r->references = 2;
    r->route = routes_find("POST", "/mcp", r->id, &(bool){false});
    strcpy(r->who.name, "stdio");
    r->who.role = ROLE_ADMIN;
    r->arrived_ms = clock_ms();
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->finished, NULL);
    r->in = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
    return r;
}

static bool answer(server *s, const char *line, size_t n, FILE *out)
{
    request *r = message(s, line, n);
    int wait;

    if (!r)
        return false;
    watch_add(r);
    if (!lanes_put(s, LANE_ASK, r, &wait, NULL)) {
        request_release(r);
        request_release(r);
        return false;
    }
    pthread_mutex_lock(&r->lock);
    while (!r->done)
        pthread_cond_wait(&r->finished, &r->lock);
    pthread_mutex_unlock(&r->lock);
    if (r->reply.n)
        fprintf(out, "%s\n", str_text(&r->reply));
    fflush(out);
    request_release(r);
    return !ferror(out);
}

bool server_mcp_stdio(const server_options *o, int in_fd, int out_fd, err *e)
{
    server_options own = *o;
    server *s;
    FILE *in = fdopen(dup(in_fd), "r"), *out = fdopen(dup(out_fd), "w");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    bool ok = (in && out) || err_set(e, ERR_IO, "cannot read and write: %s", strerror(errno));

    own.no_listen = true;
    own.answer_ms = 3600000;
    s = ok ? server_new(&own, e) : NULL;
    ok = s != NULL;
    while (ok && (n = getline(&line, &room, in)) > 0)
        if (n > 1)
            ok = answer(s, line, (size_t)n, out) || err_set(e, ERR_IO, "cannot answer");
    free(line);
    if (in)
        fclose(in);
    if (out)
        fclose(out);
    server_free(s);
    return ok;
}
