// SPDX-License-Identifier: MIT
#ifndef SLUICE_PEER_H
#define SLUICE_PEER_H
#include <stdint.h>
#include <sys/socket.h>

// struct ucred of <sys/socket.h>, which needs _GNU_SOURCE.
struct sluice_credentials {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};

#define SLUICE_SO_PEERCRED 17
#define SLUICE_SO_PEERGROUPS 59

static inline int sluice_peer_credentials(int socket, struct sluice_credentials *credentials) {
    socklen_t length = sizeof *credentials;
    return getsockopt(socket, SOL_SOCKET, SLUICE_SO_PEERCRED, credentials, &length);
}

// How many supplementary groups there are, at most `count`; -1 when they cannot be read.
static inline int sluice_peer_groups(int socket, uint32_t *groups, uint32_t count) {
    socklen_t length = count * sizeof *groups;
    if (getsockopt(socket, SOL_SOCKET, SLUICE_SO_PEERGROUPS, groups, &length) != 0) return -1;
    return (int)(length / sizeof *groups);
}
#endif
