/* A TCP connection and the session on it. Whatever goes wrong is said on stderr and ends the program: a demonstration
 * has nobody to hand it to. Nothing waits longer than WIRE_TIMEOUT_SECONDS for the peer. */
#ifndef WIRE_H
#define WIRE_H

#include <oap.h>

enum {
    WIRE_TIMEOUT_SECONDS = 10,
    WIRE_ROWS = 64,
};

typedef struct wire {
    int socket;
    oap_session *session;
    size_t input_len;   /* bytes that the last read brought */
    size_t input_taken; /* bytes of those that the session has dealt with */
    size_t row_next;    /* of the rows in the table, the next to be given */
    oap_frame_table table;
    oap_row rows[WIRE_ROWS];
    uint8_t input[OAP_STREAM_CHUNK_BYTES];
    uint8_t output[OAP_MAX_FRAME_BYTES];
} wire;

/* Makes it; wire_close frees it. `source` is the own address, or NULL where any will do. */
wire *wire_open(const char *host, const char *port);
wire *wire_open_from(const char *source, const char *host, const char *port);
void wire_close(wire *w);

/* Exchanges HELLOs. */
void wire_greet(wire *w);

/* Frames of the session. A DATA waits for credit; `obj` may be NULL. */
void wire_send_start(wire *w, const char *stream);
void wire_send_data(wire *w, uint64_t seq, const char *obj, const uint8_t *body, size_t len);
void wire_send_end(wire *w, uint64_t seq);

/* What this side has sent. */
oap_flow wire_outbound(const wire *w);

/* Sends bytes as they are, past the session. */
void wire_send_bytes(wire *w, const uint8_t *bytes, size_t len);

/* Likewise; what a peer that has closed does not take is lost. */
void wire_send_if_open(wire *w, const uint8_t *bytes, size_t len);

/* Says that nothing more will be sent, and goes on receiving. */
void wire_half_close(wire *w);

/* The next frame; NULL where the peer has closed. It stays until the next call. */
const oap_row *wire_next(wire *w);

/* The next frame, where nothing but the peer's going on will do: neither its ERROR nor its closing. */
const oap_row *wire_await(wire *w);

/* Whether a row's text, a reason or a stream's name, is `text`. */
bool wire_text_is(const wire *w, const oap_row *row, const char *text);

/* The status with which the peer closes its stream "receipt". */
uint32_t receive_receipt(wire *w);

/* A connected socket; `source` is the own address, or NULL where any will do. */
int dial(const char *source, const char *host, const char *port);

/* Says why on stderr, and ends the program with 1. */
_Noreturn void fail(const char *format, ...);

#endif
