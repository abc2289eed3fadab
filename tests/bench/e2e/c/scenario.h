/* A scenario of the end-to-end benchmark, and what an end of it has to report. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One way on all connections at once, one way on one new connection after the other, there and back. */
typedef enum { STREAM, FRESH, PING } scenario_kind;

/* KIND,SIZE,COUNT,CONNECTIONS, and ",crc" where all bytes are checked. `count` is messages a connection. */
typedef struct scenario {
    scenario_kind kind;
    size_t size, count, connections;
    bool crc;
    uint8_t *block;
} scenario;

/* Ends the process where `text` is none. */
scenario parse_scenario(const char *text);

/* The message of that number on a connection; `size` bytes that stay. */
const uint8_t *message_at(const scenario *scenario, size_t number);

/* What has been received on a connection: `sum` is that of the last bytes, or the CRC-32 of all bytes. */
typedef struct tally {
    size_t messages, bytes;
    uint64_t sum;
} tally;

void tally_add(const scenario *scenario, tally *tally, const uint8_t *body, size_t len);

/* The line that an end prints. */
typedef struct report {
    tally total;
    uint64_t wall_ns, cpu_ns; /* `cpu_ns` is the processor time when it began */
    uint64_t *round_trips;
    size_t round_trip_count;
} report;

report begin_report(void);
/* Prints it, and frees its round trips. */
void print_report(report *report);

/* Nanoseconds of the monotonic clock. */
uint64_t clock_ns(void);

#ifdef __cplusplus
}
#endif

#endif
