/* load_protobuf.c - a tokenizer from a SentencePiece tokenizer.model.
 *
 * The file is one protocol buffer message: a row of fields, each a number and a
 * wire type in a varint, then the value. Of ModelProto we read the pieces (field
 * 1: text, score, type), of the trainer's settings the model type, of the
 * normaliser's whether it is the plain one; everything else is stepped over.
 * Merges are derived in the order in which transformers lists them for such a
 * file: by id. */
#include <string.h>

#include "token/token_impl.h"

enum { WIRE_VARINT, WIRE_64, WIRE_BYTES, WIRE_32 = 5 };
enum { TYPE_UNKNOWN = 2, TYPE_CONTROL = 3, TYPE_USER_DEFINED = 4, TYPE_BYTE = 6 };
enum { MODEL_BPE = 2 };

typedef struct message {
    const unsigned char *at, *end;
} message;

typedef struct field {
    uint32_t number;
    int wire;
    uint64_t value; /* of a varint */
    message bytes;  /* of a byte string */
} field;

static bool read_varint(message *m, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && m->at < m->end; shift += 7) {
        const unsigned char byte = *m->at++;

        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool skip(message *m, uint64_t n)
{
    if (n > (uint64_t)(m->end - m->at))
        return false;
    m->at += n;
    return true;
}

/* The next field; false at damage. The caller asks m->at < m->end first. */
static bool next_field(message *m, field *f)
{
    uint64_t tag;

    if (!read_varint(m, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX)
        return false;
    f->number = (uint32_t)(tag >> 3);
    f->wire = (int)(tag & 7);
    switch (f->wire) {
    case WIRE_VARINT: return read_varint(m, &f->value);
    case WIRE_64:     return skip(m, 8);
    case WIRE_32:     return skip(m, 4);
    case WIRE_BYTES:
        if (!read_varint(m, &f->value))
            return false;
        f->bytes.at = m->at;
        if (!skip(m, f->value))
            return false;
        f->bytes.end = m->at;
        return true;
    default: return false;
    }
}

typedef struct spm_piece {
    message text;
    uint64_t type;
} spm_piece;

static bool read_piece(message m, spm_piece *p)
{
    field f;

    *p = (spm_piece){.type = 1};
    while (m.at < m.end) {
        if (!next_field(&m, &f))
            return false;
        if (f.number == 1 && f.wire == WIRE_BYTES)
            p->text = f.bytes;
        else if (f.number == 3 && f.wire == WIRE_VARINT)
            p->type = f.value;
    }
    return true;
}

/* The last value of a varint field of a message. */
static bool read_setting(message m, uint32_t number, uint64_t *value)
{
    field f;

    while (m.at < m.end) {
        if (!next_field(&m, &f))
            return false;
        if (f.number == number && f.wire == WIRE_VARINT)
            *value = f.value;
    }
    return true;
}

static bool damaged(const tokenizer *t, err *e)
{
    return err_set(e, ERR_MODEL, "%s: tokenizer.model is damaged or cut short", t->name);
}

/* First pass: how many pieces, and whether this is a model we run. */
static bool survey(const tokenizer *t, message m, size_t *n_pieces, err *e)
{
    uint64_t model_type = 1, prefix = 1;
    field f;

    *n_pieces = 0;
    while (m.at < m.end) {
        if (!next_field(&m, &f))
            return damaged(t, e);
        *n_pieces += f.number == 1 && f.wire == WIRE_BYTES;
        if (f.number == 2 && f.wire == WIRE_BYTES && !read_setting(f.bytes, 3, &model_type))
            return damaged(t, e);
        if (f.number == 3 && f.wire == WIRE_BYTES && !read_setting(f.bytes, 3, &prefix))
            return damaged(t, e);
    }
    if (!*n_pieces)
        return damaged(t, e);
    if (model_type != MODEL_BPE)
        return err_set(e, ERR_MODEL, "%s: tokenizer.model is not byte-pair encoding, as Gemma's is",
                       t->name);
    return !prefix || err_set(e, ERR_MODEL, "%s: tokenizer.model puts a space before every text; "
                              "Gemma's does not", t->name);
}

static token_kind kind_of(uint64_t type)
{
    switch (type) {
    case TYPE_UNKNOWN:
    case TYPE_CONTROL:      return TOKEN_CONTROL;
    case TYPE_USER_DEFINED: return TOKEN_ADDED;
    case TYPE_BYTE:         return TOKEN_BYTE;
    default:                return TOKEN_NORMAL;
    }
}

static bool put_pieces(tokenizer *t, message m, err *e)
{
    int32_t id = 0;
    field f;
    spm_piece p;

    while (m.at < m.end && id < t->n_pieces) {
        if (!next_field(&m, &f))
            return damaged(t, e);
        if (f.number != 1 || f.wire != WIRE_BYTES)
            continue;
        if (!read_piece(f.bytes, &p))
            return damaged(t, e);
        const char *text = p.text.at ? (const char *)p.text.at : "";
        const size_t n = (size_t)(p.text.end - p.text.at);
        const token_kind kind = token_name_is_reserved(text, n) && p.type == TYPE_USER_DEFINED
                                    ? TOKEN_CONTROL : kind_of(p.type);

        if (!tokenizer_put(t, id, text, n, kind, e) ||
            ((kind == TOKEN_CONTROL || kind == TOKEN_ADDED) && !tokenizer_add(t, text, n, id, e)))
            return false;
        id++;
    }
    return true;
}

bool load_protobuf(tokenizer *t, const unsigned char *bytes, size_t n, err *e)
{
    const message all = {bytes, bytes + n};
    size_t n_pieces;

    if (!survey(t, all, &n_pieces, e) || !tokenizer_reserve(t, n_pieces, n, e) ||
        !put_pieces(t, all, e) || !tokenizer_index(t, e))
        return false;
    for (int id = 0; id < t->n_pieces; id++)
        if (t->pieces[id].kind == TOKEN_NORMAL || t->pieces[id].kind == TOKEN_ADDED)
            t->pieces[id].rank = (uint32_t)id;
    return true;
}
