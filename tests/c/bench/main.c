/* bench [--json]: ns a frame, a call or a byte: medians of many rounds, the cases of a group in turn in each round. */
#include "cases.h"

#include <malloc.h>
#include <oap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 401, MOST_CASES = 16, IDLE = 10000 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static double median(double *times)
{
    qsort(times, ROUNDS, sizeof *times, by_size);
    return times[ROUNDS / 2];
}

static double time_of(const bench_case *one)
{
    const double start = now();
    const size_t seen = one->run(one->on);
    const double taken = now() - start;
    if (seen != one->seen) {
        fprintf(stderr, "%s, %s, %s: %zu instead of %zu\n", one->language, one->work, one->what, seen, one->seen);
        exit(1);
    }
    return taken / (double)one->units;
}

static void show(const bench_case *one, double ns, double first, bool json)
{
    if (json)
        printf("{\"language\":\"%s\",\"work\":\"%s\",\"what\":\"%s\",\"role\":\"%s\",\"unit\":\"%s\",\"ns\":%.4g}\n",
               one->language, one->work, one->what, one->role, one->unit, ns);
    else
        printf("%-4s %-8s %-40s %9.3g ns a %-6s %6.2f x\n", one->language, one->work, one->what, ns, one->unit,
               ns / first);
}

static void measure(const bench_case *cases, size_t count, bool json)
{
    static double times[MOST_CASES][ROUNDS];
    double medians[MOST_CASES];
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count; i++)
            times[i][round] = time_of(&cases[i]);
    for (size_t i = 0; i < count; i++) {
        medians[i] = median(times[i]);
        show(&cases[i], medians[i], medians[0], json);
    }
    if (!json)
        putchar('\n');
}

static void print_idle(const char *what, size_t bytes, bool json)
{
    if (json)
        printf("{\"language\":\"c\",\"work\":\"idle\",\"what\":\"%d %s\",\"role\":\"oap\",\"unit\":\"all\",\"bytes\":%zu}\n",
               IDLE, what, bytes);
    else
        printf("%d idle %s: %.2f MiB\n", IDLE, what, (double)bytes / (1 << 20));
}

/* Bytes that IDLE sessions take, each of which decodes; and with a decoder of its own beside each: by malloc's account. */
static void measure_idle(bool json)
{
    static oap_session *sessions[IDLE];
    static oap_decoder *decoders[IDLE];
    const size_t before = mallinfo2().uordblks;
    for (size_t i = 0; i < IDLE; i++)
        if (oap_session_new(NULL, &sessions[i]) != OAP_STATUS_OK)
            exit(1);
    print_idle("sessions with decoders", mallinfo2().uordblks - before, json);
    for (size_t i = 0; i < IDLE; i++)
        if (oap_decoder_new(NULL, &decoders[i]) != OAP_STATUS_OK)
            exit(1);
    print_idle("sessions with a second decoder each", mallinfo2().uordblks - before, json);
    for (size_t i = 0; i < IDLE; i++) {
        oap_session_free(sessions[i]);
        oap_decoder_free(decoders[i]);
    }
}

int main(int argc, char **argv)
{
    static bench_case cases[MOST_CASES];
    const bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json) {
        fprintf(stderr, "usage: bench [--json]\n");
        return 2;
    }
    for (const work *work = all_works(); work->name != NULL; work++)
        measure(cases, add_decoders(cases, work), json);
    measure(cases, add_encoders(cases), json);
    measure(cases, add_calls(cases), json);
    measure(cases, add_hostile(cases), json);
    measure(cases, add_trickled(cases), json);
    measure_idle(json);
}
