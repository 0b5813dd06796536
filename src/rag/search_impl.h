/* search_impl.h - names by their trigrams. */
#ifndef RAG_SEARCH_IMPL_H
#define RAG_SEARCH_IMPL_H

#include "base/str.h"

/* The trigrams of a word as alternatives of a MATCH, behind what is there. */
void name_trigrams(const char *word, str *match);

#endif
