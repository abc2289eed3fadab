/* The frames that are measured, as OAP/1 and as HTTP/2. */
#ifndef WORK_H
#define WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TINY_BODY = 32, MOST_FRAMES = 1000 };

typedef struct work {
    const char *name;
    size_t frames;
    bool obj;
    const uint8_t *wire;
    size_t size;
    const uint8_t *http2; /* the same payloads in DATA, an obj in front of its body; or as many WINDOW_UPDATE as there are ACK */
    size_t http2_size;
    size_t chunk; /* bytes of the pieces that it comes in; `size` where it comes whole */
} work;

/* tiny, ack, obj, obj64k, split: name NULL after the last. They live as long as the program. */
const work *all_works(void);
const work *work_named(const char *name);

#ifdef __cplusplus
}
#endif

#endif
