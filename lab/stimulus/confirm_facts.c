#define _GNU_SOURCE
#include "confirm_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bare.h"
#include "facts.h"

struct shelf *shelf;

/* Where fact_new() points its callers when the shelf is full. */
static struct fact overflow;

bool shelf_open(void)
{
	void *memory = mmap(NULL, sizeof(*shelf), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	shelf = memory == MAP_FAILED ? NULL : memory;
	return shelf != NULL;
}

uint64_t boottime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct fact *fact_new(const char *name, const char *call)
{
	uint32_t place = __atomic_fetch_add(&shelf->used, 1, __ATOMIC_RELAXED);
	struct fact *fact = &overflow;

	if (place < FACTS_MAX)
		fact = &shelf->facts[place];
	else
		unexpected("there is no room for more than %d facts", FACTS_MAX);
	*fact = (struct fact){
		.name = name, .call = call, .round = shelf->round,
		.pid = (int)BARE(SYS_getpid), .tid = (int)BARE(SYS_gettid),
		.target_pid = NOTHING,
		.integer_before = NOTHING, .integer_after = NOTHING, .parent_tid = NOTHING,
		.open_fds_before = NOTHING, .open_fds_after = NOTHING, .has_child = NOTHING,
		.fd = NOTHING, .fd_flags = NOTHING, .fl_flags = NOTHING, .mode = NOTHING,
		.timeout_ms = NOTHING, .events = NOTHING, .revents = NOTHING,
		.ended_pid = NOTHING, .ended_code = NOTHING, .ended_status = NOTHING,
	};
	return fact;
}

void fact_from(struct fact *fact)
{
	fact->from_ns = boottime_ns();
}

long fact_to(struct fact *fact, long ret)
{
	fact->to_ns = boottime_ns();
	fact->has_result = true;
	fact->ret = ret < 0 ? -1 : (int)ret;
	fact->error = ret < 0 ? (int)-ret : 0;
	return ret;
}

static bool has_begun(const char *name)
{
	uint32_t used = __atomic_load_n(&shelf->used, __ATOMIC_SEQ_CST);

	for (uint32_t i = used < FACTS_MAX ? used : FACTS_MAX; i > 0; i--) {
		const struct fact *fact = &shelf->facts[i - 1];
		/* A fact that is being made has no name yet. */
		if (fact->name == NULL || fact->round != shelf->round || strcmp(fact->name, name) != 0)
			continue;
		return __atomic_load_n(&fact->from_ns, __ATOMIC_SEQ_CST) != 0;
	}
	return false;
}

bool fact_begun(const char *name, int limit_ms)
{
	struct timespec moment = { .tv_nsec = 1000 * 1000 };

	for (int ms = 0; ms < limit_ms && !has_begun(name); ms++)
		BARE(SYS_nanosleep, as_word(&moment), 0);
	return has_begun(name);
}

static ssize_t read_fdinfo(const char *folder, int fd, char *text, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/fdinfo/%d", folder, fd);
	int info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return -errno;
	ssize_t length = read(info, text, size - 1);
	int error = errno;
	close(info);
	text[length > 0 ? length : 0] = '\0';
	return length < 0 ? -error : length;
}

void fact_describe(struct fact *fact, int fd)
{
	struct stat status;
	char path[64];

	fact->fd = fd;
	fact->fd_flags = fcntl(fd, F_GETFD);
	fact->fl_flags = fcntl(fd, F_GETFL);
	if (fstat(fd, &status) == 0) {
		fact->ino = status.st_ino;
		fact->dev = status.st_dev;
		fact->mode = (int)status.st_mode;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(path, fact->link, sizeof(fact->link) - 1);
	fact->link[length > 0 ? length : 0] = '\0';
	read_fdinfo("/proc/self", fd, fact->fdinfo, sizeof(fact->fdinfo));
}

void fact_fdinfo(const char *name, int fd, int target_pid)
{
	struct fact *fact = fact_new(name, "fdinfo");

	fact->target_pid = target_pid;
	fact->fd = fd;
	fact_from(fact);
	fact_to(fact, read_fdinfo("/proc/self", fd, fact->fdinfo, sizeof(fact->fdinfo)));
}

void fact_fdinfo_in(const char *folder, const char *name, int fd)
{
	struct fact *fact = fact_new(name, "fdinfo");

	fact->fd = fd;
	fact_from(fact);
	fact_to(fact, read_fdinfo(folder, fd, fact->fdinfo, sizeof(fact->fdinfo)));
}

void fact_count(struct fact *fact, long ret)
{
	long error = ret < 0 ? -ret : 0;

	fact->has_counts = true;
	if (error < ERRNOS)
		__atomic_fetch_add(&fact->counts[error], 1, __ATOMIC_RELAXED);
	else
		unexpected("%s gave the errno %ld", fact->call, error);
}

void fact_number(struct fact *fact, int number)
{
	fact->has_numbers = true;
	if (fact->number_count < NUMBERS_MAX)
		fact->numbers[fact->number_count++] = number;
}

int has_child(void)
{
	return BARE(SYS_waitid, P_ALL, 0, 0, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}
