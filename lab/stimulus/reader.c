#define _GNU_SOURCE
#include "reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "report_print.h"
#include "syscalls.h"

#define PROCESSES_MAX 4096
#define TABLES_MAX 64 /* tables of one process that are told apart */
#define KERNEL_THREAD 0x00200000 /* PF_KTHREAD in field 9 of stat */
#define PIDFD_LINK "anon_inode:[pidfd]"

struct process {
	int pid, parent;
	bool own;
};

static struct process processes[PROCESSES_MAX];
static int count;

static bool read_text(const char *path, char *text, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	ssize_t length = read(file, text, size - 1);
	close(file);
	text[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* The name of the program may hold anything, so what follows is looked for
 * behind the last bracket. False for a thread of the kernel, or when it has
 * gone. */
static bool read_process(int pid, struct process *process)
{
	char path[64], text[1024];
	unsigned int flags;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!read_text(path, text, sizeof(text)))
		return false;
	const char *rest = strrchr(text, ')');
	*process = (struct process){ .pid = pid };
	return rest != NULL &&
	       sscanf(rest, ") %*c %d %*d %*d %*d %*d %u", &process->parent, &flags) == 2 &&
	       (flags & KERNEL_THREAD) == 0;
}

/* Whether the last pass found another process of the run. */
static bool mark_own_children(void)
{
	bool found = false;

	for (int i = 0; i < count; i++)
		for (int j = 0; j < count && !processes[i].own; j++)
			if (processes[j].own && processes[j].pid == processes[i].parent)
				processes[i].own = found = true;
	return found;
}

static void read_processes(int guest)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;

	count = 0;
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		int pid = atoi(entry->d_name);
		if (pid <= 0 || count == PROCESSES_MAX || !read_process(pid, &processes[count]))
			continue;
		processes[count].own = pid == getpid() || pid == guest;
		count++;
	}
	if (folder != NULL)
		closedir(folder);
	while (mark_own_children())
		;
}

/* The "Pid:" line of a pidfd's fdinfo; false when there is no such line. */
static bool read_target(const char *task, int fd, int *target)
{
	char path[128], text[1024];

	snprintf(path, sizeof(path), "%s/fdinfo/%d", task, fd);
	if (!read_text(path, text, sizeof(text)))
		return false;
	const char *line = strstr(text, "\nPid:\t");
	if (line == NULL)
		return false;
	*target = atoi(line + strlen("\nPid:\t"));
	return true;
}

/* A pidfd that was opened through a bind mount shows the path of the mount,
 * so the link alone does not tell: fdinfo of nothing else has a "Pid:". */
static void print_slot(const char *task, int fd, int pid, int tid, bool *first)
{
	char path[128], link[256];
	struct stat status;
	int target;

	snprintf(path, sizeof(path), "%s/fd/%d", task, fd);
	ssize_t length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		return;
	link[length] = '\0';
	bool is_named = strncmp(link, PIDFD_LINK, strlen(PIDFD_LINK)) == 0;
	if (!is_named && link[0] != '/')
		return;
	if (!read_target(task, fd, &target) || stat(path, &status) != 0)
		return;
	printf("%s{\"pid\":%d,\"tid\":%d,\"fd\":%d,\"ino\":\"%" PRIu64
	       "\",\"target_pid\":%d,\"link\":",
	       *first ? "" : ",", pid, tid, fd, (uint64_t)status.st_ino, target);
	print_sentence(link);
	putchar('}');
	*first = false;
}

static void print_table(int pid, int tid, bool *first)
{
	char task[64], path[80];
	struct dirent *entry;

	snprintf(task, sizeof(task), "/proc/%d/task/%d", pid, tid);
	snprintf(path, sizeof(path), "%s/fd", task);
	DIR *folder = opendir(path);
	if (folder == NULL)
		return;
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			print_slot(task, atoi(entry->d_name), pid, tid, first);
	closedir(folder);
}

/* Zero only when both have the same table; who may not compare, or has no
 * kcmp, takes them for the same, which is what threads are unless they asked
 * for a table of their own. */
static bool is_same_table(int one, int other)
{
	return syscall(SYS_kcmp, one, other, KCMP_FILES, 0, 0) <= 0;
}

static void print_tables(int pid, bool *first)
{
	int tables[TABLES_MAX] = { pid }, used = 1;
	char path[64];
	struct dirent *entry;

	print_table(pid, pid, first);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	DIR *folder = opendir(path);
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		int tid = atoi(entry->d_name);
		bool known = tid <= 0 || tid == pid || used == TABLES_MAX;
		for (int i = 0; i < used && !known; i++)
			known = is_same_table(tables[i], tid);
		if (known)
			continue;
		tables[used++] = tid;
		print_table(pid, tid, first);
	}
	if (folder != NULL)
		closedir(folder);
}

void print_snapshot(const char *name, int round, int guest)
{
	struct timespec now;
	bool first = true;

	read_processes(guest);
	clock_gettime(CLOCK_BOOTTIME, &now);
	printf("{\"snapshot\":\"%s\",\"round\":%d,\"ktime_ns\":\"%" PRIu64 "\",\"own\":[", name,
	       round, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
	for (int i = 0; i < count; i++) {
		if (!processes[i].own)
			continue;
		printf("%s%d", first ? "" : ",", processes[i].pid);
		first = false;
	}
	printf("],\"slots\":[");
	first = true;
	for (int i = 0; i < count; i++)
		print_tables(processes[i].pid, &first);
	printf("]}\n");
}

void kill_own(void)
{
	read_processes(0);
	for (int i = 0; i < count; i++)
		if (processes[i].own && processes[i].pid != getpid())
			kill(processes[i].pid, SIGKILL);
}
