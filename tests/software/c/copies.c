/* Pidfds that are duplicated, or sent. */
#define _GNU_SOURCE
#include "software.h"
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Room for the number of one fd beside a message. */
union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static struct msghdr message(struct iovec *byte, union control *control)
{
	return (struct msghdr){
		.msg_iov = byte,
		.msg_iovlen = 1,
		.msg_control = control->room,
		.msg_controllen = sizeof(control->room),
	};
}

static void send_fd(int socket, int fd)
{
	char text = 'x';
	struct iovec byte = { &text, 1 };
	union control control = { 0 };
	struct msghdr it = message(&byte, &control);
	struct cmsghdr *header = CMSG_FIRSTHDR(&it);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	require(sendmsg(socket, &it, 0) == 1, "sendmsg");
}

static int receive_fd(int socket)
{
	char text;
	struct iovec byte = { &text, 1 };
	union control control = { 0 };
	struct msghdr it = message(&byte, &control);
	int fd;

	require(recvmsg(socket, &it, MSG_CMSG_CLOEXEC) == 1, "recvmsg");
	struct cmsghdr *header = CMSG_FIRSTHDR(&it);

	require(header != NULL && header->cmsg_type == SCM_RIGHTS, "SCM_RIGHTS");
	memcpy(&fd, CMSG_DATA(header), sizeof(int));
	return fd;
}

/* The other side of the socket: opens a pidfd of each process that it is told of, and sends it. */
static void send_pidfds(int socket)
{
	pid_t pid;

	while (read(socket, &pid, sizeof(pid)) == sizeof(pid)) {
		int fd = open_pidfd(pid);

		send_fd(socket, fd);
		close(fd);
	}
	_exit(0);
}

/* They came over a socket and were duplicated; what came is closed, and the copy is not. */
void keep_copies_of_messages(int many)
{
	int ends[2];

	require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
	if (fork() == 0) {
		close(ends[0]);
		send_pidfds(ends[1]);
	}
	close(ends[1]);
	for (int i = 0; i < many; i++) {
		pid_t child = start_child();

		require(write(ends[0], &child, sizeof(child)) == sizeof(child), "write");
		int received = receive_fd(ends[0]);

		require(dup(received) >= 0, "dup");
		close(received);
		end_child(child);
	}
	told(many, many);
}

/* Closes what it receives, as it should. */
static void receive_pidfds(int socket, int many)
{
	for (int i = 0; i < many; i++)
		close(receive_fd(socket));
	_exit(0);
}

/* As a broker should: it has a pidfd of each child, and gives others their own. */
void send_to_others(int many)
{
	int ends[2];

	require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
	pid_t other = fork();

	require(other >= 0, "fork");
	if (other == 0)
		receive_pidfds(ends[1], many);
	for (int i = 0; i < many; i++)
		send_fd(ends[0], open_pidfd(start_child()));
	require(waitpid(other, NULL, 0) == other, "waitpid");
	told(many, 0);
}

/* Whoever got the copy closes it; who made it thinks that the original was given away. */
void keep_originals(int many)
{
	for (int i = 0; i < many; i++) {
		pid_t child = start_child();
		int copy = dup(open_pidfd(child));

		require(copy >= 0, "dup");
		close(copy);
		end_child(child);
	}
	told(many, many);
}
