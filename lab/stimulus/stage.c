#define _GNU_SOURCE
#include "stage.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "mailbox.h"
#include "reader.h"
#include "report.h"
#include "scenario.h"
#include "stage_main.h"
#include "syscalls.h"

static struct mailbox *box;
static int box_id = -1;

/* The segment is marked for removal at once; until the last process has gone
 * it can still be found by its number, also after an execve. */
struct mailbox *stage_open(void)
{
	if (box != NULL)
		return box;
	box_id = shmget(IPC_PRIVATE, sizeof(*box), IPC_CREAT | 0600);
	void *memory = box_id < 0 ? (void *)-1 : shmat(box_id, NULL, 0);
	if (memory == (void *)-1) {
		cannot_run("cannot share memory: %s", strerror(errno));
		return NULL;
	}
	shmctl(box_id, IPC_RMID, NULL);
	box = memory;
	return box;
}

int stage_id(void)
{
	return box_id;
}

bool stage_join(const char *id)
{
	box_id = atoi(id);
	void *memory = shmat(box_id, NULL, 0);
	if (memory == (void *)-1)
		return false;
	box = memory;
	return true;
}

void stage_guest(void)
{
	word_set(&box->guest, getpid());
}

/* Has one line written. A caller that gets no answer ends: the reader has
 * gone, or somebody died in the middle of a request. */
static void ask(enum request request, const char *name, const struct mailbox *letter)
{
	int post = POST_FREE;

	while (!__atomic_compare_exchange_n(&box->post, &post, POST_TAKEN, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		if (!word_wait(&box->post, post, WAIT_MS_MAX))
			raw_exit(1);
		post = POST_FREE;
	}
	box->request = request;
	snprintf(box->name, sizeof(box->name), "%s", name);
	snprintf(box->text, sizeof(box->text), "%s", letter->text);
	box->pid = getpid();
	box->tid = raw_gettid();
	box->fd = letter->fd;
	box->target = letter->target;
	box->ret = letter->ret;
	box->error = letter->error;
	word_set(&box->post, POST_ASKED);
	if (!word_wait(&box->post, POST_ASKED, WAIT_MS_MAX))
		raw_exit(1);
	word_set(&box->post, POST_FREE);
}

void snapshot(const char *name)
{
	struct mailbox letter = { .fd = -1 };

	ask(REQUEST_SNAPSHOT, name, &letter);
}

void told(const char *step, int fd, int target, long ret, int error)
{
	struct mailbox letter = { .fd = fd, .target = target, .ret = ret,
				  .error = ret < 0 ? error : 0 };

	ask(REQUEST_STEP, step, &letter);
}

void skipped(const char *name, const char *format, ...)
{
	struct mailbox letter = { .fd = -1 };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(letter.text, sizeof(letter.text), format, arguments);
	va_end(arguments);
	ask(REQUEST_SKIP, name, &letter);
}

void wrong(const char *format, ...)
{
	struct mailbox letter = { .fd = -1 };
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(letter.text, sizeof(letter.text), format, arguments);
	va_end(arguments);
	ask(REQUEST_WRONG, "", &letter);
	raw_exit(1);
}

long must(long ret, const char *what)
{
	int error = errno;

	if (ret < 0)
		wrong("%s gave %s", what, strerror(error));
	return ret;
}

int cue_new(void)
{
	int cue = __atomic_fetch_add(&box->used_cues, 1, __ATOMIC_SEQ_CST);

	if (cue >= CUES)
		wrong("there are only %d cues", CUES);
	return cue;
}

void cue_give(int cue)
{
	word_set(&box->cues[cue], 1);
}

void cue_await(int cue)
{
	if (!word_wait(&box->cues[cue], 0, WAIT_MS_MAX))
		wrong("nobody gave cue %d", cue);
}

void note_leave(int which, int value)
{
	word_set(&box->notes[which], value);
}

int note_read(int which)
{
	return word_get(&box->notes[which]);
}

void become_player(const char *name)
{
	char id[16];
	char *words[] = { "stimulus", PLAYER_WORD, id, (char *)name, NULL };
	char *environment[] = { NULL };

	snprintf(id, sizeof(id), "%d", box_id);
	syscall(SYS_execve, SELF, words, environment);
	wrong("execve gave %s", strerror(errno));
}

int player_main(const char *id, const char *name)
{
	if (!stage_join(id))
		return 1;
	snapshot(name);
	return 0;
}
