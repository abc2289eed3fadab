/* The operation `monitor`: sessions that report to one monitor. */
#ifndef MONITOR_H
#define MONITOR_H

#include "settings.h"

const char *monitor(const json_t *request, const settings *settings, json_t **answer);

#endif
