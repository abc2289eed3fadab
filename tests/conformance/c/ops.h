/* One function an operation: gives NULL and the answer, or why the request can't be understood. */
#ifndef OPS_H
#define OPS_H

#include <jansson.h>

const char *answer_request(const json_t *request, json_t **answer);

#endif
