/* Bytes into a decoder, stream decoder or session, and the frames that come out. */
#ifndef TAKE_H
#define TAKE_H

#include "values.h"

/* What takes bytes and gives rows. */
typedef oap_status taker(void *handle, const uint8_t *bytes, size_t len, oap_row *rows, size_t capacity,
                         oap_frame_table *table);

taker decoder_takes, stream_decoder_takes, session_takes;

/* Gives all of the input to the taker, and adds the frames found. */
oap_status take(taker *takes, void *handle, bytes input, oap_row *rows, size_t capacity, json_t *frames);

/* Likewise with bytes that stand as hex in the request; adds their number to `pushed`. NULL, or why it can't. */
const char *take_hex(taker *takes, void *handle, const json_t *hex, json_t *frames, size_t *pushed,
                     oap_status *status);

#endif
