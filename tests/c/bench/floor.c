#include "floor.h"

#include <string.h>

enum { PREFIX = 8, DATA = 3, ACK = 4, MAX_HEADER = 2048, MAX_FRAME = 1 << 20 };

/* Bytes of the field 1, a canonical varint; 0 where it is none. */
static size_t seq_field(const uint8_t *header, size_t len, uint64_t *seq)
{
    uint64_t value = 0;
    if (len == 0 || header[0] != 0x08)
        return 0;
    for (size_t i = 1; i < len && i <= 10; i++) {
        uint8_t byte = header[i];
        if (i == 10 && byte > 1)
            return 0;
        value |= (uint64_t)(byte & 0x7f) << (7 * (i - 1));
        if (byte < 0x80) {
            *seq = value;
            return byte != 0 || i == 1 ? i + 1 : 0;
        }
    }
    return 0;
}

bool floor_is_obj(const uint8_t *obj)
{
    if (memcmp(obj, "b3:", 3) != 0)
        return false;
    unsigned bad = 0; /* without a branch, so that a compiler takes many at once */
    for (size_t i = 3; i < OBJ_BYTES; i++)
        bad |= ((uint8_t)(obj[i] - '0') > 9) & ((uint8_t)(obj[i] - 'a') > 5);
    return !bad;
}

static bool is_obj_field(const uint8_t *field, size_t len)
{
    return len == 2 + OBJ_BYTES && memcmp(field, "\x12\x43", 2) == 0 && floor_is_obj(field + 2);
}

/* Whether what follows the seq is good for the kind. */
static bool is_good_rest(uint8_t kind, const uint8_t *rest, size_t rest_len, size_t body_len)
{
    if (kind == DATA)
        return rest_len == 0 || is_obj_field(rest, rest_len);
    return kind == ACK && rest_len == 0 && body_len == 0;
}

size_t floor_decode(const uint8_t *bytes, size_t len, floor_row *rows, size_t capacity, size_t *consumed)
{
    size_t found = 0, at = 0;
    for (; found < capacity && len - at >= PREFIX; found++) {
        const uint8_t *frame = bytes + at;
        size_t length = (size_t)frame[0] << 24 | (size_t)frame[1] << 16 | (size_t)frame[2] << 8 | frame[3];
        size_t header_len = (size_t)frame[6] << 8 | frame[7], header_end = PREFIX + header_len;
        if (length > MAX_FRAME || frame[5] != 0 || header_len > MAX_HEADER || header_end > length)
            return SIZE_MAX;
        if (len - at < length)
            break;
        uint64_t seq;
        size_t seq_len = seq_field(frame + PREFIX, header_len, &seq);
        const uint8_t *rest = frame + PREFIX + seq_len;
        if (seq_len == 0 || !is_good_rest(frame[4], rest, header_len - seq_len, length - header_end))
            return SIZE_MAX;
        rows[found] = (floor_row){seq, (uint32_t)(at + header_end), (uint32_t)(length - header_end),
                                  (uint32_t)(at + PREFIX + seq_len + 2), frame[4], header_len > seq_len};
        at += length;
    }
    *consumed = at;
    return found;
}

size_t floor_encode(uint64_t seq, const uint8_t *body, size_t body_len, uint8_t *out)
{
    size_t at = PREFIX;
    out[at++] = 0x08;
    for (; seq >= 0x80; seq >>= 7)
        out[at++] = (uint8_t)(seq | 0x80);
    out[at++] = (uint8_t)seq;
    const size_t header_len = at - PREFIX, length = at + body_len;
    const uint8_t prefix[PREFIX] = {(uint8_t)(length >> 24), (uint8_t)(length >> 16), (uint8_t)(length >> 8),
                                    (uint8_t)length, DATA, 0, (uint8_t)(header_len >> 8), (uint8_t)header_len};
    memcpy(out, prefix, sizeof prefix);
    memcpy(out + at, body, body_len);
    return length;
}
