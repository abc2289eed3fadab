#include "take.h"

#include "envelope.h"

#include <stdlib.h>

enum { ROWS = 64 };

oap_status decoder_takes(void *decoder, const uint8_t *bytes, size_t len, oap_row *rows, size_t capacity,
                         oap_frame_table *table)
{
    return oap_decoder_decode(decoder, bytes, len, rows, capacity, table);
}

oap_status stream_decoder_takes(void *decoder, const uint8_t *bytes, size_t len, oap_row *rows,
                                size_t capacity, oap_frame_table *table)
{
    return oap_stream_decoder_feed(decoder, bytes, len, rows, capacity, table);
}

oap_status session_takes(void *session, const uint8_t *bytes, size_t len, oap_row *rows, size_t capacity,
                         oap_frame_table *table)
{
    return oap_session_recv(session, bytes, len, rows, capacity, table);
}

oap_status take(taker *takes, void *handle, bytes input, oap_row *rows, size_t capacity, json_t *frames)
{
    oap_frame_table table = {0};
    do {
        oap_status status = takes(handle, input.at, input.len, rows, capacity, &table);
        if (status != OAP_STATUS_OK)
            return status;
        for (size_t i = 0; i < table.rows; i++)
            json_array_append_new(frames, envelope_of_row(&rows[i], table.bytes));
        input.at += table.consumed;
        input.len -= table.consumed;
    } while (table.more);
    return OAP_STATUS_OK;
}

const char *take_hex(taker *takes, void *handle, const json_t *hex, json_t *frames, size_t *pushed,
                            oap_status *status)
{
    oap_row rows[ROWS];
    bytes input;
    const char *why = read_hex(hex, &input);
    if (why != NULL)
        return why;
    *pushed += input.len;
    *status = take(takes, handle, input, rows, ROWS, frames);
    free(input.at);
    return NULL;
}
