/* time_impl.h - the parts that time phrases are read from. */
#ifndef AGENT_TIME_IMPL_H
#define AGENT_TIME_IMPL_H

#include "agent/time_phrases.h"

typedef struct reader {
    const sem_layer *layer;
    const tokens *t;
    arena *arena;
    int32_t today;
    sem_date now;
} reader;

extern const char *const month_titles[12];

int time_days_in_month(int year, int month);
sem_period time_make(const char *label, sem_grain grain, int n, int32_t from, int32_t to);
sem_period time_months_period(const char *label, sem_grain grain, int n, int year, int month, int n_months);
sem_period time_year_period(reader *r, int year);
sem_period time_quarter_period(reader *r, int year, int quarter);
sem_period time_month_period(reader *r, int year, int month);
sem_period time_half_period(reader *r, int year, int half);
const char *time_day_label(reader *r, int32_t day);
sem_period time_day_period(reader *r, int32_t day);
int32_t time_week_start(int32_t day);
int32_t time_iso_week_start(int year, int week);
time_phrase time_named(int n_tokens, sem_period p);
time_phrase time_assume_year(reader *r, time_phrase p);
const token *time_at(reader *r, int i);
bool time_is(reader *r, int i, const char *list);
int time_year_at(reader *r, int i);
int time_year_of(reader *r, int i, int *n);
int time_month_at(reader *r, int i);
int time_day_at(reader *r, int i);
int time_count_at(reader *r, int i);
sem_grain time_unit_at(reader *r, int i, int *n);
const char *time_unit_title(sem_grain g);
time_phrase time_read_year(reader *r, int i);
time_phrase time_day_phrase(reader *r, int n_tokens, int year, int month, int day);
time_phrase time_read_day(reader *r, int i);
time_phrase time_read_month(reader *r, int i);
time_phrase time_read_quarter(reader *r, int i);
time_phrase time_read_half(reader *r, int i);
time_phrase time_read_part_of(reader *r, int i);
time_phrase time_read_week(reader *r, int i);
time_phrase time_read_iso(reader *r, int i);
time_phrase time_read_fiscal(reader *r, int i);
time_phrase time_read_feast(reader *r, int i);
time_phrase time_one_relative(reader *r, int n_tokens, sem_grain grain, int back);
time_phrase time_read_last(reader *r, int i);
time_phrase time_read_ago(reader *r, int i);
time_phrase time_read_before(reader *r, int i);
time_phrase time_read_day_words(reader *r, int i);
time_phrase time_read_to_date(reader *r, int i);
time_phrase time_read_all(reader *r, int i);
time_phrase time_read_count(reader *r, int i);
time_phrase time_read_future(reader *r, int i);
sem_period time_fiscal_relative(reader *r, sem_grain grain, int steps_back);

#endif
