/* Envelopes: from JSON to the call that encodes one, and from a row to JSON. */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include "values.h"

/* The text belongs to the JSON that was read, the body to the envelope. */
typedef struct envelope {
    uint8_t kind;
    oap_hello hello;
    uint64_t seq;   /* DATA and END: seq. ACK: up_to. */
    uint32_t value; /* END: status. ERROR: code. */
    const char *text;
    size_t text_len;
    bytes body;
} envelope;

const char *read_envelope(const json_t *json, envelope *read);
void free_envelope(envelope *envelope);

/* An output of this size is never too small. */
size_t room_for(const envelope *envelope);
oap_status encode_envelope(const envelope *envelope, uint8_t *out, size_t capacity, size_t *size);
oap_status send_envelope(oap_session *session, const envelope *envelope, uint8_t *out, size_t capacity, size_t *size);

json_t *envelope_of_row(const oap_row *row, const uint8_t *bytes);

#endif
