/* The end of a process, as waitid, poll and execve show it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "confirm.h"
#include "confirm_calls.h"

#define STATUS 7
#define SHORT_MS 150
#define LONG_MS 5000
/* Who is not woken comes back then: no machine is as slow as that. */
#define POLLER_MS 12000

enum { END = 1, THREAD_ENDS, LEADER_ENDS, LAST_ENDS, THREADS_READY, TID, EXECED };

static struct made start(const char *fact, bool clone3, int *integer)
{
	struct attempt request = {
		.fact = fact, .clone3 = clone3, .flags = CLONE_PIDFD | SIGCHLD, .integer = integer,
		.cue = END, .status = STATUS,
	};

	*integer = 0;
	give(END, 0);
	return attempt(&request);
}

void confirm_wait(int round)
{
	(void)round;
	for (int clone3 = 0; clone3 <= 1; clone3++) {
		int integer;
		struct made made = start("birth", clone3, &integer);

		if (made.pid < 0)
			continue;
		give(END, 1);
		tell_wait("zombie", made.pid, made.fd, WEXITED | WNOWAIT);
		if (tell_wait("reap", made.pid, made.fd, WEXITED) < 0)
			tell_wait("reap-by-pid", made.pid, -1, WEXITED);
		tell_wait("after", made.pid, made.fd, WEXITED);
		BARE(SYS_close, made.fd);
	}
}

static void pause_ms(int ms)
{
	struct timespec pause = { .tv_nsec = ms * 1000000L };

	BARE(SYS_nanosleep, as_word(&pause), 0);
}

/* A process that polls and waits; its fact has the time of its waking. It has
 * begun to wait when this returns, or will within a moment. */
static int start_poller(const char *fact, int fd, int target)
{
	long pid = fork_child();

	if (pid == 0) {
		tell_poll(fact, fd, target, POLLER_MS);
		raw_exit(0);
	}
	if (pid > 0 && fact_begun(fact, PATIENCE_MS))
		pause_ms(SHORT_MS);
	return (int)pid;
}

/* The moment after which a process may be seen to end. */
static void tell_end(const char *fact, int cue, int target)
{
	struct fact *told = fact_new(fact, "end");

	told->target_pid = target;
	fact_from(told);
	give(cue, 1);
	fact_to(told, 0);
}

void confirm_poll(int round)
{
	int integer;
	struct made made = start("birth", false, &integer);

	(void)round;
	if (made.pid < 0)
		return;
	tell_poll("alive", made.fd, made.pid, 0);
	tell_poll("alive-waits", made.fd, made.pid, SHORT_MS);
	int poller = start_poller("woken", made.fd, made.pid);
	tell_end("end", END, made.pid);
	if (poller > 0)
		take_away(poller);
	BARE(SYS_waitid, P_PID, made.pid, 0, WEXITED | WNOWAIT);
	tell_poll("zombie", made.fd, made.pid, 0);
	take_away(made.pid);
	tell_poll("reaped", made.fd, made.pid, 0);
	BARE(SYS_close, made.fd);
}

/* The threads of a target: one that ends first, and one that ends last, when
 * the leader has long been gone. */
static void thread_first(void)
{
	give(TID, (int)BARE(SYS_gettid));
	await(THREAD_ENDS);
	thread_exit();
}

static void thread_last(void)
{
	await(LAST_ENDS);
	thread_exit();
}

static void live_with_threads(void)
{
	if (thread_start(thread_first) > 0 && thread_start(thread_last) > 0 && await(TID))
		give(THREADS_READY, 1);
	await(LEADER_ENDS);
	thread_exit();
}

static void watch_threads(const struct made *target)
{
	int tid = cue_value(TID), pid = target->pid;
	struct made thread = tell_pidfd_open("thread-open", tid, O_EXCL);
	int poller = start_poller("group-woken", target->fd, pid);

	tell_poll("all-alive", target->fd, pid, 0);
	if (thread.fd >= 0)
		tell_poll("thread-alive", thread.fd, tid, 0);
	tell_end("thread-end", THREAD_ENDS, tid);
	if (thread.fd >= 0)
		tell_poll("thread-ended", thread.fd, tid, LONG_MS);
	tell_poll("without-thread", target->fd, pid, SHORT_MS);
	tell_end("leader-end", LEADER_ENDS, pid);
	tell_poll("without-leader", target->fd, pid, SHORT_MS);
	tell_end("group-end", LAST_ENDS, pid);
	if (poller > 0)
		take_away(poller);
	BARE(SYS_waitid, P_PID, pid, 0, WEXITED | WNOWAIT);
	tell_poll("group-ended", target->fd, pid, 0);
	if (thread.fd >= 0)
		BARE(SYS_close, thread.fd);
}

void confirm_poll_threads(int round)
{
	int integer = 0;
	struct attempt request = {
		.fact = "birth", .flags = CLONE_PIDFD | SIGCHLD, .integer = &integer,
		.child = live_with_threads,
	};
	struct made made = attempt(&request);

	(void)round;
	if (made.pid < 0)
		return;
	if (await(THREADS_READY))
		watch_threads(&made);
	for (int cue = THREAD_ENDS; cue <= LAST_ENDS; cue++)
		give(cue, 1);
	take_away(made.pid);
	BARE(SYS_close, made.fd);
}

/* Becomes this program again, which says by a pipe that it has begun and ends
 * when another one is closed. */
static int tell_pipe[2], hold_pipe[2];

static void become_another(void)
{
	char tell_text[16], hold_text[16];
	char *words[] = { "stimulus", CONFIRM_HOLD_WORD, tell_text, hold_text, NULL };
	char *environment[] = { NULL };

	snprintf(tell_text, sizeof(tell_text), "%d", tell_pipe[1]);
	snprintf(hold_text, sizeof(hold_text), "%d", hold_pipe[0]);
	BARE(SYS_close, hold_pipe[1]);
	BARE(SYS_execve, as_word(SELF), as_word(words), as_word(environment));
}

static void exec_alone(void)
{
	become_another();
	raw_exit(1);
}

/* The thread takes the leader's place and number. */
static void exec_from_thread(void)
{
	if (thread_start(exec_alone) > 0)
		await(EXECED);
	raw_exit(1);
}

int confirm_hold_main(const char *tell_text, const char *hold_text)
{
	int tell = atoi(tell_text), hold = atoi(hold_text);
	char byte = 'x';

	if (write(tell, &byte, 1) != 1)
		return 1;
	close(tell);
	return read(hold, &byte, 1) == 0 ? 0 : 1;
}

static void watch_exec(const char *const *facts, void (*child)(void))
{
	int integer = 0;
	struct attempt request = {
		.fact = facts[0], .flags = CLONE_PIDFD | SIGCHLD, .integer = &integer, .child = child,
	};
	char byte;

	if (BARE(SYS_pipe2, as_word(tell_pipe), 0) < 0 || BARE(SYS_pipe2, as_word(hold_pipe), 0) < 0)
		return;
	struct made made = attempt(&request);
	BARE(SYS_close, tell_pipe[1]);
	BARE(SYS_close, hold_pipe[0]);
	struct fact *begun = fact_new(facts[1], "execve");
	if (made.pid > 0)
		begun->target_pid = made.pid;
	fact_from(begun);
	fact_to(begun, BARE(SYS_read, tell_pipe[0], as_word(&byte), 1));
	if (made.pid > 0) {
		tell_poll(facts[2], made.fd, made.pid, SHORT_MS);
		fact_fdinfo(facts[3], made.fd, made.pid);
		BARE(SYS_close, hold_pipe[1]);
		tell_poll(facts[4], made.fd, made.pid, LONG_MS);
		tell_wait(facts[5], made.pid, made.fd, WEXITED | WNOWAIT);
		take_away(made.pid);
		BARE(SYS_close, made.fd);
	} else {
		BARE(SYS_close, hold_pipe[1]);
	}
	BARE(SYS_close, tell_pipe[0]);
}

/* The holder of a pidfd becomes another program: the status tells whether the
 * number is open there (1) or not (0); 3 when there is no pidfd. */
static void holder(void)
{
	int integer = 0;
	char fd_text[16];
	char *words[] = { "stimulus", "--after-exec", fd_text, NULL };
	char *environment[] = { NULL };
	struct attempt request = {
		.fact = "holder-birth", .flags = CLONE_PIDFD | SIGCHLD, .integer = &integer,
	};
	struct made made = attempt(&request);

	if (made.pid > 0)
		take_away(made.pid);
	if (made.fd < 0)
		raw_exit(3);
	snprintf(fd_text, sizeof(fd_text), "%d", made.fd);
	struct fact *fact = fact_new("holder-execs", "execve");
	fact->fd = made.fd;
	fact->target_pid = made.pid;
	fact_from(fact);
	fact_to(fact, BARE(SYS_execve, as_word(SELF), as_word(words), as_word(environment)));
	raw_exit(2);
}

void confirm_exec(int round)
{
	static const char *const alone[] = {
		"target-birth", "target-execs", "target-poll", "target-fdinfo", "target-woken",
		"target-wait",
	};
	static const char *const thread[] = {
		"thread-birth", "thread-execs", "thread-poll", "thread-fdinfo", "thread-woken",
		"thread-wait",
	};
	int before = fds_now();

	(void)round;
	watch_exec(alone, exec_alone);
	watch_exec(thread, exec_from_thread);
	long pid = fork_child();
	if (pid == 0)
		holder();
	if (pid > 0)
		tell_wait("holder-wait", (int)pid, -1, WEXITED);
	tell_left("left", before);
}
