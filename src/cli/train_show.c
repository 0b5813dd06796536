/* train_show.c - what a person sees while training: a bar on a terminal, else a line
 * now and then; all on stderr. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/train_impl.h"

enum { LINE_EVERY_MS = 15000, BAR_EVERY_MS = 200, PAGE_EVERY_MS = 20000 };

static double resident_mb(void)
{
    long total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");

    if (f) {
        if (fscanf(f, "%ld %ld", &total, &resident) != 2)
            resident = 0;
        fclose(f);
    }
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1048576.0;
}

static void add_time(double seconds, str *out)
{
    const long s = (long)(seconds + 0.5);

    if (s < 100)
        str_addf(out, "%ld s", s);
    else if (s < 5940)
        str_addf(out, "%ld min", (s + 30) / 60);
    else
        str_addf(out, "%ld h %02ld min", s / 3600, s % 3600 / 60);
}

static void add_numbers(const train_progress *p, str *out)
{
    str_addf(out, "loss %.4f  lr %.2e  %.0f tokens/s  ", p->smooth_loss, p->lr, p->tokens_per_s);
    add_time(p->seconds_left, out);
    str_addf(out, " left  %.0f MB", resident_mb());
}

static void print_bar(train_view *v, const train_progress *p)
{
    str numbers = {0};
    int width, filled;

    add_numbers(p, &numbers);
    width = terminal_width() - (int)numbers.n - 22;
    width = width > 30 ? 30 : width < 0 ? 0 : width;
    filled = width * p->step / p->steps;
    fprintf(stderr, "\r\033[Kstep %d/%d ", p->step, p->steps);
    if (width)
        fprintf(stderr, "[%.*s%*s] ", filled, "##############################", width - filled, "");
    fputs(str_text(&numbers), stderr);
    v->bar_shown = true;
    str_deinit(&numbers);
}

static void end_bar(train_view *v)
{
    if (v->bar_shown)
        fputs("\r\033[K", stderr);
    v->bar_shown = false;
}

static void print_line(const train_progress *p)
{
    str numbers = {0};

    add_numbers(p, &numbers);
    fprintf(stderr, "step %d/%d  %s\n", p->step, p->steps, str_text(&numbers));
    str_deinit(&numbers);
}

static void show_step(train_view *v, const train_progress *p)
{
    const double now = clock_ms(), every = v->terminal ? BAR_EVERY_MS : LINE_EVERY_MS;

    if (now - v->last_ms < every && p->step > 1 && p->step < p->steps)
        return;
    v->last_ms = now;
    if (v->terminal)
        print_bar(v, p);
    else
        print_line(p);
}

static void show_validation(train_view *v, const train_progress *p)
{
    end_bar(v);
    fprintf(stderr, "step %d/%d  validation loss %.4f", p->step, p->steps, p->val_loss);
    if (p->executable >= 0)
        fprintf(stderr, "  executable %.1f %%", 100 * p->executable);
    if (p->best_step == p->step)
        fprintf(stderr, "  the best so far\n");
    else
        fprintf(stderr, "  (best: %.4f at step %d)\n", p->best_loss, p->best_step);
}

void train_view_init(train_view *v, const train_config *c, train_model *m)
{
    *v = (train_view){.config = c, .model = m, .terminal = isatty(STDERR_FILENO) == 1};
}

void train_view_note(void *view, const char *text)
{
    end_bar(view);
    fprintf(stderr, "salesbot train: %s\n", text);
}

void train_view_progress(void *view, const train_progress *p)
{
    train_view *v = view;
    err e = {0};

    if (p->event == TRAIN_STEPPED)
        show_step(v, p);
    else if (p->event == TRAIN_VALIDATED)
        show_validation(v, p);
    if ((p->event == TRAIN_SAVED && clock_ms() - v->page_ms > PAGE_EVERY_MS) || p->event == TRAIN_ENDED) {
        if (!train_page_write(v->config->out, &e))
            train_view_note(v, e.msg); /* the page is a view of the log: training goes on */
        v->page_ms = clock_ms();
    }
    if (p->event == TRAIN_ENDED)
        end_bar(v);
}

void train_view_data(const train_config *c, const train_set *s, const train_extent *x)
{
    const double epochs = x->batches ? (double)c->steps * c->accumulate / x->batches : 0;

    fprintf(stderr, "%d examples, %.0f thousand tokens (%.0f learned), computed as %.0f thousand in %d batches; "
                    "%d steps are %.2f epochs\n", s->n, (double)x->tokens / 1000, (double)x->targets,
            (double)x->computed / 1000, x->batches, c->steps, epochs);
}
