/* What is measured. A case does its work once, so many units of it, and says what it has seen: 0 where it failed. */
#ifndef CASES_H
#define CASES_H

#include "work.h"

#include <oap.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bench_case {
    const char *language, *what, *role, *unit;
    size_t (*run)(const work *on);
    const char *work;
    const struct work *on;
    size_t units;
    size_t seen; /* what `run` has to say */
} bench_case;

/* Each adds the cases of a group, which are measured in the same rounds, and says how many. The first is what the
   others are compared with. */
size_t add_decoders(bench_case *all, const work *work);
size_t add_encoders(bench_case *all);
size_t add_calls(bench_case *all);
size_t add_hostile(bench_case *all);
size_t add_trickled(bench_case *all);

/* The C++ face, in cpp.cpp. */
size_t cpp_table(const work *work);
size_t cpp_one(const work *work);
size_t cpp_timed(const work *work);
size_t cpp_split(const work *work);
size_t cpp_frames(const work *work);
size_t cpp_encode(const work *work);

/* The core itself, in rust/. */
size_t rust_table(const uint8_t *wire, size_t len, oap_row *rows, size_t capacity);
size_t rust_one(const uint8_t *wire, size_t len);
size_t rust_split(const uint8_t *wire, size_t len, oap_row *rows, size_t capacity, size_t chunk);
size_t rust_encode(size_t frames, const uint8_t *body, size_t len);

#ifdef __cplusplus
}
#endif

#endif
