/* The `config` of a request: the fields of a Config, and the limits of a monitor. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "values.h"

typedef struct settings {
    oap_config *config;
    oap_monitor_limits limits;
} settings;

/* Gives NULL, or why it can't be read; limits are `monitor`'s alone. Free them in either case. */
const char *read_settings(const json_t *config, bool with_limits, settings *settings);
void free_settings(settings *settings);

#endif
