/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/sluice_main.h - the program, from its command line to its exit status.
 *
 * main.c says which stages there are and calls this; a test's main says others.
 *
 * Threads: the main thread, which becomes the control thread.
 */
#ifndef SLUICE_PROXY_SLUICE_MAIN_H
#define SLUICE_PROXY_SLUICE_MAIN_H

#include "proxy/process.h"

/* stages fills each worker's pipeline; NULL leaves it empty: Sluice is a pipe. */
SL_MUST_CHECK int sluice_main(int argc, char **argv, process_stages *stages);

#endif
