/*
 * Every pidfd of the machine, read from /proc: which slot of which table has
 * which file. Nothing here knows what a scenario did.
 */
#ifndef STIMULUS_READER_H
#define STIMULUS_READER_H

/* Writes one line to stdout. A guest is a process that counts as one of the
 * run without being a descendant of the caller; 0 for none. */
void print_snapshot(const char *name, int round, int guest);

/* Kills every descendant of the caller. */
void kill_own(void);

#endif
