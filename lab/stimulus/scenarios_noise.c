/* What else goes on: work without pidfds, and pidfds that just stay open. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "calls.h"
#include "report.h"
#include "scenario.h"

static void become_true(void *argument)
{
	char *arguments[] = { "stimulus", "--true", NULL };
	char *environment[] = { NULL };

	(void)argument;
	syscall(SYS_execve, SELF, arguments, environment);
	cannot_run("cannot execve %s: %s", SELF, strerror(errno));
	raw_exit(1);
}

static void round_traffic(int round)
{
	if (run_in_child(become_true, NULL) > 0)
		unexpected("the program ended with an error in round %d", round);
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		cannot_run("cannot open /dev/null: %s", strerror(errno));
	else
		close(fd);
}

static volatile sig_atomic_t asked_to_end;

static void ask_to_end(int signal)
{
	(void)signal;
	asked_to_end = 1;
}

/* With a time the input is not looked at: a program started in the background
 * often has none, and would end at once. */
static void hold(int hold_ms, const sigset_t *unblocked)
{
	struct pollfd input = { .fd = 0, .events = POLLIN };
	struct timespec time = { .tv_sec = hold_ms / 1000,
				 .tv_nsec = hold_ms % 1000 * 1000000L };

	if (!asked_to_end)
		ppoll(&input, hold_ms < 0 ? 1 : 0, hold_ms < 0 ? NULL : &time, unblocked);
}

static void stand_by(int round, const struct run *run, const sigset_t *unblocked)
{
	struct gate gate;
	if (!gate_open(&gate))
		return;
	struct clone_request request = { .flags = CLONE_PIDFD | SIGCHLD, .gate = &gate };
	struct birth birth = call_clone(round, &request);
	int fds[3] = { birth.fd, -1, -1 };

	for (int i = 1; i < 3 && birth.pid > 0; i++)
		fds[i] = call_pidfd_open(round, birth.pid, 0, 0);
	if (report_verdict() == VERDICT_OK) {
		printf("{\"scenario\":\"bystander\",\"ready\":true,\"round\":%d,\"tid\":%d,"
		       "\"pid\":%d,\"fds\":[%d,%d,%d]}\n",
		       round, raw_gettid(), birth.pid, fds[0], fds[1], fds[2]);
		fflush(stdout);
		hold(run->hold_ms, unblocked);
	}
	for (int i = 0; i < 3; i++)
		call_close(round, fds[i], birth.pid);
	gate_release(&gate);
	call_wait(round, birth.pid);
}

static void run_bystander(const struct run *run)
{
	struct sigaction action = { .sa_handler = ask_to_end };
	sigset_t ending, unblocked;

	/* Blocked except inside ppoll: a signal just before it is not missed. */
	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	sigprocmask(SIG_BLOCK, &ending, &unblocked);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigdelset(&unblocked, SIGTERM);
	sigdelset(&unblocked, SIGINT);
	for (int round = 0; round < run->rounds; round++) {
		if (asked_to_end || report_verdict() != VERDICT_OK)
			break;
		stand_by(round, run, &unblocked);
		if (report_verdict() == VERDICT_OK)
			report_round_done();
	}
}

const struct scenario scenarios_noise[] = {
	{ "traffic", "fork, execve, wait, and open, close: no pidfds", round_traffic, NULL },
	{ "bystander", "3 pidfds of one child, held until input or SIGTERM", NULL, run_bystander },
	{ NULL, NULL, NULL, NULL },
};
