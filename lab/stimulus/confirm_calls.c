#define _GNU_SOURCE
#include "confirm_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include "facts.h"

#ifndef P_PIDFD /* a constant of an enumeration in newer headers */
#define P_PIDFD 3
#endif

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define STACK_SIZE 65536
#define DESCRIBED (SHELF_CUES - 1) /* a cue of our own */

int cue_value(int cue)
{
	return __atomic_load_n(&shelf->cues[cue], __ATOMIC_SEQ_CST);
}

void give(int cue, int value)
{
	__atomic_store_n(&shelf->cues[cue], value, __ATOMIC_SEQ_CST);
	BARE(SYS_futex, as_word(&shelf->cues[cue]), FUTEX_WAKE, 1 << 30);
}

bool await(int cue)
{
	uint64_t end = boottime_ns() + PATIENCE_MS * 1000000ULL;
	struct timespec while_ago = { .tv_nsec = 100 * 1000 * 1000 };

	while (cue_value(cue) == 0 && boottime_ns() < end)
		BARE(SYS_futex, as_word(&shelf->cues[cue]), FUTEX_WAIT, 0, as_word(&while_ago));
	return cue_value(cue) != 0;
}

void thread_exit(void)
{
	for (;;)
		BARE(SYS_exit, 0);
}

/* The stack lies there until the process ends: who could say when the thread
 * has left it? */
static void *new_stack(void)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	return stack == MAP_FAILED ? NULL : stack;
}

long thread_start(void (*start)(void))
{
	char *stack = new_stack();

	if (stack == NULL)
		return -ENOMEM;
	return bare_on_stack(SYS_clone, WORDS(THREAD_FLAGS, as_word(stack + STACK_SIZE)),
			     start);
}

void await_no_thread(int tid)
{
	struct timespec moment = { .tv_nsec = 1000 * 1000 };

	for (int i = 0; i < PATIENCE_MS && BARE(SYS_tgkill, BARE(SYS_getpid), tid, 0) == 0; i++)
		BARE(SYS_nanosleep, as_word(&moment), 0);
}

/* A child that outlives its parent by mistake is taken by the kernel. */
static __attribute__((noreturn)) void live(const struct attempt *attempt)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (attempt->child != NULL)
		attempt->child();
	if (attempt->cue > 0)
		await(attempt->cue);
	raw_exit(attempt->status);
}

/* A thread without a cue of its own stays until its maker has described it:
 * the pidfd of a thread that has ended tells nothing of it any more. */
static void stay(void)
{
	await(DESCRIBED);
	thread_exit();
}

static long call(const struct attempt *attempt)
{
	bool is_thread = (attempt->flags & CLONE_THREAD) != 0 && (attempt->flags & CLONE_VM) != 0;
	char *stack = is_thread ? new_stack() : NULL;
	uint64_t set_tids[40];
	struct clone_args args = {
		.flags = attempt->flags & ~(uint64_t)CSIGNAL,
		.pidfd = (uint64_t)as_word(attempt->integer),
		.parent_tid = (uint64_t)as_word(attempt->parent_tid),
		.exit_signal = attempt->flags & CSIGNAL,
		.stack = (uint64_t)as_word(stack),
		.stack_size = is_thread ? STACK_SIZE : 0,
		.set_tid = attempt->set_tids > 0 ? (uint64_t)as_word(set_tids) : 0,
		.set_tid_size = attempt->set_tids,
		.cgroup = (uint64_t)attempt->cgroup,
	};
	struct words old = WORDS((long)attempt->flags, is_thread ? as_word(stack + STACK_SIZE) : 0,
				 as_word(attempt->integer));
	struct words new = WORDS(as_word(&args), sizeof(args));

	for (size_t i = 0; i < sizeof(set_tids) / sizeof(set_tids[0]); i++)
		((int *)set_tids)[i] = attempt->set_tid;
	if (is_thread)
		return attempt->clone3 ? bare_on_stack(SYS_clone3, new, stay)
				       : bare_on_stack(SYS_clone, old, stay);
	return attempt->clone3 ? bare(SYS_clone3, new) : bare(SYS_clone, old);
}

struct made attempt(const struct attempt *attempt)
{
	bool with_integer = attempt->integer != NULL && !attempt->hidden;
	bool with_pidfd = (attempt->flags & CLONE_PIDFD) != 0;
	struct fact *fact = fact_new(attempt->fact, attempt->clone3 ? "clone3" : "clone");
	struct made made = { .pid = -1, .fd = -1, .fact = fact };

	fact->flags = attempt->flags;
	fact->has_flags = true;
	if (with_integer)
		fact->integer_before = *attempt->integer;
	give(DESCRIBED, 0);
	fact->open_fds_before = count_open_fds();
	fact_from(fact);
	long ret = call(attempt);
	if (ret == 0)
		live(attempt);
	fact_to(fact, ret);
	if (attempt->after != NULL)
		attempt->after();
	fact->open_fds_after = count_open_fds();
	if (with_integer)
		fact->integer_after = *attempt->integer;
	if (attempt->parent_tid != NULL)
		fact->parent_tid = *attempt->parent_tid;
	if (ret < 0) {
		fact->has_child = has_child();
		return made;
	}
	made.pid = fact->target_pid = (int)ret;
	/* A kernel that does not know the flag takes it for nothing. */
	bool changed = with_integer && (fact->integer_after != fact->integer_before ||
					fact->open_fds_after > fact->open_fds_before);
	if (with_pidfd && changed) {
		made.fd = *attempt->integer;
		fact_describe(fact, made.fd);
	}
	return made;
}

struct fact *attempt_once(const struct attempt *request)
{
	struct made made = attempt(request);

	give(DESCRIBED, 1);
	if (request->cue > 0)
		give(request->cue, 1);
	if (made.fd >= 0)
		BARE(SYS_close, made.fd);
	if (made.pid > 0 && (request->flags & CLONE_THREAD) != 0)
		await_no_thread(made.pid);
	else if (made.pid > 0)
		take_away(made.pid);
	return made.fact;
}

long fork_child(void)
{
	long pid = BARE(SYS_clone, SIGCHLD);

	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

int quiet_child(int cue)
{
	struct attempt request = { .cue = cue };
	long pid = fork_child();

	if (pid == 0)
		live(&request);
	return pid < 0 ? -1 : (int)pid;
}

struct made tell_pidfd_open(const char *name, int pid, unsigned int flags)
{
	struct fact *fact = fact_new(name, "pidfd_open");
	struct made made = { .pid = pid, .fd = -1, .fact = fact };

	fact->target_pid = pid;
	fact->flags = flags;
	fact->has_flags = true;
	fact->open_fds_before = count_open_fds();
	fact_from(fact);
	made.fd = (int)fact_to(fact, BARE(SYS_pidfd_open, pid, flags));
	fact->open_fds_after = count_open_fds();
	if (made.fd >= 0)
		fact_describe(fact, made.fd);
	else
		made.fd = -1;
	return made;
}

long tell_close(const char *name, int fd, int target_pid)
{
	struct fact *fact = fact_new(name, "close");

	fact->fd = fd;
	fact->target_pid = target_pid;
	fact_from(fact);
	return fact_to(fact, BARE(SYS_close, fd));
}

long tell_wait(const char *name, int pid, int fd, int options)
{
	struct fact *fact = fact_new(name, "waitid");
	siginfo_t info;
	long ret;

	memset(&info, 0, sizeof(info));
	fact->target_pid = pid;
	fact->fd = fd >= 0 ? fd : NOTHING;
	fact->flags = (uint64_t)options;
	fact->has_flags = true;
	fact_from(fact);
	ret = fact_to(fact, fd >= 0 ? BARE(SYS_waitid, P_PIDFD, fd, as_word(&info), options)
				    : BARE(SYS_waitid, P_PID, pid, as_word(&info), options));
	if (ret == 0) {
		fact->ended_pid = info.si_pid;
		fact->ended_code = info.si_code;
		fact->ended_status = info.si_status;
	}
	return ret;
}

/* Asks for all that a file without a poll method of its own gives. */
long tell_poll(const char *name, int fd, int target_pid, int timeout_ms)
{
	struct fact *fact = fact_new(name, "poll");
	struct pollfd asked = { .fd = fd, .events = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM };
	struct timespec limit = { .tv_sec = timeout_ms / 1000,
				  .tv_nsec = timeout_ms % 1000 * 1000000L };

	fact->fd = fd;
	fact->target_pid = target_pid;
	fact->timeout_ms = timeout_ms;
	fact->events = asked.events;
	fact_from(fact);
	long ret = BARE(SYS_ppoll, as_word(&asked), 1, as_word(&limit), 0, 0);
	fact->revents = asked.revents;
	return fact_to(fact, ret);
}

long tell_fcntl(const char *name, int fd)
{
	struct fact *fact = fact_new(name, "fcntl");

	fact->fd = fd;
	fact_from(fact);
	return fact_to(fact, BARE(SYS_fcntl, fd, F_GETFD));
}

long tell_open(const char *name, const char *path)
{
	struct fact *fact = fact_new(name, "open");

	fact_from(fact);
	long ret = fact_to(fact, BARE(SYS_openat, AT_FDCWD, as_word(path), O_RDONLY | O_CLOEXEC));
	if (ret >= 0)
		BARE(SYS_close, ret);
	return ret;
}

void take_away(int pid)
{
	while (BARE(SYS_waitid, P_PID, pid, 0, WEXITED | __WALL) == -EINTR)
		;
}

int fds_now(void)
{
	return count_open_fds();
}

void tell_left(const char *name, int open_fds_before)
{
	struct fact *fact = fact_new(name, "left");

	fact_from(fact);
	fact->open_fds_before = open_fds_before;
	fact->open_fds_after = count_open_fds();
	fact->has_child = has_child();
	fact_to(fact, 0);
}

int in_child(void (*body)(void))
{
	siginfo_t info;
	long pid = fork_child();

	if (pid == 0) {
		body();
		raw_exit(0);
	}
	if (pid < 0)
		return -1;
	memset(&info, 0, sizeof(info));
	while (BARE(SYS_waitid, P_PID, pid, as_word(&info), WEXITED) == -EINTR)
		;
	return info.si_code == CLD_EXITED ? info.si_status : 256 + info.si_status;
}
