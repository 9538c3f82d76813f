// SPDX-License-Identifier: MIT
// Packet sockets (packet(7)): the casts between socket addresses that Swift cannot write in one line, and types the Glibc module lacks.
#ifndef SLUICE_CLINUX_PACKET
#define SLUICE_CLINUX_PACKET
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

// Binds a packet socket to every protocol on every interface, those that appear later included.
static inline int sluice_packet_bind_all(int fd) {
    struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    return bind(fd, (struct sockaddr *)&all, sizeof all);
}

// One packet without waiting; the return value is its whole length also when `size` is less.
static inline ssize_t sluice_packet_receive(int fd, void *buffer, size_t size, struct sockaddr_ll *from) {
    socklen_t length = sizeof *from;
    return recvfrom(fd, buffer, size, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)from, &length);
}

// Lets no further packet in; those that wait stay.
static inline int sluice_packet_stop(int fd) {
    struct sock_filter none = {.code = BPF_RET | BPF_K};
    struct sock_fprog program = {.len = 1, .filter = &none};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

// Packets and losses since the last call: the kernel sets both counters back to zero.
static inline int sluice_packet_statistics(int fd, struct tpacket_stats *statistics) {
    socklen_t length = sizeof *statistics;
    return getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, statistics, &length);
}

// A new tun interface without packet information, as wireguard-go makes it; it lives as long as the descriptor. For tests: reads and writes are
// its other end.
static inline int sluice_packet_tun(const char *name) {
    // struct ifreq: <net/if.h> and <linux/if.h> cannot both be included.
    struct {
        char name[16];
        short flags;
        char rest[22];
    } request = {.flags = IFF_TUN | IFF_NO_PI};
    __builtin_strncpy(request.name, name, sizeof request.name - 1);
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (fd >= 0 && ioctl(fd, TUNSETIFF, &request)) {
        close(fd);
        return -1;
    }
    return fd;
}
#endif
