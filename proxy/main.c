/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/main.c - what Sluice is made of: the only file that knows every module.
 *
 * A module takes part by its stages, added to the pipeline of each worker. There
 * is none yet, so the pipeline is empty.
 */
#include "proxy/sluice_main.h"

#include <stddef.h>

int main(int argc, char **argv)
{
    return sluice_main(argc, argv, NULL);
}
