/* A child of a process whose threads use a monitor: whatever it calls returns. */
#define _GNU_SOURCE
#include "frames.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORKS = 300, THREADS = 1, PATIENCE_SECONDS = 20 };

static oap_monitor *monitor;
static volatile bool over;

static void *ticking(void *unused)
{
    (void)unused;
    for (uint64_t now = 0; !over; now += 1000000)
        (void)oap_monitor_tick(monitor, now);
    return NULL;
}

/* Not CHECK: its failure would go on in the parent's test. */
static int child(void)
{
    static char page[16384];
    oap_readiness readiness;
    oap_snapshot snapshot;
    oap_monitor *own;
    size_t size;
    alarm(PATIENCE_SECONDS);
    return oap_monitor_tick(monitor, 1) || oap_monitor_readiness(monitor, 2, &readiness) ||
           oap_monitor_snapshot(monitor, &snapshot) || oap_monitor_text(monitor, page, sizeof page, &size) ||
           oap_monitor_new(NULL, &own) || oap_monitor_tick(own, 1);
}

static void no_child_hangs(void)
{
    pthread_t threads[THREADS];
    int bad = 0;
    CHECK_STATUS(OAP_STATUS_OK, oap_monitor_new(NULL, &monitor));
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, ticking, NULL) == 0);
    for (int i = 0; i < FORKS; i++) {
        int status = -1;
        pid_t pid = fork();
        if (pid == 0)
            _exit(child());
        bad += pid < 0 || waitpid(pid, &status, 0) != pid || status != 0;
    }
    over = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    oap_monitor_free(monitor);
    CHECK(bad == 0);
}

int main(void)
{
    RUN(no_child_hangs);
    return summary();
}
