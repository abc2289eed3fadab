/* The command line of a host program: `serve` and `send` of tests/conformance/hosts/README.md. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <oap.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct options {
    bool serve;
    uint16_t port;
    const char *stream;
    uint64_t bytes;
    uint64_t chunk;
    bool echo, nowait;
    uint64_t slow; /* body bytes taken a second; 0: as many as there are */
    uint64_t max_connections;
    uint64_t close_ns;
    oap_config *config;
    oap_connection_options connection;
} options;

/* Ends the process with status 2 where it can't be understood. */
void read_options(int argc, char **argv, options *options);

/* Nanoseconds of the monotonic clock. */
uint64_t now_ns(void);

#endif
