/* time_roles.c - what each time phrase stands for: the period asked about, one
 * side of a comparison, or the base of a change. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/understand_impl.h"
#include "base/str.h"

void year_for_bare(reading_state *s)
{
    /* "March and April 2025", "Q1 2025 vs Q2": a year said once holds for its neighbours */
    for (int i = 0; i < s->n; i++) {
        int other = -1, year;

        if (!s->items[i].time.n_tokens || !s->items[i].time.assumed_year ||
            !(s->items[i].time.month || s->items[i].time.quarter || s->items[i].time.half))
            continue;
        for (int k = 0; k < s->n; k++)
            if (k != i && s->items[k].time.kind == TIME_PERIOD && !s->items[k].time.assumed_year && s->items[k].time.single &&
                (other < 0 || k > i) && (other < i))
                other = k;
        if (other < 0)
            continue;
        year = sem_date_of(s->items[other].time.period.from).year;
        s->items[i].time = time_phrase_in_year(s->layer, &s->items[i].time, year, s->arena);
        if (other > i && s->items[other].time.period.grain == SEM_YEAR_GRAIN && !s->items[other].taken && other == item_next(s, i))
            item_take(s, other, USE_TIME);
    }
}

static sem_period resolve(reading_state *s, const time_phrase *p, const sem_period *of)
{
    if (p->kind == TIME_YEAR_BEFORE && of)
        return sem_year_before(s->layer, of, s->arena);
    if (p->kind == TIME_PREVIOUS && of && (!p->period.set || p->period.grain == of->grain))
        return of->n == 1 || !p->period.set ? sem_previous(s->layer, of, s->arena) : p->period;
    if (p->kind == TIME_PREVIOUS && of && p->period.grain == SEM_YEAR_GRAIN)
        return sem_year_before(s->layer, of, s->arena);
    if (p->kind == TIME_YEAR_BEFORE) { /* of nothing: last year */
        const int32_t today = sem_today(s->layer);
        const int year = sem_date_of(today).year - 1;
        return (sem_period){.set = true, .from = sem_days(year, 1, 1), .to = sem_days(year, 12, 31), .grain = SEM_YEAR_GRAIN, .n = 1,
                            .label = arena_strf(s->arena, "%d", year)};
    }
    return p->period;
}

/* Whether a compare word stands anywhere between or before the two periods. */
static bool comparing(const reading_state *s)
{
    static const concept words[] = {C_VERSUS, C_COMPARE, C_DIFFERENCE, C_THAN, C_GROW, C_GROW_UP, C_GROW_DOWN, C_YEAR_ON_YEAR,
        C_STEP_ON_STEP, C_MORE_THAN_BEFORE, C_LIKE_FOR_LIKE, C_WHY};

    for (int i = 0; i < s->n; i++)
        for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
            if (item_is(&s->items[i], words[k]))
                return true;
    return false;
}

static bool follows(const reading_state *s, int i, concept c)
{
    for (int k = i - 1; k >= 0 && (item_only_stop(&s->items[k]) || item_is(&s->items[k], c)); k--)
        if (item_is(&s->items[k], c))
            return true;
    return false;
}

/* "… against last year", "growth over the previous month". */
static bool set_against(const reading_state *s, int i)
{
    return follows(s, i, C_VERSUS) || follows(s, i, C_THAN) || (i && s->growth && (item_token_in(s, i - 1, "to|over|on") ||
           (i > 1 && item_token_in(s, i - 2, "to|over|on") && item_token_in(s, i - 1, "the"))));
}

/* Only the base is named: what it is set against is the period that holds today. */
static bool against_only(reading_state *s, int i)
{
    const time_phrase *p = &s->items[i].time;
    const bool year = p->kind == TIME_YEAR_BEFORE || (p->period.grain == SEM_YEAR_GRAIN && p->period.n == 1 && item_token_in(s, i, "last|the|previous|prior"));
    const sem_date today = sem_date_of(sem_today(s->layer));
    sem_period now = {.set = true, .grain = SEM_YEAR_GRAIN, .n = 1, .from = sem_days(today.year, 1, 1), .to = sem_days(today.year, 12, 31),
                      .label = arena_strf(s->arena, "%d", today.year)};

    if (!year && p->kind != TIME_PREVIOUS)
        return false;
    for (int g = 0; g < s->q->n_groups; g++)
        if (s->q->groups[g].dimension < 0) {
            s->step_on_step = !year;
            return true; /* a row of periods, each against its own base */
        }
    if (!year) {
        if (!p->period.set)
            return false;
        now = sem_previous(s->layer, &p->period, s->arena); /* for its length */
        now.from = p->period.to + 1;
        now.to = now.from + (p->period.to - p->period.from);
        if (p->period.grain == SEM_MONTH) {
            now.from = sem_days(today.year, today.month, 1);
            now.to = (today.month == 12 ? sem_days(today.year + 1, 1, 1) : sem_days(today.year, today.month + 1, 1)) - 1;
        } else if (p->period.grain != SEM_WEEK && p->period.grain != SEM_DAY) {
            return false;
        }
        now.label = "the current one";
        s->step_on_step = true;
    }
    if (s->growth || s->why) {
        s->q->period = now;
        s->q->base = s->step_on_step ? p->period : (sem_period){0};
    } else {
        s->q->periods[s->q->n_periods++] = now;
        s->q->periods[s->q->n_periods++] = year ? sem_year_before(s->layer, &now, s->arena) : p->period;
    }
    understood_note(s, arena_strf(s->arena, "taken as %s so far", now.label));
    return true;
}

void take_time(reading_state *s)
{
    int list[SEM_MAX_PERIODS + 2], n = 0;
    sem_period periods[SEM_MAX_PERIODS + 2];
    sem_query *q = s->q;

    for (int i = 0; i < s->n; i++) {
        const time_phrase *p = &s->items[i].time;
        if (s->items[i].taken || !p->n_tokens)
            continue;
        if (*p->problem) {
            why_not(s, p->problem);
            understood_note(s, p->problem);
        }
        if (p->assumed_year)
            understood_note(s, arena_strf(s->arena, "read '%s' as %s", item_text(s, i), p->period.label)), s->u->assumed = true;
        item_take(s, i, USE_TIME);
        if (p->kind == TIME_ALL)
            continue;
        if (n < SEM_MAX_PERIODS)
            list[n++] = i;
        else
            why_not(s, "more periods than a template takes");
    }
    for (int k = 0; k < n; k++) {
        const time_phrase *p = &s->items[list[k]].time;
        const sem_period *of = k > 0 && (p->kind != TIME_PERIOD) ? &periods[0] : NULL;
        if (!of && n > 1 && k == 0 && p->kind != TIME_PERIOD && s->items[list[1]].time.kind == TIME_PERIOD)
            of = &s->items[list[1]].time.period;
        /* "Q1 2026 against last year": the same quarter */
        if (k > 0 && p->kind == TIME_PERIOD && item_token_in(s, list[k], "last") && p->period.grain == SEM_YEAR_GRAIN && p->period.n == 1 &&
            s->items[list[k]].n == 2 && periods[0].grain != SEM_YEAR_GRAIN && periods[0].set &&
            set_against(s, list[k])) {
            periods[k] = sem_year_before(s->layer, &periods[0], s->arena);
            continue;
        }
        periods[k] = resolve(s, p, of);
    }
    if (n == 1 && set_against(s, list[0]) && against_only(s, list[0]))
        return;
    if (n == 1) {
        q->period = periods[0];
    } else if (n == 2 && !comparing(s) && periods[0].set && periods[1].set &&
               ((periods[0].from <= periods[1].from && periods[1].to <= periods[0].to) ||
                (periods[1].from <= periods[0].from && periods[0].to <= periods[1].to))) {
        q->period = periods[0].to - periods[0].from <= periods[1].to - periods[1].from ? periods[0] : periods[1];
    } else if (n >= 2) {
        for (int k = 0; k < n; k++)
            q->periods[q->n_periods++] = periods[k];
    }
}
