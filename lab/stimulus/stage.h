/*
 * A round that is played by several processes, with a reader beside them.
 *
 * The processes that play it (the lead and whatever it starts) share a piece
 * of memory with the main process, and ask it through that to write lines:
 * above all to look into /proc and write down every pidfd of the machine.
 * Whoever asks waits for the answer, and the others wait for a cue, so that
 * everybody is quiet while the reader looks. Neither asking nor waiting needs
 * a file descriptor: the tables hold what the scenario put there and nothing
 * else.
 */
#ifndef STIMULUS_STAGE_H
#define STIMULUS_STAGE_H

#include <stdbool.h>

/* Main process: has the body played by a new process, answers until it and
 * everything that it started have ended, and looks once more. */
void play(int round, void (*body)(void));

/* Main process: makes the stage, so that it has its number before a round;
 * false (and a verdict) when that cannot be. */
bool stage_prepare(void);

/* What follows is for the processes that play. */

/* Writes a line with every pidfd of the machine. */
void snapshot(const char *name);

/* Writes that this kernel cannot do a step. Both take words of our own. */
void skipped(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes what a call gave: fd is the pidfd that was made or used, target the
 * process or thread it is about, both -1 when there is none. */
void told(const char *step, int fd, int target, long ret, int error);

/* The scenario did not go as it must: gives the verdict and ends the caller. */
void wrong(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* Passes on the result of a call that may not fail. */
long must(long ret, const char *what);

/* A cue is given once; everybody who waits for it goes on. */
int cue_new(void);
void cue_give(int cue);
void cue_await(int cue);

/* Numbers that one process leaves for another. */
enum { NOTES = 16 };
void note_leave(int which, int value);
int note_read(int which);

/* Becomes this program again by execve, which then takes a snapshot with that
 * name and ends. player_main() is what it does then: its exit status. */
#define PLAYER_WORD "--player"
void become_player(const char *name);
int player_main(const char *stage_id, const char *name);

/* The number by which another program finds the stage. */
int stage_id(void);

/* Joins the stage of another program; false when there is none. */
bool stage_join(const char *id);

/* Counts the caller among the processes of the run, though the kernel started
 * it. There can be one such process at a time. */
void stage_guest(void);

#endif
