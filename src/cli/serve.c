/* serve.c - salesbot serve and salesbot mcp: the server's flags, keys and signals. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "server/server.h"

static const char help[] =
    "  salesbot serve                     the page, the API, OpenAI's chat and MCP on http://127.0.0.1:8642/\n"
    "  salesbot serve key add NAME --role viewer|analyst|admin    prints a new key, once\n"
    "  salesbot serve key list, salesbot serve key remove NAME\n"
    "  salesbot serve openapi             the description of every route\n"
    "  --port P           (default 8642)\n"
    "  --host H           (default 127.0.0.1; anything else needs keys)\n"
    "  --config FILE      settings from YAML (docs/SERVER.md); flags win\n"
    "  --store FILE       conversations, feedback, keys, audit (default server.sqlite in the home folder)\n"
    "  --tls-cert FILE, --tls-key FILE    PEM files: https\n"
    "  --db FILE, --model FILE, --adapter DIR, --no-adapter, --semantic FILE, --no-model, --threads N: as for ask\n";
static const char accepted[] = "port host config store tls-cert tls-key role db model adapter no-adapter semantic no-model threads";

static server *volatile running;

static void on_signal(int number)
{
    server *s = running;

    (void)number;
    if (s)
        server_stop(s);
}

static void on_signals(server *s)
{
    struct sigaction action = {.sa_handler = on_signal};

    running = s;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

/* ---- keys ------------------------------------------------------------------------ */

static bool store_path(const flags *f, str *path, err *e)
{
    str_reset(path);
    if (f->store) {
        str_adds(path, f->store);
        return true;
    }
    if (!home_path(path, NULL, e) || !dir_make(path->text, e))
        return false;
    str_adds(path, "/server.sqlite");
    return true;
}

static int keys(const flags *f)
{
    const char *what = f->n_words > 1 ? f->words[1] : "", *name = f->n_words > 2 ? f->words[2] : NULL;
    str path = {0}, out = {0};
    err e = {0};
    bool ok = store_path(f, &path, &e);
    int code;

    if (ok && !strcmp(what, "add") && name && f->role) {
        ok = server_key_add(str_text(&path), name, f->role, &out, &e);
        str_addc(&out, '\n');
    } else if (ok && !strcmp(what, "remove") && name) {
        ok = server_key_remove(str_text(&path), name, &e);
    } else if (ok && !strcmp(what, "list")) {
        ok = server_key_list(str_text(&path), &out, &e);
    } else if (ok) {
        ok = err_set(&e, ERR_ARG, "key add NAME --role viewer|analyst|admin, key list, or key remove NAME");
    }
    if (ok)
        fputs(str_text(&out), stdout);
    code = ok ? 0 : cli_fail(&e);
    str_deinit(&path);
    str_deinit(&out);
    return code;
}

/* ---- the server --------------------------------------------------------------------- */

/* "sales" of "/data/sales.duckdb". */
static void database_name(const char *path, char name[64])
{
    const char *slash = strrchr(path, '/');

    snprintf(name, 64, "%.63s", slash && slash[1] ? slash + 1 : path);
    if (strrchr(name, '.') && strrchr(name, '.') != name)
        *strrchr(name, '.') = 0;
}

static void take_flags(const flags *f, server_options *o)
{
    const struct { const char *value, **at; } texts[] = {
        {f->host, &o->host}, {f->store, &o->store}, {f->tls_cert, &o->tls_cert}, {f->tls_key, &o->tls_key},
        {f->adapter, &o->adapter}, {f->semantic, &o->semantic}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].value)
            *texts[i].at = texts[i].value;
    if (f->port)
        o->port = f->port;
    if (f->threads)
        o->threads = f->threads;
    o->no_model = o->no_model || f->no_model;
    o->no_adapter = f->no_adapter;
}

typedef struct places {
    str database, model;
    char name[64];
    server_config *config;
} places;

static bool options_of(const flags *f, server_options *o, places *p, err *e)
{
    *o = (server_options){0};
    if (f->config && !(p->config = server_config_read(f->config, o, e)))
        return false;
    take_flags(f, o);
    if (f->db || !o->n_databases) {
        if (!cli_database(f, &p->database, e))
            return false;
        database_name(p->database.text, p->name);
        o->databases[0].name = p->name;
        o->databases[0].path = p->database.text;
        o->n_databases = 1;
    }
    if (f->model || !o->model) {
        if (!cli_model(f, &p->model, e))
            return false;
        o->model = p->model.text;
    }
    return cli_adapter_check(f, o->model, e);
}

static void places_deinit(places *p)
{
    server_config_free(p->config);
    str_deinit(&p->database);
    str_deinit(&p->model);
}

static int serve(const flags *f)
{
    server_options o;
    places p = {0};
    err e = {0};
    bool ok = options_of(f, &o, &p, &e);
    server *s = ok ? server_new(&o, &e) : NULL;
    int code;

    if (s) {
        on_signals(s);
        fprintf(stderr, "salesbot: %s://%s:%d/ (%s); Ctrl-C stops it\n", o.tls_cert ? "https" : "http", o.host ? o.host : "127.0.0.1",
                server_port(s), o.databases[0].path);
    }
    ok = s && server_run(s, &e);
    code = ok ? 0 : cli_fail(&e);
    on_signals(NULL);
    server_free(s);
    places_deinit(&p);
    return code;
}

static int openapi(void)
{
    str out = {0};
    err e = {0};
    const bool ok = server_openapi(&out, &e);

    if (ok)
        puts(str_text(&out));
    str_deinit(&out);
    return ok ? 0 : cli_fail(&e);
}

static int run(int argc, char **argv)
{
    flags f;

    if (!flags_parse(&f, argc, argv, accepted, &verb_serve))
        return 2;
    if (f.n_words && !strcmp(f.words[0], "key"))
        return keys(&f);
    if (f.n_words && !strcmp(f.words[0], "openapi"))
        return openapi();
    if (f.n_words) {
        fprintf(stderr, "salesbot serve: what is \"%s\"? (salesbot serve --help)\n", f.words[0]);
        return 2;
    }
    return serve(&f);
}

const verb verb_serve = {"serve", "", "the page and the API for a team", help, run};

static int run_mcp(int argc, char **argv)
{
    flags f;
    server_options o;
    places p = {0};
    err e = {0};
    bool ok;
    int code;

    if (!flags_parse(&f, argc, argv, accepted, &verb_mcp))
        return 2;
    ok = options_of(&f, &o, &p, &e) && server_mcp_stdio(&o, STDIN_FILENO, STDOUT_FILENO, &e);
    code = ok ? 0 : cli_fail(&e);
    places_deinit(&p);
    return code;
}

const verb verb_mcp = {"mcp", "", "the same for programs that speak MCP, on stdin and stdout",
                       "  --db FILE, --model FILE, --adapter DIR, --no-adapter, --semantic FILE, --no-model, --threads N: as for ask\n"
                       "  --config FILE, --store FILE: as for serve\n"
                       "  Tools: ask, run_sql, describe_schema, search_knowledge.\n", run_mcp};
