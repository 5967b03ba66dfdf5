/* The memory that the processes of a round share, and how one waits in it. */
#ifndef STIMULUS_MAILBOX_H
#define STIMULUS_MAILBOX_H

#include <stdbool.h>

#define CUES 64
#define NAME_SIZE 48
#define TEXT_SIZE 200
#define WAIT_MS_MAX 20000 /* nobody waits longer: the others must have died */

enum request { REQUEST_SNAPSHOT, REQUEST_SKIP, REQUEST_STEP, REQUEST_WRONG };

/* A request goes from FREE over TAKEN (being written) and ASKED to ANSWERED. */
enum post { POST_FREE, POST_TAKEN, POST_ASKED, POST_ANSWERED };

struct mailbox {
	int post; /* enum post; whoever changes it wakes the others */
	enum request request;
	char name[NAME_SIZE];
	char text[TEXT_SIZE];
	int pid, tid, fd, target, error;
	long ret;
	int guest; /* a process of the run that is no descendant of its main process, or 0 */
	int used_cues;
	int cues[CUES];
	int notes[16];
};

/* Waits until *word is not value; false after so many milliseconds. */
bool word_wait(int *word, int value, int limit_ms);
void word_set(int *word, int value);
int word_get(const int *word);

#endif
