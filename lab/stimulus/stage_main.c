#define _GNU_SOURCE
#include "stage_main.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "reader.h"
#include "report.h"
#include "report_print.h"
#include "stage.h"
#include "syscalls.h"

#define POLL_MS 5
#define IDLE_MS_MAX 60000

static void print_skip(const struct mailbox *box, int round)
{
	printf("{\"skipped\":\"%s\",\"round\":%d,\"why\":", box->name, round);
	print_sentence(box->text);
	printf("}\n");
}

static void print_step(const struct mailbox *box, int round)
{
	printf("{\"step\":\"%s\",\"round\":%d,\"pid\":%d,\"tid\":%d,\"fd\":%d,\"target_pid\":%d,"
	       "\"ret\":%ld,\"errno\":%d}\n",
	       box->name, round, box->pid, box->tid, box->fd, box->target, box->ret, box->error);
}

static void answer(struct mailbox *box, int round)
{
	switch (box->request) {
	case REQUEST_SNAPSHOT:
		print_snapshot(box->name, round, word_get(&box->guest));
		break;
	case REQUEST_SKIP:
		print_skip(box, round);
		break;
	case REQUEST_STEP:
		print_step(box, round);
		break;
	case REQUEST_WRONG:
		unexpected("%s, in round %d", box->text, round);
		break;
	}
	word_set(&box->post, POST_ANSWERED);
}

/* Takes one dead child away, an orphan's as well: false when there is none
 * left, alive or dead. */
static bool reap_one(int lead, bool *lead_ended)
{
	siginfo_t info = { 0 };

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0)
		return errno != ECHILD;
	if (info.si_pid != lead)
		return true;
	*lead_ended = true;
	if (info.si_code != CLD_EXITED || info.si_status != 0)
		unexpected("the leading process ended with code %d, status %d", info.si_code,
			   info.si_status);
	return true;
}

static void direct(struct mailbox *box, int round, int lead)
{
	bool lead_ended = false;
	int idle_ms = 0;

	while (reap_one(lead, &lead_ended)) {
		if (word_get(&box->post) == POST_ASKED) {
			answer(box, round);
			idle_ms = 0;
			continue;
		}
		/* Nobody is left to give a cue to those that still wait for one. */
		for (int i = 0; lead_ended && i < CUES; i++)
			if (word_get(&box->cues[i]) == 0)
				word_set(&box->cues[i], 1);
		word_wait(&box->post, word_get(&box->post), POLL_MS);
		idle_ms += POLL_MS;
		if (idle_ms < IDLE_MS_MAX)
			continue;
		unexpected("nothing happened for %d s in round %d", IDLE_MS_MAX / 1000, round);
		kill_own();
		idle_ms = 0;
	}
}

bool stage_prepare(void)
{
	return stage_open() != NULL;
}

void play(int round, void (*body)(void))
{
	struct mailbox *box = stage_open();

	if (box == NULL)
		return;
	memset(box, 0, sizeof(*box));
	/* Those whose parent has ended become children of this process. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	long lead = raw_clone(SIGCHLD, NULL);
	if (lead == 0) {
		body();
		raw_exit(0);
	}
	if (lead < 0) {
		cannot_run("cannot fork: %s", strerror(errno));
		return;
	}
	direct(box, round, (int)lead);
	print_snapshot("gone", round, 0);
	fflush(stdout);
}
