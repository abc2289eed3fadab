/* The C testee: one JSON request a line on stdin, one JSON answer a line on stdout. */
#define _POSIX_C_SOURCE 200809L

#include "ops.h"

#include <stdio.h>
#include <stdlib.h>

static json_t *answer_line(const char *line, size_t len)
{
    json_t *answer = NULL;
    json_t *request = json_loadb(line, len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    const char *why = request != NULL ? answer_request(request, &answer) : "not JSON";
    json_decref(request);
    if (why == NULL)
        return answer;
    json_decref(answer);
    return json_pack("{s:s}", "usage", why);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while ((len = getline(&line, &room, stdin)) > 0) {
        json_t *answer = answer_line(line, (size_t)len);
        json_dumpf(answer, stdout, JSON_COMPACT);
        json_decref(answer);
        putchar('\n');
        fflush(stdout);
    }
    free(line);
    return ferror(stdout) != 0;
}
