/* wordpiece_impl.h - what WordPiece's two files share. */
#ifndef TOKEN_WORDPIECE_IMPL_H
#define TOKEN_WORDPIECE_IMPL_H

#include <stdbool.h>
#include <stdint.h>

/* A mark or punctuation of later Unicode versions than the reference knows. */
bool wordpiece_is_newer(int32_t c);

#endif
