/* The same work twice: over oap.h in work_c.c, over oap.hpp in work_cpp.cpp. Each returns a sum of what it saw. What
   looks at a frame is inlined in both, so that a compiler's choice there does not count. */

#ifndef WORK_H
#define WORK_H

#include <stddef.h>
#include <stdint.h>

enum { TABLE_ROWS = 64, WINDOW = 32 };

struct work {
    const uint8_t *wire; /* frames for the decoders */
    size_t size;
    uint8_t *out; /* room for what is encoded */
    size_t capacity;
    size_t rounds;
    size_t frames; /* a round */
};

typedef uint64_t (*work_function)(const struct work *work);

#ifdef __cplusplus
extern "C" {
#endif

/* Decodes the wire, up to TABLE_ROWS frames a call. */
uint64_t table_c(const struct work *work);
uint64_t table_cpp(const struct work *work);
/* std::visit against the same switch. */
uint64_t visit_cpp(const struct work *work);
/* Decodes the wire one frame a call. */
uint64_t single_c(const struct work *work);
uint64_t single_cpp(const struct work *work);
/* Encodes `frames` DATA. */
uint64_t encode_c(const struct work *work);
uint64_t encode_cpp(const struct work *work);
/* One session sends WINDOW DATA, another takes them and acknowledges the last. */
uint64_t session_c(const struct work *work);
uint64_t session_cpp(const struct work *work);

#ifdef __cplusplus
}
#endif

#endif
