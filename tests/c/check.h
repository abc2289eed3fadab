/* A test is a function without arguments. The first check that fails says where, and ends its test. */
#ifndef CHECK_H
#define CHECK_H

#include <oap.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#define CHECK(condition) ((condition) ? (void)0 : fail(__FILE__, __LINE__, #condition))
#define CHECK_STATUS(wanted, call) check_status(__FILE__, __LINE__, #call, (wanted), (call))
#define RUN(test) run(#test, test)

static jmp_buf test_end;
static int passed, failed;

static inline void fail(const char *file, int line, const char *what)
{
    printf("%s:%d: %s\n", file, line, what);
    fflush(stdout);
    longjmp(test_end, 1);
}

static inline void check_status(const char *file, int line, const char *call, oap_status wanted, oap_status got)
{
    if (got == wanted)
        return;
    printf("%s:%d: %s instead of %s\n", file, line, oap_status_name(got), oap_status_name(wanted));
    fail(file, line, call);
}

static inline void run(const char *name, void (*test)(void))
{
    if (setjmp(test_end) == 0) {
        test();
        passed++;
    } else {
        printf("failed: %s\n", name);
        failed++;
    }
}

static inline int summary(void)
{
    printf("%d passed, %d failed\n", passed, failed);
    fflush(stdout);
    return failed > 0;
}

/* What nobody wrote into is still dirt. */
enum { DIRT = 0xA5 };

#define SOIL(object) memset(&(object), DIRT, sizeof(object))
#define IS_SOILED(object) is_soiled(&(object), sizeof(object))

static inline bool is_soiled(const void *at, size_t len)
{
    const unsigned char *bytes = at;
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != DIRT)
            return false;
    return true;
}

/* Texts come as pointer and length. */
static inline bool says(const char *text, size_t len, const char *wanted)
{
    return len == strlen(wanted) && memcmp(text, wanted, len) == 0;
}

#endif
