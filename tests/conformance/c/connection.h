/* The operation `connection`: a connection engine step by step. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "settings.h"

const char *connection(const json_t *request, const settings *settings, json_t **answer);

#endif
