/* voltd.c: one binary, many commands: see cli/commands.def. */
#include <unistd.h>

#include "cli/cli.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv, environ);
}
