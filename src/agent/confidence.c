/* confidence.c - Sure, Likely or Check this, and why.
 *
 * The numbers are priors set by hand, not calibrated on outcomes: they order
 * answers and say no more. */
#include "agent/agent_impl.h"

static void set(agent_state *s, const char *word, double value, const char *reason)
{
    s->confidence.word = word;
    s->confidence.value = value;
    s->confidence.reason = state_str(s, reason);
}

void confidence_set(agent_state *s, bool is_derived)
{
    const understanding *u = &s->work->u;

    switch (s->source) {
    case SOURCE_USER:
        set(s, "Sure", 0.95, "your own SQL, run as given");
        break;
    case SOURCE_MEMORY:
        set(s, "Sure", 0.95, "a verified answer to this question");
        break;
    case SOURCE_MODEL:
        set(s, "Check this", 0.35, "written by the language model: read the SQL");
        break;
    case SOURCE_TEMPLATE:
        if (s->work->partial)
            set(s, "Check this", 0.3, s->n_unused_words ? state_strf(s, "I did not use: \"%s\"",
                s->unused_words[0]) : "part of the question was not understood");
        else if (u->corrected)
            set(s, "Likely", 0.8, "a misspelt word was read as the nearest one");
        else if (u->assumed)
            set(s, "Likely", 0.75, "a default was taken among several readings");
        else if (is_derived)
            set(s, "Likely", 0.85, "the words of this database were derived from its names, described by nobody");
        else
            set(s, "Sure", 0.95, "known metric, every word used");
        break;
    default:
        set(s, "", 0, "");
    }
}
