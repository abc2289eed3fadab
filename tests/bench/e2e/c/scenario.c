#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

/* How many different messages there are. */
enum { PHASES = 256 };

static scenario_kind parse_kind(const char *name)
{
    static const char *const names[] = {"stream", "fresh", "ping"};
    for (int kind = STREAM; kind <= PING; kind++)
        if (strcmp(names[kind], name) == 0)
            return (scenario_kind)kind;
    fprintf(stderr, "%s is no kind of scenario\n", name);
    exit(2);
}

scenario parse_scenario(const char *text)
{
    char kind[16], crc[8] = "";
    scenario scenario = {0};
    if (sscanf(text, "%15[a-z],%zu,%zu,%zu,%7s", kind, &scenario.size, &scenario.count, &scenario.connections, crc) < 4) {
        fprintf(stderr, "%s is no KIND,SIZE,COUNT,CONNECTIONS\n", text);
        exit(2);
    }
    scenario.kind = parse_kind(kind);
    scenario.crc = strcmp(crc, "crc") == 0;
    scenario.block = malloc(scenario.size + PHASES);
    if (scenario.block == NULL)
        abort();
    for (size_t place = 0; place < scenario.size + PHASES; place++)
        scenario.block[place] = (uint8_t)(place * 167 + (place >> 8) * 13);
    return scenario;
}

const uint8_t *message_at(const scenario *scenario, size_t number)
{
    return scenario->block + number % PHASES;
}

void tally_add(const scenario *scenario, tally *tally, const uint8_t *body, size_t len)
{
    tally->messages++;
    tally->bytes += len;
    if (scenario->crc)
        tally->sum = crc32((uLong)tally->sum, body, (uInt)len);
    else if (len > 0)
        tally->sum += body[len - 1];
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t clock_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

report begin_report(void)
{
    return (report){.cpu_ns = read_clock(CLOCK_PROCESS_CPUTIME_ID)};
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

void print_report(report *report)
{
    uint64_t cpu_ns = read_clock(CLOCK_PROCESS_CPUTIME_ID) - report->cpu_ns;
    printf("{\"messages\":%zu,\"bytes\":%zu,\"sum\":%llu,\"wall\":%.9f,\"cpu\":%.9f", report->total.messages,
           report->total.bytes, (unsigned long long)report->total.sum, (double)report->wall_ns / 1e9, (double)cpu_ns / 1e9);
    if (report->round_trip_count > 0) {
        qsort(report->round_trips, report->round_trip_count, sizeof *report->round_trips, compare);
        printf(",\"median\":%.9f", (double)report->round_trips[report->round_trip_count / 2] / 1e9);
    }
    printf("}\n");
    fflush(stdout);
    free(report->round_trips);
}
