/* said.h - is every number of a sentence traced to the rows? */
#ifndef TESTS_AGENT_SAID_H
#define TESTS_AGENT_SAID_H

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "agent/answer.h"

/* Digits of the sentence that no origin covers; -1 when an origin doesn't give
 * its number again. Origins stand in the order of the sentence. */
static inline int uncovered(const agent_state *s, const char *text)
{
    const char *at = text;
    int digits = 0;

    for (int i = 0; i < s->n_said; i++) {
        const agent_said *a = &s->said[i];
        const char *found = strstr(at, a->text);
        const double again = said_value(s, a);

        if (!found || (isnan(a->value) != isnan(again)) ||
            (!isnan(again) && fabs(again - a->value) > 1e-9 * fmax(1, fabs(again))))
            return -1;
        for (; at < found; at++)
            digits += isdigit((unsigned char)*at) != 0;
        at = found + strlen(a->text);
    }
    for (; *at; at++)
        digits += isdigit((unsigned char)*at) != 0;
    return digits;
}

#endif
