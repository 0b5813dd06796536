/* version.c - salesbot version. */
#include <stdio.h>

#include "cli/cli.h"
#include "kernels/kernels.h"

static int run(int argc, char **argv)
{
    err e = {0};
    const kernel_ops *k = kernels_get(&e);

    (void)argc;
    (void)argv;
    printf("salesbot %s\nkernels: %s\n", SALESBOT_VERSION, k ? k->name : e.msg);
    return 0;
}

const verb verb_version = {"version", "", "version and kernel table", "", run};
