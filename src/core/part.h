/* Private: files that a run writes as <name>.part and renames when they are whole. */
#pragma once
#include <stdio.h>

/* A new file `path` for writing, in place of one that a killed run has left; a link or a FIFO of
 * that name is removed, not followed. NULL, or a descriptor below 0: see errno. */
int OttoPartCreate(const char *path);
FILE *OttoPartOpen(const char *path);
