/* The two commands. Each gives the exit status. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "options.h"

int run_serve(const options *options);
int run_send(const options *options);

#endif
