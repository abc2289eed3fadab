/* An attack by many peers, and the honest frames that outweigh it. */
#ifndef ATTACK_H
#define ATTACK_H

#include <stdbool.h>

/* Each of so many peers, an address of loopback each, connects so many times and sends what has to be refused; prints
 * how often it was, and how often a peer was already in quarantine. Whether both came to pass. */
bool attack(const char *host, const char *port, const char *peers, const char *connections);

/* Streams so many DATA; prints how many. Whether the receipt is good. */
bool send_frames(const char *host, const char *port, const char *frames);

#endif
