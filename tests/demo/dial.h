/* A connected socket. Whatever goes wrong is said on stderr and ends the program: a demonstration has nobody to hand it
 * to. Nothing waits longer than TIMEOUT_SECONDS for the peer. */
#ifndef DIAL_H
#define DIAL_H

enum { TIMEOUT_SECONDS = 10 };

int dial(const char *host, const char *port);

/* Says why on stderr, and ends the program with 1. */
_Noreturn void fail(const char *format, ...);

#endif
