/* places.c - which database, which weights; Ctrl-C; how errors are told. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/model_impl.h"
#include "weights/adapter.h"

int cli_fail(const err *e)
{
    fprintf(stderr, "salesbot: %s\n", e->msg);
    return err_exit_code(e->code);
}

/* The path in home/database, one line that `catalog connect` wrote. */
static bool last_connected(str *path, err *e)
{
    str file = {0};
    bool ok = home_path(&file, "database", e) && file_exists(file.text) &&
              file_read(file.text, 4096, path, e);

    while (ok && path->n && (path->text[path->n - 1] == '\n' || path->text[path->n - 1] == ' '))
        path->text[--path->n] = 0;
    str_deinit(&file);
    return ok && path->n > 0;
}

static bool sample(str *path, err *e)
{
    if (!home_path(path, "sales.duckdb", e))
        return false;
    if (file_exists(path->text))
        return true;
    fprintf(stderr, "Making the sample database (200,000 sales lines) in %s\n", path->text);
    return cli_init(path->text, 200000, 1, 0, false, e);
}

bool cli_database(const flags *f, str *path, err *e)
{
    const char *given = f->db ? f->db : getenv("SALESBOT_DB");
    err ignored = {0};

    str_reset(path);
    if (given && *given) {
        str_adds(path, given);
        return true;
    }
    if (last_connected(path, &ignored))
        return true;
    return sample(path, e);
}

void cli_import(void *arg, const char *what, double share)
{
    (void)arg;
    if (share < 0)
        fprintf(stderr, "%sNote: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", what);
    else if (isatty(STDERR_FILENO))
        fprintf(stderr, share < 1 ? "\r\033[KReading %s (%d %%)" : "\r\033[K", what,
                (int)(share * 100));
}

bool cli_model(const flags *f, str *path, err *e)
{
    const char *given = f->model ? f->model : getenv("SALESBOT_MODEL");

    err ignored = {0};

    str_reset(path);
    if (given && *given) {
        if (!model_find(given, path, &ignored)) { /* whoever opens it says what is wrong */
            str_reset(path);
            str_adds(path, given);
        }
        return true;
    }
    return home_path(path, "models/gemma-3-270m-Q4_K_M.gguf", e);
}

static bool fits(const char *dir, const char *model, err *e)
{
    weights *base = weights_open(model, e);
    adapter *a = base ? adapter_open(dir, base, e) : NULL;
    const bool ok = a != NULL;

    adapter_close(a);
    weights_close(base);
    return ok;
}

bool cli_adapter_check(const flags *f, const char *model, err *e)
{
    return !f->adapter || f->no_model || f->template_only || fits(f->adapter, model, e);
}

/* A default adapter for other weights than those in use is left alone. */
static bool default_fits(const flags *f, const char *dir, err *e)
{
    str model = {0};
    bool ok = true;

    if (f->model || getenv("SALESBOT_MODEL"))
        ok = cli_model(f, &model, e) && fits(dir, str_text(&model), e);
    str_deinit(&model);
    return ok;
}

bool cli_adapter(const flags *f, str *path, err *e)
{
    err ignored = {0};

    str_reset(path);
    if (f->adapter)
        str_adds(path, f->adapter);
    else if (f->no_adapter || !agent_adapter_default(path) || !default_fits(f, path->text, &ignored))
        str_reset(path);
    return !path->bad || err_set(e, ERR_NOMEM, "out of memory");
}

static agent_context *volatile running;
static volatile sig_atomic_t interrupts, prompting, watched;

/* A question is stopped by the first signal, the program by the second; at a prompt
 * the line is given up (chat.c), and only SIGTERM ends the program. */
static void on_interrupt(int signal_number)
{
    interrupts++;
    if (prompting && signal_number == SIGINT)
        return;
    if (interrupts > 1 || (!running && !watched) || prompting)
        _exit(130);
    if (running)
        agent_cancel(running);
}

void cli_watch_interrupt(void)
{
    watched = 1;
    cli_on_interrupt(NULL);
}

bool cli_progress(const char *what, double share)
{
    static const char bar[] = "##############################";
    const int filled = (int)(share * 30);

    if (isatty(STDERR_FILENO))
        fprintf(stderr, share < 1 ? "\r\033[K%s [%.*s%*s] %3d %%" : "\r\033[K", what, filled, bar, 30 - filled, "",
                (int)(share * 100));
    return !cli_interrupted();
}

void cli_on_interrupt(agent_context *c)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    running = c;
    interrupts = prompting = 0;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

void cli_at_prompt(void)
{
    interrupts = 0;
    prompting = 1;
}

bool cli_interrupted(void) { return interrupts > 0; }

int terminal_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");

    if (columns && atoi(columns) >= 40)
        return atoi(columns) < 400 ? atoi(columns) : 400;
    if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col >= 40)
        return size.ws_col;
    return 100;
}
