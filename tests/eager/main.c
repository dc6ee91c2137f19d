/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/eager/main.c - Sluice that reads a catalogue anew as soon as it has changed, however often that is.
 *
 *     sluice_eager [OPTION]... FILE
 *
 * For what changes the schema all the time and is to be answered from memory all the same: between two
 * changes there is not always the second of calm that the real one waits for.
 */
#include "proxy/catalogs.h"
#include "proxy/sluice_main.h"

#include <stddef.h>

int main(int argc, char **argv)
{
    catalogs_pace = (struct catalogs_pace){.calm = 1, .look = 5 * SL_MSEC, .rests = 0};
    return sluice_main(argc, argv, NULL);
}
