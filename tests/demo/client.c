/* A program over liboap: it streams a file to an OAP/1 gateway and has it verified, shows that the gateway refuses what
 * is hostile, or attacks it from many addresses. */
#include "attack.h"
#include "hostile.h"
#include "upload.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[3], "--frames") == 0)
        return send_frames(argv[1], argv[2], argv[4]) ? 0 : 1;
    if (argc == 5)
        return upload_file(argv[1], argv[2], argv[3], argv[4]) ? 0 : 1;
    if (argc == 4 && strcmp(argv[3], "--hostile") == 0)
        return hostile_cases(argv[1], argv[2]) ? 0 : 1;
    if (argc == 6 && strcmp(argv[3], "--attack") == 0)
        return attack(argv[1], argv[2], argv[4], argv[5]) ? 0 : 1;
    fputs("usage: demo-client HOST PORT FILE ADDRESS\n"
          "       demo-client HOST PORT --hostile\n"
          "       demo-client HOST PORT --attack PEERS CONNECTIONS\n"
          "       demo-client HOST PORT --frames COUNT\n",
          stderr);
    return 2;
}
