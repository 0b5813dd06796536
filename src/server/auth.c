/* auth.c - who asks, from where, how often.
 *
 * A key is "sb_", 8 letters that find it, "_", 32 random bytes in base64. What is stored
 * is its BLAKE2b hash: of 256 random bits there is nothing to guess, so a slow password
 * hash would only make each request slow. Compared in constant time. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "base/log.h"
#include "server/server_impl.h"

enum { RATES = 1024, SECRET = 32, HASH_HEX = 65 };

static void key_hash(const char *text, char hex[HASH_HEX])
{
    unsigned char hash[32];

    crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
    sodium_bin2hex(hex, HASH_HEX, hash, sizeof hash);
}

/* ---- keys ----------------------------------------------------------------------- */

static bool good_name(const char *name)
{
    const size_t n = strlen(name);

    return n > 0 && n < 64 && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@") == n;
}

bool server_key_add(const char *path, const char *name, const char *role_text, str *text, err *e)
{
    unsigned char secret[SECRET];
    char id[9], encoded[64], hash[HASH_HEX];
    store *s;
    bool ok;

    if (!good_name(name))
        return err_set(e, ERR_ARG, "a key's name is of letters, digits, - _ . and @, at most 63");
    if (!role_find(role_text))
        return err_set(e, ERR_ARG, "--role %.40s: viewer, analyst or admin", role_text);
    randombytes_buf(secret, sizeof secret);
    sodium_bin2hex(id, sizeof id, secret, 4);
    randombytes_buf(secret, sizeof secret);
    sodium_bin2base64(encoded, sizeof encoded, secret, sizeof secret, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    str_addf(text, "sb_%s_%s", id, encoded);
    key_hash(str_text(text), hash);
    sodium_memzero(secret, sizeof secret);
    s = text->bad ? NULL : store_open(path, e);
    ok = s && store_run(s, e, "INSERT INTO key (id, name, role, hash, created) VALUES (?, ?, ?, ?, ?)", "tttti", id,
                        name, role_text, hash, time_now());
    store_close(s);
    return ok || err_wrap(e, "key %s", name);
}

bool server_key_remove(const char *path, const char *name, err *e)
{
    store *s = store_open(path, e);
    bool ok = s && store_begin(s, e);

    if (ok) {
        ok = store_run(s, e, "DELETE FROM key WHERE name = ?", "t", name) &&
             (store_changes(s) > 0 || err_set(e, ERR_NOT_FOUND, "there is no key %s", name));
        ok = store_end(s, ok, e) && ok;
    }
    store_close(s);
    return ok;
}

bool server_key_list(const char *path, str *out, err *e)
{
    store *s = store_open(path, e);
    json_t *rows = s ? store_rows(s, e, "SELECT name, role, created FROM key ORDER BY name", "") : NULL;

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *k = json_array_get(rows, i);
        char made[32];

        time_text(json_integer_value(json_object_get(k, "created")), made);
        str_addf(out, "%-24s %-8s %s\n", json_string_value(json_object_get(k, "name")),
                 json_string_value(json_object_get(k, "role")), made);
    }
    json_decref(rows);
    store_close(s);
    return rows != NULL;
}

bool auth_keys_required(server *s)
{
    err e = {0};
    json_t *row = store_row(s->store, &e, "key", "SELECT 1 AS one FROM key LIMIT 1", "");
    const bool some = row || e.code != ERR_NOT_FOUND; /* a store that fails opens no door */

    json_decref(row);
    return some;
}

static bool check_key(request *r, const char *text)
{
    char id[9] = "", hash[HASH_HEX];
    err e = {0};
    json_t *row;
    const char *stored;
    bool ok = false;

    if (strncmp(text, "sb_", 3) || strlen(text) < 20 || strlen(text) > 100 || text[11] != '_')
        return false;
    memcpy(id, text + 3, 8);
    row = store_row(r->server->store, &e, "key", "SELECT name, role, hash FROM key WHERE id = ?", "t", id);
    stored = json_string_value(json_object_get(row, "hash"));
    key_hash(text, hash);
    if (stored && strlen(stored) == 64 && !sodium_memcmp(stored, hash, 64)) {
        snprintf(r->who.name, sizeof r->who.name, "%s", json_string_value(json_object_get(row, "name")));
        r->who.role = role_find(json_string_value(json_object_get(row, "role")));
        ok = r->who.role != ROLE_NONE;
    }
    json_decref(row);
    return ok;
}

/* ---- rates ------------------------------------------------------------------------ */

struct rates {
    pthread_mutex_t lock;
    struct {
        char name[64];
        double tokens, at_ms;
    } of[RATES];
};

struct rates *rates_new(void)
{
    struct rates *all = calloc(1, sizeof *all);

    if (all)
        pthread_mutex_init(&all->lock, NULL);
    return all;
}

void rates_free(struct rates *all)
{
    if (all)
        pthread_mutex_destroy(&all->lock);
    free(all);
}

/* A bucket that holds 10 s of requests. Seconds to wait; 0: go on. */
static int rate_wait(server *s, const char *name)
{
    const double per_ms = s->o.rate_per_minute / 60000.0, most = per_ms * 10000 < 5 ? 5 : per_ms * 10000, now = clock_ms();
    int at = -1, oldest = 0, wait = 0;

    pthread_mutex_lock(&s->rates->lock);
    for (int i = 0; i < RATES && at < 0; i++) {
        if (!strcmp(s->rates->of[i].name, name))
            at = i;
        if (s->rates->of[i].at_ms < s->rates->of[oldest].at_ms)
            oldest = i;
    }
    if (at < 0) {
        at = oldest;
        snprintf(s->rates->of[at].name, sizeof s->rates->of[at].name, "%s", name);
        s->rates->of[at].tokens = most;
        s->rates->of[at].at_ms = now;
    }
    s->rates->of[at].tokens += (now - s->rates->of[at].at_ms) * per_ms;
    if (s->rates->of[at].tokens > most)
        s->rates->of[at].tokens = most;
    s->rates->of[at].at_ms = now;
    if (s->rates->of[at].tokens >= 1)
        s->rates->of[at].tokens -= 1;
    else
        wait = 1 + (int)((1 - s->rates->of[at].tokens) / per_ms / 1000);
    pthread_mutex_unlock(&s->rates->lock);
    return wait;
}

/* ---- where from --------------------------------------------------------------------- */

/* One of the blank-separated words, without case. */
static bool listed(const char *list, const char *word, size_t n)
{
    while (list && *list) {
        const size_t k = strcspn(list, " ");

        if (k == n && !strncasecmp(list, word, n))
            return true;
        list += k + strspn(list + k, " ");
    }
    return false;
}

/* Host without its port: a page of another name that resolves to us is refused. */
static bool host_allowed(const server *s, const char *host)
{
    const char *end = *host == '[' ? strchr(host, ']') : strchr(host, ':');
    const size_t n = *host == '[' ? (end ? (size_t)(end - host + 1) : 0) : end ? (size_t)(end - host) : strlen(host);

    if (listed("localhost 127.0.0.1 [::1]", host, n) || listed(s->o.hosts, host, n) || listed(s->o.host, host, n))
        return true;
    return !s->loopback && !s->o.hosts; /* keys guard it; its own name is not known here */
}

static bool origin_allowed(const server *s, const char *origin, const char *host)
{
    const char *name = strstr(origin, "://");

    if (listed(s->o.origins, origin, strlen(origin)))
        return true;
    return name && host && !strcasecmp(name + 3, host);
}

static void set_address(request *r, struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const char *forwarded = r->server->o.behind_proxy ? MHD_lookup_connection_value(c, MHD_HEADER_KIND, "X-Forwarded-For") : NULL;
    const struct sockaddr *a = i ? i->client_addr : NULL;

    if (forwarded) {
        const char *last = strrchr(forwarded, ',');

        last = last ? last + 1 + strspn(last + 1, " ") : forwarded;
        snprintf(r->who.address, sizeof r->who.address, "%.60s", last);
    } else if (a && a->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr, r->who.address, sizeof r->who.address);
    } else if (a && a->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, r->who.address, sizeof r->who.address);
    }
}

bool auth_admit_host(request *r, struct MHD_Connection *c)
{
    const char *host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host");
    const char *origin = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Origin");

    set_address(r, c);
    if (host && !host_allowed(r->server, host))
        return !reply_error(r, 403, "forbidden", "this server has another name (Host); `hosts` in its configuration allows more");
    if (origin && !origin_allowed(r->server, origin, host))
        return !reply_error(r, 403, "forbidden", "pages of another origin may not ask here; `origins` in the configuration allows them");
    return true;
}

bool auth_admit(request *r, struct MHD_Connection *c)
{
    server *s = r->server;
    const char *given = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
    const bool keys = auth_keys_required(s);

    if (r->route->least == ROLE_NONE)
        return true;
    if (!keys) {
        strcpy(r->who.name, "local");
        r->who.role = ROLE_ADMIN;
        return true;
    }
    if (!given || strncasecmp(given, "Bearer ", 7) || !check_key(r, given + 7 + strspn(given + 7, " ")))
        return !reply_error(r, 401, "unauthorized", given ? "this key is not known" : "a key is needed: Authorization: Bearer sb_…");
    if (r->who.role < r->route->least)
        return !reply_error(r, 403, "forbidden", "this needs the role %s; the key %s has %s", role_name(r->route->least),
                            r->who.name, role_name(r->who.role));
    if (s->o.rate_per_minute > 0 && r->route->lane != LANE_NOW && (r->retry_after = rate_wait(s, r->who.name)))
        return !reply_error(r, 429, "busy", "more than %d requests a minute with this key; come again in %d s",
                            s->o.rate_per_minute, r->retry_after);
    return true;
}
