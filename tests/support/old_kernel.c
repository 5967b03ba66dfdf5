/*
 * Runs a program as on an older kernel: a filter refuses what that has not.
 *
 *     old_kernel PROGRAM [WORD ...]
 *
 * clone3, pidfd_open and pidfd_getfd give ENOSYS, and waitid with P_PIDFD
 * EINVAL, as on the first kernels with CLONE_PIDFD.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NUMBER offsetof(struct seccomp_data, nr)
#define FIRST_WORD offsetof(struct seccomp_data, args)
#define PIDFD_KIND 3 /* P_PIDFD */
#define REFUSE(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define LOAD(place) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, place)
#define IF(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)

int main(int count, char **words)
{
	struct sock_filter steps[] = {
		LOAD(NUMBER),
		IF(SYS_clone3, 5, 0),
		IF(SYS_pidfd_open, 4, 0),
		IF(SYS_pidfd_getfd, 3, 0),
		IF(SYS_waitid, 0, 3),
		LOAD(FIRST_WORD),
		IF(PIDFD_KIND, 2, 1),
		REFUSE(ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		REFUSE(EINVAL),
	};
	struct sock_fprog program = { .len = sizeof(steps) / sizeof(steps[0]), .filter = steps };

	if (count < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		perror("old_kernel");
		return 2;
	}
	execv(words[1], words + 1);
	perror("old_kernel");
	return 2;
}
