/* What is done with a pidfd while it stays where it is. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>

#include "players.h"
#include "scenario.h"

/* Younger than the headers of Debian 12. */
#define GET_UTS_NAMESPACE _IO(0xFF, 10)
struct info_of_pidfd {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, parent, rest[9];
};
#define GET_INFO _IOWR(0xFF, 11, struct info_of_pidfd)
_Static_assert(sizeof(struct info_of_pidfd) == 64, "PIDFD_INFO_SIZE_VER0");

#define WAIT_PIDFD ((idtype_t)3) /* P_PIDFD */

/* A target and a pidfd of it. */
struct subject {
	struct target target;
	int fd;
};

static struct subject subject_start(void)
{
	struct subject subject = { .target = target_start() };

	subject.fd = open_pidfd(subject.target.pid);
	snapshot("open");
	return subject;
}

static void subject_close(struct subject subject)
{
	snapshot("used");
	close_fd(subject.fd);
	snapshot("close");
}

/* Tells of a call, which must give this result and this error. */
static void used(const char *step, struct subject subject, long ret, long wanted, int error)
{
	int given = ret < 0 ? errno : 0;

	told(step, subject.fd, subject.target.pid, ret, given);
	if (ret != wanted || given != error)
		wrong("%s gave %ld, %s", step, ret, strerror(given));
}

/* Tells of a call that older kernels do not have: false when it was one of
 * those. */
static bool used_where_known(const char *step, struct subject subject, long ret)
{
	int given = errno;

	told(step, subject.fd, subject.target.pid, ret, given);
	if (ret >= 0)
		return true;
	skipped(step, "it gives %s", strerror(given));
	if (given != ENOSYS && given != EINVAL && given != ENOTTY && given != EPERM)
		wrong("%s gave %s", step, strerror(given));
	return false;
}

/* Has the target end a moment later, when the caller is in its call. */
static int end_soon(struct target target)
{
	struct timespec rest = { .tv_nsec = 100000000 };
	int helper = fork_player(0);

	if (helper != 0)
		return helper;
	nanosleep(&rest, NULL);
	cue_give(target.cue);
	raw_exit(0);
}

static void play_poll(void)
{
	struct subject subject = subject_start();
	struct epoll_event event = { .events = EPOLLIN };
	struct pollfd poll_of = { .fd = subject.fd, .events = POLLIN };

	used("poll", subject, poll(&poll_of, 1, 0), 0, 0);
	int group = (int)must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	used("epoll_ctl", subject, epoll_ctl(group, EPOLL_CTL_ADD, subject.fd, &event), 0, 0);
	used("epoll_wait", subject, epoll_wait(group, &event, 1, 0), 0, 0);
	int helper = end_soon(subject.target);
	used("poll-block", subject, poll(&poll_of, 1, 10000), 1, 0);
	used("epoll_wait-ready", subject, epoll_wait(group, &event, 1, 0), 1, 0);
	reap(helper);
	reap(subject.target.pid);
	subject_close(subject);
}

static long wait_by_pidfd(struct subject subject, int options)
{
	siginfo_t info;

	return syscall(SYS_waitid, WAIT_PIDFD, subject.fd, &info, options, NULL);
}

static void play_wait(void)
{
	struct subject subject = subject_start();

	used("waitid", subject, wait_by_pidfd(subject, WEXITED | WNOHANG), 0, 0);
	int helper = end_soon(subject.target);
	used("waitid-block", subject, wait_by_pidfd(subject, WEXITED | WNOWAIT), 0, 0);
	used("waitid-reap", subject, wait_by_pidfd(subject, WEXITED), 0, 0);
	used("waitid-fails", subject, wait_by_pidfd(subject, WEXITED | WNOHANG), -1, ECHILD);
	reap(helper);
	subject_close(subject);
}

static long send_signal(struct subject subject, int signal)
{
	return syscall(SYS_pidfd_send_signal, subject.fd, signal, NULL, 0);
}

static void play_signal(void)
{
	struct subject subject = subject_start();

	used("pidfd_send_signal", subject, send_signal(subject, 0), 0, 0);
	used("pidfd_send_signal", subject, send_signal(subject, 0), 0, 0);
	target_end(subject.target);
	used("pidfd_send_signal-fails", subject, send_signal(subject, 0), -1, ESRCH);
	subject_close(subject);
}

static void play_setns(void)
{
	struct subject subject = subject_start();

	used_where_known("setns", subject, setns(subject.fd, CLONE_NEWUTS));
	target_end(subject.target);
	used("setns-fails", subject, setns(subject.fd, CLONE_NEWUTS), -1, ESRCH);
	subject_close(subject);
}

static void play_use_getfd(void)
{
	struct subject subject = subject_start();
	long fd = syscall(SYS_pidfd_getfd, subject.fd, 1, 0);

	used("pidfd_getfd", subject, fd, fd < 0 ? 0 : fd, 0);
	close_fd((int)fd);
	used("pidfd_getfd-fails", subject, syscall(SYS_pidfd_getfd, subject.fd, 999, 0), -1, EBADF);
	target_end(subject.target);
	subject_close(subject);
}

static void play_ioctl(void)
{
	struct subject subject = subject_start();
	struct info_of_pidfd info;

	memset(&info, 0, sizeof(info));
	if (used_where_known("ioctl-info", subject, ioctl(subject.fd, GET_INFO, &info)) &&
	    (int)info.pid != subject.target.pid)
		wrong("PIDFD_GET_INFO is about process %u", info.pid);
	int fd = ioctl(subject.fd, GET_UTS_NAMESPACE, 0);
	if (used_where_known("ioctl-namespace", subject, fd))
		close_fd(fd);
	target_end(subject.target);
	subject_close(subject);
}

static void play_madvise(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	/* The target has it at the same place, for it is a copy. */
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec range = { page, size };

	if (page == MAP_FAILED)
		wrong("no memory for a page");
	*(char *)page = 1;
	struct subject subject = subject_start();
	used_where_known("process_madvise", subject,
			 syscall(SYS_process_madvise, subject.fd, &range, 1, MADV_COLD, 0));
	target_end(subject.target);
	subject_close(subject);
}

/* Both share one processor, and the target gets it only when the caller leaves
 * it: so the target is still there after the signal that kills it. Where that
 * is not allowed the target is faster, as it is elsewhere. */
static void hold_back(int pid)
{
	const struct sched_param param = { 0 };
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	sched_setaffinity(pid, sizeof(one), &one);
	sched_setscheduler(pid, SCHED_IDLE, &param);
}

static void play_mrelease(void)
{
	struct subject subject = subject_start();
	siginfo_t info;

	hold_back(subject.target.pid);
	/* EINVAL, for nobody kills the process; ENOSYS where there is no such call. */
	long ret = syscall(SYS_process_mrelease, subject.fd, 0);
	int error = errno;
	used("process_mrelease-fails", subject, ret, -1, error == ENOSYS ? ENOSYS : EINVAL);
	if (error == ENOSYS)
		skipped("process_mrelease", "there is no such call");
	/* Nothing is told between the two: the target would run meanwhile. */
	must(send_signal(subject, SIGKILL), "pidfd_send_signal");
	ret = error == ENOSYS ? 0 : syscall(SYS_process_mrelease, subject.fd, 0);
	int given = errno;
	used("pidfd_send_signal", subject, 0, 0, 0);
	errno = given;
	if (error != ENOSYS) /* ESRCH when the process was faster */
		used("process_mrelease", subject, ret, ret, ret < 0 ? ESRCH : 0);
	must(raw_waitid(subject.target.pid, &info, WEXITED), "waitid");
	subject_close(subject);
}

static void round_poll(int round)
{
	play(round, play_poll);
}

static void round_wait(int round)
{
	play(round, play_wait);
}

static void round_signal(int round)
{
	play(round, play_signal);
}

static void round_setns(int round)
{
	play(round, play_setns);
}

static void round_use_getfd(int round)
{
	play(round, play_use_getfd);
}

static void round_ioctl(int round)
{
	play(round, play_ioctl);
}

static void round_madvise(int round)
{
	play(round, play_madvise);
}

static void round_mrelease(int round)
{
	play(round, play_mrelease);
}

const struct scenario scenarios_uses[] = {
	{ "uses-poll", "poll and epoll_wait, at once and until the exit", round_poll, NULL },
	{ "uses-wait", "waitid with P_PIDFD", round_wait, NULL },
	{ "uses-signal", "pidfd_send_signal, twice and after the reap", round_signal, NULL },
	{ "uses-setns", "setns with a pidfd (root)", round_setns, NULL },
	{ "uses-getfd", "pidfd_getfd of a file that is no pidfd", round_use_getfd, NULL },
	{ "uses-ioctl", "PIDFD_GET_INFO and PIDFD_GET_UTS_NAMESPACE", round_ioctl, NULL },
	{ "uses-madvise", "process_madvise of a child (root)", round_madvise, NULL },
	{ "uses-mrelease", "process_mrelease, of a child that lives and one that is killed",
	  round_mrelease, NULL },
	{ NULL, NULL, NULL, NULL },
};
