/* Processes that a scenario needs and that are not themselves recorded. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "calls.h"
#include "report.h"

bool gate_open(struct gate *gate)
{
	if (pipe2(gate->ends, O_CLOEXEC) == 0)
		return true;
	cannot_run("cannot make a pipe: %s", strerror(errno));
	return false;
}

void gate_release(struct gate *gate)
{
	raw_close(gate->ends[1]);
	raw_close(gate->ends[0]);
}

int run_in_child(void (*body)(void *argument), void *argument)
{
	siginfo_t info;
	long ret;
	long pid = raw_clone(SIGCHLD, NULL);

	if (pid == 0) {
		body(argument);
		raw_exit(0);
	}
	if (pid < 0) {
		cannot_run("cannot fork: %s", strerror(errno));
		return -1;
	}
	memset(&info, 0, sizeof(info));
	do
		ret = raw_waitid((int)pid, &info, WEXITED);
	while (ret < 0 && errno == EINTR);
	if (ret == 0 && info.si_code == CLD_EXITED)
		return info.si_status;
	unexpected("the intermediate process %ld was killed by signal %d", pid, info.si_status);
	return -1;
}
