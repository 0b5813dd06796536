/* prompt_impl.h - what the files of the prompt share; private. */
#ifndef RAG_PROMPT_IMPL_H
#define RAG_PROMPT_IMPL_H

#include "rag/prompt.h"

/* Does prompt_clean leave the text as it is? */
bool prompt_is_clean(const char *text);
/* A name as sql_print writes it, made harmless. */
void prompt_name(const char *name, str *out);
/* A text as a SQL literal, made harmless. */
void prompt_literal(const char *text, str *out);

#endif
