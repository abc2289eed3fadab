/* The host program of C: a server and a client on poll(2), over the connection engine of liboap. */
#include "commands.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    options options;
    setvbuf(stdout, NULL, _IOLBF, 0);
    read_options(argc, argv, &options);
    int status = options.serve ? run_serve(&options) : run_send(&options);
    oap_config_free(options.config);
    return status;
}
