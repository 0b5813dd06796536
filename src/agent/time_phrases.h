/* time_phrases.h - "last three months", "Q1 2025", "FY24", "since March".
 *
 * What a phrase means rests on the layer's calendar: today is the last day of
 * the data, the last N days end today, the last N weeks, months, quarters and
 * years are whole ones, weeks begin on Monday, fiscal phrases use the fiscal
 * columns. A month without a year is the latest one that is over. */
#ifndef AGENT_TIME_PHRASES_H
#define AGENT_TIME_PHRASES_H

#include "agent/words.h"
#include "semantic/semantic.h"

typedef enum time_kind {
    TIME_NONE,
    TIME_PERIOD,       /* `period` */
    TIME_ALL,          /* "ever", "of all time": no limit */
    TIME_YEAR_BEFORE,  /* "the year before", "the same period last year": of another period */
    TIME_PREVIOUS,     /* "the previous month": of another period, or of today */
    TIME_FUTURE,       /* "next year" */
} time_kind;

typedef struct time_phrase {
    time_kind kind;
    sem_period period;
    int n_tokens;
    bool assumed_year; /* "in March": `period` is the latest that is over */
    bool open_start, open_end; /* "until 2023", "since 2023" */
    bool single;       /* one grain by name or number: may be one side of a range */
    int month, quarter, half; /* set when assumed_year, to be given another year */
    const char *problem; /* "" or why it can't be read: "there is no 31 June" */
} time_phrase;

/* The longest time phrase that begins at token i (n_tokens 0: none). Bare
 * prepositions ("in", "during") are not part of it; "since", "until", "before",
 * "after", "from … to", "between … and" are. */
time_phrase time_phrase_at(const sem_layer *l, const tokens *t, int i, arena *a);

/* The same phrase with its year filled in ("March and April 2025"). */
time_phrase time_phrase_in_year(const sem_layer *l, const time_phrase *p, int year, arena *a);

/* "month", "monthly", "iso week", "weekday", "fiscal quarter", "hour of day" as
 * a unit to group by; *grain is SEM_NO_GRAIN and the answer 0 when it is none.
 * *adverb: it groups by itself ("monthly", "daily", "month by month"). */
int time_grain_at(const tokens *t, int i, sem_grain *grain, bool *adverb);

#endif
