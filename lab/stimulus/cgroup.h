/* A cgroup of its own in which only one process may live. */
#ifndef STIMULUS_CGROUP_H
#define STIMULUS_CGROUP_H

#include <stdbool.h>

struct pids_cgroup {
	char path[128];
	bool enabled_pids; /* +pids was written to the root and is to be undone */
};

/* Each gives the verdict itself when it fails. */
bool cgroup_create(struct pids_cgroup *cgroup);
bool cgroup_enter(const struct pids_cgroup *cgroup);
/* Another limit than 1, without a verdict. */
bool cgroup_limit(const struct pids_cgroup *cgroup, const char *most);
void cgroup_remove(const struct pids_cgroup *cgroup);

#endif
