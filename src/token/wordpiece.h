/* wordpiece.h - BERT's tokenizer: text to the ids of an uncased WordPiece vocabulary.
 *
 * The steps are those of the reference (huggingface/tokenizers, BertNormalizer,
 * BertPreTokenizer, WordPiece): control characters go, every blank is a space, CJK
 * characters stand alone, accents (NFD, then marks of category Mn) go, lower case;
 * words end at blanks and at each punctuation mark; a word is cut into the longest
 * pieces from its left, or is [UNK] as a whole. [CLS], [SEP], [PAD], [UNK] and [MASK]
 * standing in the text are those tokens, as there. Ids equal on 10,000 strings
 * (tests/golden/minilm/minilm.ids).
 *
 * Ownership: a wordpiece owns all it needs. Constant once made; any thread. */
#ifndef TOKEN_WORDPIECE_H
#define TOKEN_WORDPIECE_H

#include "token/token.h"

typedef struct wordpiece wordpiece;

/* From vocab.txt: a piece a line, its id the line's number from 0. `name` opens
 * messages. ERR_MODEL when it is no such list or lacks [CLS], [SEP] or [UNK]; ERR_NOMEM. */
MUST_CHECK wordpiece *wordpiece_new(const char *vocab, size_t n, const char *name, err *e);
void wordpiece_free(wordpiece *w); /* NULL is allowed */
int wordpiece_size(const wordpiece *w);

/* [CLS], the text's ids, [SEP] appended to *out: at most `most` (>= 2), the text cut on its
 * right. Bytes that are not UTF-8 are passed over. ERR_LIMIT above 16 MiB, ERR_NOMEM. */
MUST_CHECK bool wordpiece_encode(const wordpiece *w, const char *text, size_t n, int most,
                                 token_list *out, err *e);

#endif
