/* What a user would write by hand for this wire: strict DATA and ACK, the same checks, nothing else. */
#ifndef FLOOR_H
#define FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OBJ_BYTES = 67 };

typedef struct floor_row {
    uint64_t seq;
    uint32_t body_offset, body_len, obj_offset;
    uint8_t kind;
    bool has_obj;
} floor_row;

/* Rows filled, as many as there are whole frames and rows, and the bytes `consumed`; SIZE_MAX on anything that is not a
   good DATA or ACK. */
size_t floor_decode(const uint8_t *bytes, size_t len, floor_row *rows, size_t capacity, size_t *consumed);

/* Whether OBJ_BYTES bytes are an address. */
bool floor_is_obj(const uint8_t *obj);

/* Writes a DATA without obj, and says its bytes. */
size_t floor_encode(uint64_t seq, const uint8_t *body, size_t body_len, uint8_t *out);

#endif
