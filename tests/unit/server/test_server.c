/* test_server.c - salesbot serve as its clients meet it: answers, events, limits, keys,
 * clients that leave, a server that is stopped. */
#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "db/db.h"
#include "server/server.h"
#include "test.h"
#include "../agent/sales_db.h"

static char folder[] = "/tmp/salesbot-server-XXXXXX", store_path[100], key_store[100];
static server *plain;
static pthread_t thread;
static str reply;

static void *run(void *arg)
{
    err e = {0};

    return server_run(arg, &e) ? arg : NULL;
}

static server *start(const server_options *o, pthread_t *t)
{
    server_options all = *o;
    err e = {0};
    server *s;

    all.port = -1;
    all.no_model = true;
    all.program = "/proc/self/exe";
    all.databases[0].name = "sales";
    all.databases[0].path = sales_db_path;
    all.n_databases = 1;
    s = server_new(&all, &e);
    if (!s)
        fprintf(stderr, "%s\n", e.msg);
    else
        pthread_create(t, NULL, run, s);
    return s;
}

static void stop(server *s, pthread_t t)
{
    server_stop(s);
    pthread_join(t, NULL);
    server_free(s);
}

static int dial(const server *s)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server_port(s)), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct timeval limit = {.tv_sec = 20};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof to))
        return fd;
    close(fd);
    return -1;
}

static void put(int fd, const char *text, size_t n)
{
    while (n) {
        const ssize_t w = send(fd, text, n, MSG_NOSIGNAL);

        if (w <= 0)
            return;
        text += w;
        n -= (size_t)w;
    }
}

/* All that comes until the end; the status, 0 without a reply. */
static int get(int fd)
{
    char bytes[65536];
    ssize_t n;

    str_reset(&reply);
    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
        str_add(&reply, bytes, (size_t)n);
    str_add(&reply, "", 0);
    close(fd);
    return reply.n > 12 && str_starts(reply.text, "HTTP/1.1 ") ? atoi(reply.text + 9) : 0;
}

static int ask(const server *s, const char *method, const char *path, const char *headers, const char *body)
{
    const int fd = dial(s);
    str text = {0};

    str_addf(&text, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s", method, path, headers);
    if (body)
        str_addf(&text, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(body));
    str_addf(&text, "\r\n%s", body ? body : "");
    put(fd, text.text, text.n);
    str_deinit(&text);
    return get(fd);
}

static const char *body_of(void)
{
    const char *at = strstr(str_text(&reply), "\r\n\r\n");

    return at ? at + 4 : "";
}

static bool ready(void)
{
    if (plain)
        return true;
    db_close(sales_db_open()); /* makes the file */
    plain = start(&(server_options){.store = store_path, .body_bytes = 65536, .request_ms = 1500}, &thread);
    return plain != NULL;
}

#define EXPECT(status, text)                                                                          \
    do {                                                                                              \
        const int got_ = (status);                                                                    \
        if (!strstr(str_text(&reply), text))                                                          \
            FAIL_("status %d, without \"%s\":\n%.600s", got_, text, str_text(&reply));                \
    } while (0)

static void answers_a_question(void)
{
    CHECK(ready());
    CHECK(ask(plain, "POST", "/api/ask", "", "{\"question\":\"Sales by region in 2024\"}") == 200);
    CHECK(strstr(body_of(), "\"source\":\"template\"") && strstr(body_of(), "\"id\":\"a"));
    CHECK(ask(plain, "POST", "/api/ask", "", "{\"question\":\"profit after overhead in 2024\"}") == 422);
    CHECK(strstr(body_of(), "\"code\":\"not_in_data\""));
    CHECK(ask(plain, "POST", "/api/sql", "", "{\"sql\":\"DELETE FROM sales\"}") == 403);
    CHECK(strstr(body_of(), "\"code\":\"refused\""));
    CHECK(ask(plain, "POST", "/api/sql", "", "{\"sql\":\"SELECT count(*) AS n FROM stores\"}") == 200);
    CHECK(ask(plain, "GET", "/api/catalog", "", NULL) == 200 && strstr(body_of(), "\"tables\""));
    CHECK(ask(plain, "GET", "/api/suggestions?n=3", "", NULL) == 200);
    CHECK(ask(plain, "GET", "/api/complete?prefix=re", "", NULL) == 200 && strstr(body_of(), "region"));
}

static void tells_the_way_as_events(void)
{
    static const char *const order[] = {"event: accepted", "event: step_begin", "event: step_end", "event: sql",
                                        "event: results", "event: chart", "event: answer", "event: done"};
    const char *at;

    CHECK(ready());
    CHECK(ask(plain, "POST", "/api/ask", "Accept: text/event-stream\r\n", "{\"question\":\"Sales by region in 2024\"}") == 200);
    at = str_text(&reply);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if (!(at = strstr(at, order[i])))
            FAIL_("no \"%s\" in its place", order[i]);
}

static void keeps_conversations_and_feedback(void)
{
    char body[300], id[40] = "", answer[40] = "";

    CHECK(ready());
    CHECK(ask(plain, "POST", "/api/conversations", "", "{}") == 201);
    CHECK(sscanf(body_of(), "{\"id\":\"%32[a-z0-9]", id) == 1);
    snprintf(body, sizeof body, "{\"question\":\"Sales by region in 2024\",\"conversation\":\"%s\"}", id);
    CHECK(ask(plain, "POST", "/api/ask", "", body) == 200);
    CHECK(strstr(body_of(), "\"id\":\"a") && sscanf(strstr(body_of(), "\"id\":\"a"), "\"id\":\"%32[a-z0-9]", answer) == 1);
    snprintf(body, sizeof body, "{\"question\":\"and in 2023?\",\"conversation\":\"%s\"}", id);
    CHECK(ask(plain, "POST", "/api/ask", "", body) == 200 && strstr(body_of(), "2023"));
    snprintf(body, sizeof body, "{\"answer\":\"%s\",\"verdict\":\"down\",\"sql\":\"SELECT count(*) FROM sales\"}", answer);
    CHECK(ask(plain, "POST", "/api/feedback", "", body) == 201 && strstr(body_of(), "\"pending\""));
    snprintf(body, sizeof body, "/api/answers/%s", answer);
    CHECK(ask(plain, "GET", body, "", NULL) == 200 && strstr(body_of(), "\"rows_kept\":true"));
    snprintf(body, sizeof body, "/api/conversations/%s", id);
    CHECK(ask(plain, "GET", body, "", NULL) == 200 && strstr(body_of(), "and in 2023?"));
    CHECK(ask(plain, "GET", "/api/audit", "", NULL) == 200 && strstr(body_of(), "\"verdict\":\"ok\""));
    CHECK(ask(plain, "GET", "/api/conversations/c000", "", NULL) == 404);
}

static void refuses_what_is_wrong(void)
{
    static const struct { const char *method, *path, *headers, *body; int status; } cases[] = {
        {"GET", "/nothing", "", NULL, 404}, {"PUT", "/api/ask", "", "{}", 405}, {"POST", "/api/ask", "", "{", 400},
        {"POST", "/api/ask", "", "[]", 400}, {"POST", "/api/ask", "", "{\"question\":1}", 400},
        {"POST", "/api/ask", "", "{\"question\":\"\"}", 400}, {"POST", "/api/ask", "", "{\"question\":\"a\",\"quest\":1}", 400},
        {"POST", "/api/ask", "", "{\"question\":\"a\",\"options\":{\"beam\":-1}}", 400},
        {"POST", "/api/ask", "", "{\"question\":\"a\",\"database\":\"other\"}", 404},
        {"POST", "/api/ask", "Origin: https://evil.example\r\n", "{\"question\":\"a\"}", 403},
        {"GET", "/api/complete", "", NULL, 400}, {"GET", "/api/suggestions?n=x", "", NULL, 400},
        {"GET", "/healthz", "", NULL, 200}, {"GET", "/readyz", "", NULL, 200}, {"GET", "/", "", NULL, 200},
        {"GET", "/openapi.json", "", NULL, 200}, {"GET", "/metrics", "", NULL, 200}};

    CHECK(ready());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int got = ask(plain, cases[i].method, cases[i].path, cases[i].headers, cases[i].body);

        if (got != cases[i].status)
            FAIL_("%s %s %s: %d, expected %d: %.300s", cases[i].method, cases[i].path, cases[i].body ? cases[i].body : "", got,
                  cases[i].status, body_of());
    }
}

static void a_body_that_is_too_large(void)
{
    static const char chunked[] = "POST /api/ask HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
                                  "Transfer-Encoding: chunked\r\n\r\n";
    char *piece = malloc(0x10000 + 2), head[400];
    int fd;

    CHECK(ready() && piece);
    memset(piece, 'x', 0x10000);
    memcpy(piece + 0x10000, "\r\n", 2);
    fd = dial(plain);
    put(fd, chunked, sizeof chunked - 1);
    for (int i = 0; i < 4; i++) {
        put(fd, "10000\r\n", 7);
        put(fd, piece, 0x10002);
    }
    put(fd, "0\r\n\r\n", 5);
    free(piece);
    CHECK(get(fd) == 413);
    fd = dial(plain);
    snprintf(head, sizeof head, "POST /api/ask HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    put(fd, head, strlen(head));
    CHECK(get(fd) == 403); /* another name that points here */
}

static void a_request_that_never_comes_whole(void)
{
    const int fd = dial(plain);
    const double start_ms = clock_ms();

    put(fd, "POST /api/ask HTTP/1.1\r\nHost: loc", 32);
    get(fd);
    CHECK(clock_ms() - start_ms < 10000);
    CHECK(ask(plain, "GET", "/healthz", "", NULL) == 200);
}

static void a_client_that_leaves(void)
{
    static const char slow[] = "{\"sql\":\"SELECT count(*) FROM sales a, sales b, sales c WHERE a.net_amount + b.net_amount > c.net_amount\"}";
    char head[500];
    const double start_ms = clock_ms();
    const int fd = dial(plain);

    snprintf(head, sizeof head, "POST /api/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             sizeof slow - 1, slow);
    put(fd, head, strlen(head));
    usleep(300000);
    close(fd);
    do {
        usleep(50000);
        ask(plain, "GET", "/metrics", "", NULL);
    } while (!strstr(str_text(&reply), "salesbot_in_flight 0") && clock_ms() - start_ms < 15000);
    CHECK(clock_ms() - start_ms < 8000); /* the database's own limit is 30 s */
    EXPECT(200, "salesbot_cancelled_total 1");
}

static void keys_and_roles(void)
{
    str key = {0}, other = {0};
    err e = {0};
    pthread_t t;
    char header[200], wide[200];
    server *s, *open;

    CHECK(ready());
    open = start(&(server_options){.store = key_store, .host = "0.0.0.0"}, &t);
    CHECK(!open); /* without keys only loopback */
    CHECK(server_key_add(key_store, "anna", "viewer", &key, &e) && server_key_add(key_store, "root", "admin", &other, &e));
    CHECK(!server_key_add(key_store, "x", "king", &other, &e) && e.code == ERR_ARG);
    s = start(&(server_options){.store = key_store}, &t);
    CHECK(s);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", key.text);
    snprintf(wide, sizeof wide, "Authorization: Bearer %s\r\n", other.text);
    CHECK(ask(s, "GET", "/api/me", "", NULL) == 401);
    CHECK(ask(s, "GET", "/api/me", "Authorization: Bearer sb_00000000_00000000000000000000\r\n", NULL) == 401);
    CHECK(ask(s, "GET", "/api/me", header, NULL) == 200 && strstr(body_of(), "\"role\":\"viewer\""));
    CHECK(ask(s, "POST", "/api/ask", header, "{\"question\":\"Sales by region in 2024\"}") == 200);
    CHECK(ask(s, "POST", "/api/sql", header, "{\"sql\":\"SELECT 1\"}") == 403);
    CHECK(ask(s, "GET", "/api/audit", header, NULL) == 403 && ask(s, "GET", "/api/audit", wide, NULL) == 200);
    CHECK(strstr(body_of(), "anna") && !strstr(body_of(), key.text + 12)); /* no secret in the audit */
    CHECK(ask(s, "GET", "/healthz", "", NULL) == 200);
    CHECK(server_key_remove(key_store, "anna", &e));
    CHECK(ask(s, "GET", "/api/me", header, NULL) == 401);
    stop(s, t);
    str_deinit(&key);
    str_deinit(&other);
}

static void other_programs(void)
{
    CHECK(ready());
    CHECK(ask(plain, "GET", "/v1/models", "", NULL) == 200 && strstr(body_of(), "salesbot/sales"));
    CHECK(ask(plain, "POST", "/v1/chat/completions", "", "{\"model\":\"salesbot\",\"messages\":[{\"role\":\"user\",\"content\":\"Sales by region in 2024\"}]}") == 200);
    CHECK(strstr(body_of(), "|region|"));
    CHECK(ask(plain, "POST", "/v1/chat/completions", "", "{\"model\":\"salesbot\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Sales by region in 2024\"}]}") == 200);
    CHECK(strstr(str_text(&reply), "data: [DONE]"));
    CHECK(ask(plain, "POST", "/mcp", "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}") == 200 && strstr(body_of(), "run_sql"));
    CHECK(ask(plain, "POST", "/mcp", "", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}") == 202);
    CHECK(ask(plain, "POST", "/mcp", "", "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"ask\",\"arguments\":{\"question\":\"Sales in 2024\"}}}") == 200);
    CHECK(strstr(body_of(), "\"isError\":false"));
}

static void stops_and_gives_all_back(void)
{
    CHECK(ready());
    stop(plain, thread);
    plain = NULL;
    str_deinit(&reply);
}

static int tests(int argc, char **argv)
{
    static const test_case cases[] = {
        {"answers_a_question", answers_a_question}, {"tells_the_way_as_events", tells_the_way_as_events},
        {"keeps_conversations_and_feedback", keeps_conversations_and_feedback}, {"refuses_what_is_wrong", refuses_what_is_wrong},
        {"a_body_that_is_too_large", a_body_that_is_too_large},
        {"a_request_that_never_comes_whole", a_request_that_never_comes_whole}, {"a_client_that_leaves", a_client_that_leaves},
        {"other_programs", other_programs}, {"keys_and_roles", keys_and_roles}, {"stops_and_gives_all_back", stops_and_gives_all_back}};

    return test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}

int test_failed;
int main(int argc, char **argv)
{
    err e = {0};

    if (argc > 1 && !strcmp(argv[1], "__executor"))
        return db_executor_main(argc, argv);
    setenv("SALESBOT_PROGRAM", "/proc/self/exe", 1);
    setenv("TSAN_OPTIONS", "detect_deadlocks=0", 0); /* of the database's process alone */
    if (!db_available(&(db_options){0}, &e) || !mkdtemp(folder))
        return 77;
    snprintf(store_path, sizeof store_path, "%s/server.sqlite", folder);
    snprintf(key_store, sizeof key_store, "%s/keys.sqlite", folder);
    return tests(argc, argv);
}
