/*
 * The few system calls the scenarios are about, made without libc's wrappers.
 *
 * A wrapper may choose another call than the one it is named after (fork() is
 * clone(), posix_spawn() is clone3() or vfork()) and may add flags. Here the
 * call that is named is the call the kernel sees.
 */
#ifndef STIMULUS_SYSCALLS_H
#define STIMULUS_SYSCALLS_H

#include <linux/sched.h> /* CLONE_*, struct clone_args */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ends the whole process without running atexit handlers, so a child can
 * never write its parent's buffered output a second time. */
static inline __attribute__((noreturn)) void raw_exit(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

/* With a null stack the child goes on from here on its own copy of the stack,
 * as after fork(). The third argument is the same on amd64 and arm64. */
static inline long raw_clone(uint64_t flags, int *pidfd)
{
	return syscall(SYS_clone, (unsigned long)flags, 0UL, pidfd, 0UL, 0UL);
}

/* The exit signal is a field of its own in clone3(); the callers pass it in
 * the flags, as for clone(), so that one request fits both calls. */
static inline long raw_clone3(uint64_t flags, int *pidfd)
{
	struct clone_args args = {
		.flags = flags & ~(uint64_t)CSIGNAL,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = flags & CSIGNAL,
	};
	return syscall(SYS_clone3, &args, sizeof(args));
}

static inline long raw_pidfd_open(int pid, unsigned int flags)
{
	return syscall(SYS_pidfd_open, pid, flags);
}

static inline long raw_close(int fd)
{
	return syscall(SYS_close, fd);
}

static inline long raw_waitid(int pid, siginfo_t *info, int options)
{
	return syscall(SYS_waitid, P_PID, pid, info, options, NULL);
}

static inline int raw_gettid(void)
{
	return (int)syscall(SYS_gettid);
}

#endif
