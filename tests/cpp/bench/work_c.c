#include "work.h"

#include <oap.h>

__attribute__((always_inline)) static inline uint64_t seen(const oap_row *row, const uint8_t *bytes)
{
    switch (row->kind) {
    case OAP_KIND_DATA:
        return row->seq + row->body_len + bytes[row->body_offset] +
               ((row->flags & OAP_HAS_OBJ) ? bytes[row->text_offset + 3] : 0);
    case OAP_KIND_ACK:
        return row->seq;
    case OAP_KIND_END:
        return row->seq + row->value;
    case OAP_KIND_START:
        return row->text_len;
    default:
        return row->value;
    }
}

static uint64_t decode(const struct work *work, oap_row *rows, size_t capacity)
{
    uint64_t sum = 0;
    oap_decoder *decoder;
    if (oap_decoder_new(NULL, &decoder) != OAP_STATUS_OK)
        return 0;
    for (size_t round = 0; round < work->rounds; round++) {
        const uint8_t *at = work->wire;
        size_t left = work->size;
        while (left > 0) {
            oap_frame_table table;
            if (oap_decoder_decode(decoder, at, left, rows, capacity, &table) != OAP_STATUS_OK)
                return 0;
            for (size_t i = 0; i < table.rows; i++)
                sum += seen(&rows[i], table.bytes);
            at += table.consumed;
            left -= table.consumed;
        }
    }
    oap_decoder_free(decoder);
    return sum;
}

uint64_t table_c(const struct work *work)
{
    oap_row rows[TABLE_ROWS];
    return decode(work, rows, TABLE_ROWS);
}

uint64_t single_c(const struct work *work)
{
    oap_row row;
    return decode(work, &row, 1);
}

static oap_frame data_frame(uint64_t seq, const uint8_t *body)
{
    return (oap_frame){.struct_size = sizeof(oap_frame), .kind = OAP_KIND_DATA, .seq = seq, .body = body, .body_len = 32};
}

uint64_t encode_c(const struct work *work)
{
    uint64_t sum = 0;
    for (size_t round = 0; round < work->rounds; round++) {
        for (size_t i = 0; i < work->frames; i++) {
            const oap_frame data = data_frame(i, work->wire);
            size_t size;
            if (oap_encode(&data, work->out, work->capacity, &size) != OAP_STATUS_OK)
                return 0;
            sum += size;
        }
    }
    return sum;
}

static size_t hello(oap_session *from, oap_session *to, const struct work *work)
{
    const oap_frame own = {.struct_size = sizeof own, .kind = OAP_KIND_HELLO};
    oap_row row;
    oap_frame_table table;
    size_t size = 0;
    if (oap_session_send(from, &own, work->out, work->capacity, &size) != OAP_STATUS_OK)
        return 0;
    return oap_session_recv(to, work->out, size, &row, 1, &table) == OAP_STATUS_OK ? table.rows : 0;
}

static uint64_t window(oap_session *from, oap_session *to, uint64_t seq, const struct work *work)
{
    uint64_t sum = 0;
    size_t size, written = 0;
    oap_row rows[WINDOW];
    oap_frame_table table;
    for (size_t i = 0; i < WINDOW; i++) {
        const oap_frame data = data_frame(seq + i, work->wire);
        if (oap_session_send(from, &data, work->out + written, work->capacity - written, &size) != OAP_STATUS_OK)
            return 0;
        written += size;
    }
    if (oap_session_recv(to, work->out, written, rows, WINDOW, &table) != OAP_STATUS_OK)
        return 0;
    for (size_t i = 0; i < table.rows; i++)
        sum += seen(&rows[i], table.bytes);
    const oap_frame ack = {.struct_size = sizeof ack, .kind = OAP_KIND_ACK, .seq = seq + WINDOW - 1};
    if (oap_session_send(to, &ack, work->out, work->capacity, &size) != OAP_STATUS_OK ||
        oap_session_recv(from, work->out, size, rows, WINDOW, &table) != OAP_STATUS_OK)
        return 0;
    return sum;
}

uint64_t session_c(const struct work *work)
{
    uint64_t sum = 0;
    size_t size;
    oap_session *from, *to;
    if (oap_session_new(NULL, &from) != OAP_STATUS_OK || oap_session_new(NULL, &to) != OAP_STATUS_OK ||
        hello(from, to, work) != 1 || hello(to, from, work) != 1)
        return 0;
    const oap_frame start = {.struct_size = sizeof start, .kind = OAP_KIND_START, .text = "s", .text_len = 1};
    if (oap_session_send(from, &start, work->out, work->capacity, &size) != OAP_STATUS_OK)
        return 0;
    oap_row row;
    oap_frame_table table;
    if (oap_session_recv(to, work->out, size, &row, 1, &table) != OAP_STATUS_OK)
        return 0;
    for (size_t round = 0; round < work->rounds; round++)
        sum += window(from, to, round * WINDOW, work);
    oap_session_free(from);
    oap_session_free(to);
    return sum;
}
