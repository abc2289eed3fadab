// The two commands. Each gives the exit status.

#pragma once

#include "options.hpp"

int run_serve(const Options& options);
int run_send(const Options& options);
