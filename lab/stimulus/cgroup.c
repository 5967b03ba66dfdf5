#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

#define ROOT_V2 "/sys/fs/cgroup"
#define ROOT_V1 "/sys/fs/cgroup/pids" /* older distributions mount it so */
#define REMOVE_TRIES_MAX 200          /* 10 ms apart */

static bool write_text(const char *folder, const char *file, const char *text)
{
	char path[192];
	snprintf(path, sizeof(path), "%s/%s", folder, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t written = write(fd, text, strlen(text));
	int error = errno;
	close(fd);
	errno = error;
	return written == (ssize_t)strlen(text);
}

/* Whether a list of controllers, such as "cpu memory pids", has pids in it. */
static bool lists_pids(const char *path)
{
	char text[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	for (char *word = strtok(text, " \n"); word != NULL; word = strtok(NULL, " \n"))
		if (strcmp(word, "pids") == 0)
			return true;
	return false;
}

/* The folder under which a cgroup with the pids controller can be made. */
static const char *find_root(struct pids_cgroup *cgroup)
{
	if (lists_pids(ROOT_V2 "/cgroup.controllers")) {
		if (lists_pids(ROOT_V2 "/cgroup.subtree_control"))
			return ROOT_V2;
		cgroup->enabled_pids = write_text(ROOT_V2, "cgroup.subtree_control", "+pids");
		if (cgroup->enabled_pids)
			return ROOT_V2;
		cannot_run("cannot enable the pids controller below %s: %s", ROOT_V2,
			   strerror(errno));
		return NULL;
	}
	if (access(ROOT_V1 "/cgroup.procs", F_OK) == 0)
		return ROOT_V1;
	cannot_run("found no pids controller, neither in %s nor in %s", ROOT_V2, ROOT_V1);
	return NULL;
}

bool cgroup_create(struct pids_cgroup *cgroup)
{
	*cgroup = (struct pids_cgroup){ .enabled_pids = false };
	if (geteuid() != 0) {
		cannot_run("needs root to make a cgroup");
		return false;
	}
	const char *root = find_root(cgroup);
	if (root == NULL)
		return false;
	snprintf(cgroup->path, sizeof(cgroup->path), "%s/stimulus-%d", root, (int)getpid());
	if (mkdir(cgroup->path, 0755) != 0) {
		cannot_run("cannot make the cgroup %s: %s", cgroup->path, strerror(errno));
		cgroup->path[0] = '\0';
	} else if (!write_text(cgroup->path, "pids.max", "1")) {
		cannot_run("cannot limit the cgroup %s: %s", cgroup->path, strerror(errno));
	} else {
		return true;
	}
	cgroup_remove(cgroup);
	return false;
}

bool cgroup_enter(const struct pids_cgroup *cgroup)
{
	if (write_text(cgroup->path, "cgroup.procs", "0"))
		return true;
	cannot_run("cannot enter the cgroup %s: %s", cgroup->path, strerror(errno));
	return false;
}

bool cgroup_limit(const struct pids_cgroup *cgroup, const char *most)
{
	return write_text(cgroup->path, "pids.max", most);
}

void cgroup_remove(const struct pids_cgroup *cgroup)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	int tries = cgroup->path[0] == '\0' ? REMOVE_TRIES_MAX : 0;

	/* The kernel may still be busy with the process that was just reaped. */
	while (tries < REMOVE_TRIES_MAX && rmdir(cgroup->path) != 0) {
		if (++tries == REMOVE_TRIES_MAX)
			unexpected("cannot remove the cgroup %s: %s", cgroup->path,
				   strerror(errno));
		nanosleep(&pause, NULL);
	}
	/* Refused when somebody else has come to need it: then it stays. */
	if (cgroup->enabled_pids)
		write_text(ROOT_V2, "cgroup.subtree_control", "-pids");
}
