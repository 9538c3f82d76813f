// SPDX-License-Identifier: MIT
// Waiting and datagrams in batches: epoll, eventfd and signalfd are not in the Glibc module, recvmmsg and sendmmsg are GNU extensions.
#ifndef SLUICE_CLINUX_EVENT
#define SLUICE_CLINUX_EVENT
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

// One datagram of a batch: struct mmsghdr, which the Glibc module hides.
struct sluice_datagram {
    struct msghdr header;
    unsigned int length;
};

static inline int sluice_receive_batch(int fd, struct sluice_datagram *batch, unsigned int count) {
    return (int)syscall(SYS_recvmmsg, fd, batch, count, MSG_DONTWAIT, (void *)0);
}

static inline int sluice_send_batch(int fd, struct sluice_datagram *batch, unsigned int count) {
    return (int)syscall(SYS_sendmmsg, fd, batch, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static inline int sluice_epoll_add(int epoll, int fd, unsigned int events, unsigned long long token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static inline int sluice_epoll_change(int epoll, int fd, unsigned int events, unsigned long long token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}

static inline unsigned long long sluice_epoll_token(const struct epoll_event *event) { return event->data.u64; }

// A descriptor from which SIGTERM, SIGINT and SIGHUP are read; they are blocked in this thread and those it starts.
static inline int sluice_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    if (pthread_sigmask(SIG_BLOCK, &set, (void *)0) != 0) return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

struct sluice_peer { int pid; unsigned int uid; unsigned int gid; };

// struct ucred is a GNU extension; this has its layout.
static inline int sluice_peer_of(int fd, struct sluice_peer *peer) {
    socklen_t length = sizeof *peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &length);
}
#endif
