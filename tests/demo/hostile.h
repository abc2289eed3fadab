/* What a hostile peer may send, and the reason with which it has to be refused. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdbool.h>

/* A connection for each case; prints the table. Whether all were answered as they should be. */
bool hostile_cases(const char *host, const char *port);

#endif
