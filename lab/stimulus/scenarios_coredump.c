/*
 * The pidfd that the kernel gives to the program that takes a core dump.
 *
 * While the scenario runs, core_pattern names this program: the helper that
 * the kernel starts joins the stage and says what its descriptor 3 is.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core_pattern.h"
#include "players.h"
#include "report.h"
#include "scenario.h"

enum { NOTE_VICTIM, NOTE_HELPED };

/* A specifier that the kernel does not know gives nothing, so the last word
 * is "F" there, and "F3" where there is a pidfd. */
int core_helper_main(const char *id, const char *word)
{
	if (!stage_join(id))
		return 1;
	stage_guest();
	note_leave(NOTE_HELPED, 1);
	int fd = word[0] == 'F' && word[1] != '\0' ? atoi(word + 1) : -1;
	if (fd < 0) {
		skipped("coredump", "core_pattern has no %%F");
		return 0;
	}
	told("coredump", fd, note_read(NOTE_VICTIM), fd, 0);
	if (fcntl(fd, F_GETFD) < 0)
		wrong("descriptor %d of the helper is not open", fd);
	snapshot("coredump");
	return 0;
}

static void play_coredump(void)
{
	siginfo_t info = { 0 };
	int child = fork_player(0);

	if (child == 0) {
		struct rlimit limit = { 0, 0 };
		sigset_t unblocked;

		/* A pipe takes the dump whatever the limit; no file is written. */
		setrlimit(RLIMIT_CORE, &limit);
		sigemptyset(&unblocked);
		sigprocmask(SIG_SETMASK, &unblocked, NULL);
		note_leave(NOTE_VICTIM, getpid());
		for (;;)
			kill(getpid(), SIGABRT);
	}
	must(raw_waitid(child, &info, WEXITED), "waitid");
	if (info.si_status != SIGABRT)
		wrong("the victim ended with code %d, status %d", info.si_code, info.si_status);
	if (note_read(NOTE_HELPED) == 0)
		wrong("the kernel did not start the helper");
	snapshot("coredump-after");
}

/* The pattern may not be longer, and spaces end a word of it. */
static bool make_pattern(char *pattern)
{
	char path[CORE_PATTERN_SIZE];
	ssize_t length = readlink(SELF, path, sizeof(path) - 1);

	if (length < 0)
		return false;
	path[length] = '\0';
	int size = snprintf(pattern, CORE_PATTERN_SIZE, "|%s " CORE_HELPER_WORD " %d F%%F", path,
			    stage_id());
	return size < CORE_PATTERN_SIZE && strpbrk(path, " \t\n%\"\\") == NULL;
}

static void round_coredump(int round)
{
	char before[CORE_PATTERN_SIZE], pattern[CORE_PATTERN_SIZE];

	if (!stage_prepare())
		return;
	if (!make_pattern(pattern) || !core_pattern_read(before) || !core_pattern_write(pattern)) {
		cannot_run("cannot set core_pattern: %s", strerror(errno));
		return;
	}
	play(round, play_coredump);
	if (!core_pattern_write(before))
		unexpected("cannot restore core_pattern: %s", strerror(errno));
}

static void run_coredump(const struct run *run)
{
	sigset_t all, before;

	/* No signal but SIGKILL can end the program while the pattern is ours. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	for (int round = 0; round < run->rounds && report_verdict() == VERDICT_OK; round++) {
		round_coredump(round);
		if (report_verdict() == VERDICT_OK)
			report_round_done();
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

const struct scenario scenarios_coredump[] = {
	{ "birth-coredump", "the helper of a core dump has a pidfd, by %F (root)", NULL, run_coredump },
	{ NULL, NULL, NULL, NULL },
};
