#define _GNU_SOURCE
#include "messages.h"

#include <string.h>
#include <sys/socket.h>

#include "players.h"

#define VALUES_MAX 4

union control {
	char bytes[CMSG_SPACE(VALUES_MAX * sizeof(int))];
	struct cmsghdr header;
};

struct pair pair_open(void)
{
	struct pair pair;

	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.ends), "socketpair");
	return pair;
}

void pair_close(struct pair pair)
{
	close_fd(pair.ends[0]);
	close_fd(pair.ends[1]);
}

void send_fds(int socket, const int *fds, int count)
{
	union control control;
	char byte = 'x';
	struct iovec data = { &byte, 1 };
	size_t size = (size_t)count * sizeof(int);
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	memset(&control, 0, sizeof(control));
	if (count > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(size);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(&control.header), fds, size);
	}
	must(sendmsg(socket, &message, 0), "sendmsg");
}

int receive_ints(int socket, int kind, int *values, int room, int flags)
{
	union control control;
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = CMSG_LEN((size_t)room * sizeof(int)) };
	int found = 0;

	must(recvmsg(socket, &message, flags), "recvmsg");
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
	     header = CMSG_NXTHDR(&message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != kind)
			continue;
		found = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(values, CMSG_DATA(header), (size_t)found * sizeof(int));
	}
	return found;
}
