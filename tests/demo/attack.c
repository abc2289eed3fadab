#include "attack.h"

#include "wire.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_PEERS = 250 };

static unsigned long number(const char *text, unsigned long most)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value == 0 || value > most)
        fail("%s is no number from 1 to %lu", text, most);
    return value;
}

/* A HELLO, and the length of a frame that is too long. */
static size_t hostile_bytes(uint8_t *out, size_t capacity)
{
    static const uint8_t OVERSIZE[] = {0xff, 0xff, 0xff, 0xff};
    const oap_hello hello = {.version = OAP_PROTOCOL_VERSION, .max_frame = OAP_MAX_FRAME_BYTES};
    const oap_frame frame = {.struct_size = sizeof frame, .kind = OAP_KIND_HELLO, .hello = &hello};
    size_t size = 0;
    oap_status status = oap_encode(&frame, out, capacity - sizeof OVERSIZE, &size);
    if (status != OAP_STATUS_OK)
        fail("a frame was not encoded: %s", oap_status_name(status));
    for (size_t i = 0; i < sizeof OVERSIZE; i++)
        out[size++] = OVERSIZE[i];
    return size;
}

/* Whether the peer is refused in words; a peer in quarantine is told nothing. */
static bool is_refused(const char *source, const char *host, const char *port)
{
    uint8_t bytes[64];
    size_t len = hostile_bytes(bytes, sizeof bytes);
    wire *w = wire_open_from(source, host, port);
    wire_send_if_open(w, bytes, len);
    bool refused = false;
    const oap_row *row;
    while ((row = wire_next(w)) != NULL)
        refused = row->kind == OAP_KIND_ERROR && row->value == OAP_STATUS_FRAME_OVERSIZE;
    wire_close(w);
    return refused;
}

bool attack(const char *host, const char *port, const char *peers, const char *connections)
{
    unsigned long refused = 0, at_the_door = 0;
    unsigned long most_peers = number(peers, MOST_PEERS), each = number(connections, 1000000);
    for (unsigned long peer = 1; peer <= most_peers; peer++) {
        char source[32];
        snprintf(source, sizeof source, "127.0.1.%lu", peer);
        for (unsigned long i = 0; i < each; i++)
            if (is_refused(source, host, port))
                refused++;
            else
                at_the_door++;
    }
    printf("peers     %lu, %lu connections each\n", most_peers, each);
    printf("refused   %lu as frame_oversize\n", refused);
    printf("closed    %lu at the door: their peer was in quarantine\n", at_the_door);
    return refused > 0 && at_the_door > 0;
}

bool send_frames(const char *host, const char *port, const char *frames)
{
    unsigned long count = number(frames, 100000000);
    wire *w = wire_open(host, port);
    wire_greet(w);
    wire_send_start(w, "honest");
    for (unsigned long seq = 1; seq <= count; seq++)
        wire_send_data(w, seq, NULL, (const uint8_t *)"", 0);
    wire_send_end(w, count);
    uint32_t status = receive_receipt(w);
    wire_close(w);
    printf("honest    %lu DATA, receipt status %u\n", count, (unsigned)status);
    return status == 0;
}
