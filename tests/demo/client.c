/* A program over liboap: it streams a file to an OAP/1 gateway and has it verified. */
#include "upload.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc == 5)
        return upload_file(argv[1], argv[2], argv[3], argv[4]) ? 0 : 1;
    fputs("usage: demo-client HOST PORT FILE ADDRESS\n", stderr);
    return 2;
}
