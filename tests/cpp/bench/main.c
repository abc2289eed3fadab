/* bench NAME ROUNDS: does one work, so often; callgrind counts. Prints the frames of a round and the sum; fails
   where a call did. */

#include "work.h"

#include <oap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A session's frames count where they are sent and where they are taken, DATA as ACK. */
enum { FRAMES = 512, BODY = 32, PASSED = 2 * (WINDOW + 1) };

static const struct {
    const char *name;
    work_function function;
    size_t frames; /* a round; 0: those of the wire */
} works[] = {
    {"table_c", table_c, 0},     {"table_cpp", table_cpp, 0},          {"visit_cpp", visit_cpp, 0},
    {"single_c", single_c, 0},   {"single_cpp", single_cpp, 0},        {"encode_c", encode_c, FRAMES},
    {"encode_cpp", encode_cpp, FRAMES}, {"session_c", session_c, PASSED}, {"session_cpp", session_cpp, PASSED},
};

static uint8_t kind_at(uint64_t place)
{
    if (place == 0)
        return OAP_KIND_START;
    if (place == FRAMES - 1)
        return OAP_KIND_END;
    return place % 4 == 3 ? OAP_KIND_ACK : OAP_KIND_DATA;
}

/* START, then DATA with and without obj and now and then an ACK, then END. */
static size_t wire(uint8_t *out, size_t capacity)
{
    static const char obj[] = "b3:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    uint8_t body[BODY];
    size_t size = 0, at = 0;
    memset(body, 7, sizeof body);
    for (uint64_t seq = 0; seq < FRAMES; seq++, at += size) {
        oap_frame frame = {.struct_size = sizeof frame, .kind = kind_at(seq), .seq = seq};
        if (frame.kind == OAP_KIND_START)
            frame.text = "notes", frame.text_len = 5;
        else if (frame.kind == OAP_KIND_END)
            frame.seq = FRAMES - 2;
        else
            frame.body = body, frame.body_len = BODY;
        if (frame.kind == OAP_KIND_DATA && seq % 2)
            frame.text = obj, frame.text_len = sizeof obj - 1;
        if (oap_encode(&frame, out + at, capacity - at, &size) != OAP_STATUS_OK)
            abort();
    }
    return at;
}

int main(int argc, char **argv)
{
    static uint8_t bytes[FRAMES * (OAP_PREFIX_BYTES + 80 + BODY)], out[OAP_STREAM_CHUNK_BYTES];
    struct work work = {bytes, wire(bytes, sizeof bytes), out, sizeof out, 0, FRAMES};
    for (size_t i = 0; argc == 3 && i < sizeof works / sizeof works[0]; i++) {
        if (strcmp(argv[1], works[i].name) != 0)
            continue;
        work.rounds = strtoul(argv[2], NULL, 10);
        work.frames = works[i].frames ? works[i].frames : FRAMES;
        uint64_t sum = works[i].function(&work);
        printf("%zu %llu\n", work.frames, (unsigned long long)sum);
        return sum == 0;
    }
    fprintf(stderr, "usage: bench NAME ROUNDS\n");
    return 2;
}
