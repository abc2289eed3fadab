#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MS = 1000000 };

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void usage(const char *what)
{
    fprintf(stderr, "%s\nusage: c serve [--port N] [options] | c send PORT STREAM BYTES [options]\n", what);
    exit(2);
}

static uint64_t number(const char *name, const char *text)
{
    char *end;
    errno = 0;
    unsigned long long value = text != NULL ? strtoull(text, &end, 10) : 0;
    if (text == NULL || errno != 0 || end == text || *end != '\0' || *text == '-')
        usage(name);
    return value;
}

static void must(oap_status status, const char *name)
{
    if (status != OAP_STATUS_OK)
        usage(name);
}

static void set_window(options *options, const char *name, uint64_t value)
{
    must(oap_config_set_ack_window_frames(options->config, value), name);
}

/* Options that are numbers and go to one place, times as milliseconds. */
static uint64_t *place(options *options, const char *name, uint64_t *unit)
{
    oap_connection_options *connection = &options->connection;
    const struct {
        const char *name;
        uint64_t *at, unit;
    } places[] = {
        {"--receive-buffer", &connection->receive_buffer, 1},
        {"--send-buffer", &connection->send_buffer, 1},
        {"--handshake", &connection->handshake_timeout_ns, MS},
        {"--idle", &connection->idle_timeout_ns, MS},
        {"--stall", &connection->stall_timeout_ns, MS},
        {"--close", &connection->close_timeout_ns, MS},
        {"--max-connections", &options->max_connections, 1},
        {"--slow", &options->slow, 1},
        {"--chunk", &options->chunk, 1},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strcmp(places[i].name, name) == 0)
            return *unit = places[i].unit, places[i].at;
    return NULL;
}

/* Gives how many words it took. */
static int read_option(options *options, const char *name, const char *value)
{
    uint64_t unit, *at = place(options, name, &unit);
    if (at != NULL)
        *at = number(name, value) * unit;
    else if (strcmp(name, "--window") == 0)
        set_window(options, name, number(name, value));
    else if (strcmp(name, "--max-frame") == 0)
        must(oap_config_set_max_frame(options->config, number(name, value)), name);
    else if (strcmp(name, "--port") == 0)
        options->port = (uint16_t)number(name, value);
    else if (strcmp(name, "--echo") == 0)
        return options->echo = true, 1;
    else if (strcmp(name, "--nowait") == 0)
        return options->nowait = true, 1;
    else
        usage(name);
    return 2;
}

static int read_command(int argc, char **argv, options *options)
{
    if (argc >= 2 && strcmp(argv[1], "serve") == 0)
        return options->serve = true, options->connection.idle_timeout_ns = 300000ull * MS, 2;
    if (argc < 5 || strcmp(argv[1], "send") != 0)
        usage("no command");
    options->port = (uint16_t)number("PORT", argv[2]);
    options->stream = argv[3];
    options->bytes = number("BYTES", argv[4]);
    return 5;
}

void read_options(int argc, char **argv, options *options)
{
    oap_config_error error;
    *options = (struct options){.chunk = 65536, .max_connections = 1024};
    must(oap_config_new(&options->config), "no configuration");
    set_window(options, "window", OAP_CONNECTION_WINDOW);
    oap_connection_options_init(&options->connection);
    for (int at = read_command(argc, argv, options); at < argc;)
        at += read_option(options, argv[at], at + 1 < argc ? argv[at + 1] : NULL);
    must(oap_connection_options_check(&options->connection, &error), "an option is out of its range");
    if (options->chunk == 0)
        usage("--chunk");
    options->close_ns = options->connection.close_timeout_ns;
}
