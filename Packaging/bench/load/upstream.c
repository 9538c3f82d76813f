// SPDX-License-Identifier: MIT
// The server that resolvers ask in the benchmark: at once, or late, or not each time. Any name has an address made of it; below `neg.` in the
// second label from the left there is none (NXDOMAIN with SOA); other types than A get NODATA with SOA.
// Over TCP too, there always at once, unless all is to be lost.
// Usage: upstream ADDRESS PORT [DELAY-MS [LOSS-PERCENT]]. SIGUSR1 prints a line: questions received, names among them, the most for one name,
// questions left without an answer on purpose.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common.h"

enum { batch = 32, room = 512, kept = 1 << 16, counters = 1 << 22, connections = 64, signalled = 1, listening = 2, first_connection = 3 };

struct reply {
    uint64_t due;
    struct sockaddr_in peer;
    uint16_t length;
    uint8_t bytes[room];
};

// Replies that wait for their time, a ring: all wait equally long.
static struct reply waiting[kept];
static uint32_t first, last;
// Times a name was asked for, by its hash; two names of one hash are not told apart, which a million names seldom have.
static struct { uint64_t hash; uint32_t count; } asked[counters];
static uint64_t questions, names, most, dropped, delay;
static unsigned loss;

static void count(uint64_t hash) {
    questions++;
    for (uint32_t at = hash % counters, tries = 0; tries < 64; at = (at + 1) % counters, tries++) {
        if (asked[at].count && asked[at].hash != hash) continue;
        if (!asked[at].count) asked[at].hash = hash, names++;
        if (++asked[at].count > most) most = asked[at].count;
        return;
    }
}

static size_t put(uint8_t *to, const void *from, size_t length) {
    memcpy(to, from, length);
    return length;
}

// The length of the answer in `to`, or 0 for what is no question.
static size_t answer(const uint8_t *packet, size_t length, uint8_t *to) {
    static const uint8_t soa[] = {0xC0, 12, 0, 6, 0, 1, 0, 0, 1, 44, 0, 22, 0, 0, 0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 3, 132, 0, 9, 58, 128, 0, 0, 1, 44};
    if (length < 17 || packet[2] & 0x80) return 0;
    size_t end = 12, zone = 0;
    uint64_t hash = 0xCBF29CE484222325u;
    for (int labels = 0; end < length && packet[end]; end += packet[end] + 1u) if (++labels == 2) zone = end;
    if (end + 5 > length || end > 280) return 0;
    // Without case: a resolver may vary it.
    for (size_t i = 12; i < end + 5; i++) hash = (hash ^ (packet[i] | 0x20)) * 0x100000001B3u;
    count(hash);
    int negative = zone && packet[zone] == 3 && !strncasecmp((const char *)packet + zone + 1, "neg", 3);
    int address = !negative && packet[end + 1] == 0 && packet[end + 2] == 1;
    size_t at = put(to, packet, 2);
    const uint8_t flags[10] = {0x81, negative ? 0x83 : 0x80, 0, 1, 0, address, 0, !address, 0, 0};
    at += put(to + at, flags, sizeof flags);
    at += put(to + at, packet + 12, end + 5 - 12);
    if (!address) {
        at += put(to + at, soa, sizeof soa);
        // The SOA is the zone's: the name without its first label, so that it fits names of any depth.
        if (packet[12]) to[at - sizeof soa + 1] = (uint8_t)(12 + packet[12] + 1);
        return at;
    }
    const uint8_t record[16] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 198, (uint8_t)(18 + (hash & 1)), (uint8_t)(hash >> 8), (uint8_t)(hash >> 16)};
    return at + put(to + at, record, sizeof record);
}

// What has come of a stream, and where it is not whole yet.
struct stream {
    size_t have;
    uint8_t bytes[8192];
};

// Answers every whole question of a connection. False: it has ended, or is none of ours.
static int serve(int fd, struct stream *stream) {
    ssize_t got = recv(fd, stream->bytes + stream->have, sizeof stream->bytes - stream->have, MSG_DONTWAIT);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    stream->have += (size_t)got;
    size_t at = 0;
    while (stream->have - at >= 2) {
        uint8_t reply[2 + room];
        size_t length = (size_t)stream->bytes[at] << 8 | stream->bytes[at + 1];
        if (length > room) return 0;
        if (stream->have - at < 2 + length) break;
        size_t made = answer(stream->bytes + at + 2, length, reply + 2);
        at += 2 + length;
        if (!made || loss == 100) continue;
        reply[0] = (uint8_t)(made >> 8), reply[1] = (uint8_t)made;
        if (send(fd, reply, made + 2, MSG_NOSIGNAL) < 0) return 0;
    }
    memmove(stream->bytes, stream->bytes + at, stream->have - at);
    stream->have -= at;
    return 1;
}

int main(int words, char **word) {
    struct sockaddr_in here = {.sin_family = AF_INET};
    if (words < 3 || inet_pton(AF_INET, word[1], &here.sin_addr) != 1)
        return fprintf(stderr, "usage: upstream ADDRESS PORT [DELAY-MS [LOSS-PERCENT]]\n"), 64;
    here.sin_port = htons((uint16_t)atoi(word[2]));
    delay = words > 3 ? (uint64_t)atoi(word[3]) * 1000000u : 0;
    loss = words > 4 ? (unsigned)atoi(word[4]) : 0;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), space = 16 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof space);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &space, sizeof space);
    if (bind(fd, (struct sockaddr *)&here, sizeof here)) return perror("upstream: bind"), 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 64)) return perror("upstream: listen"), 1;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    static struct stream streams[connections];
    struct pollfd polled[first_connection + connections] = {{.fd = fd, .events = POLLIN}};
    polled[signalled] = (struct pollfd){.fd = signalfd(-1, &signals, SFD_CLOEXEC), .events = POLLIN};
    polled[listening] = (struct pollfd){.fd = listener, .events = POLLIN};
    nfds_t used = first_connection;

    static uint8_t bytes[batch][room], replies[batch][room];
    static struct sockaddr_in peers[batch];
    static struct iovec vectors[batch];
    static struct mmsghdr messages[batch];
    for (;;) {
        uint64_t time = now();
        struct timespec left = {0, 0}, *until = NULL;
        if (first != last) {
            uint64_t due = waiting[first % kept].due;
            if (due > time) left = (struct timespec){(time_t)((due - time) / 1000000000u), (long)((due - time) % 1000000000u)};
            until = &left;
        }
        ppoll(polled, used, until, NULL);
        for (nfds_t i = first_connection; i < used; i++) {
            if (!polled[i].revents || serve(polled[i].fd, &streams[i - first_connection])) continue;
            // The last takes its place, and its turn comes at the next poll.
            close(polled[i].fd);
            polled[i] = polled[--used];
            streams[i - first_connection] = streams[used - first_connection];
        }
        if (polled[listening].revents & POLLIN && used < first_connection + connections) {
            int taken = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            streams[used - first_connection].have = 0;
            if (taken >= 0) polled[used++] = (struct pollfd){.fd = taken, .events = POLLIN};
        }
        if (polled[signalled].revents & POLLIN) {
            struct signalfd_siginfo taken;
            if (read(polled[signalled].fd, &taken, sizeof taken) > 0) {
                printf("questions=%lu names=%lu most=%lu dropped=%lu\n", questions, names, most, dropped);
                fflush(stdout);
            }
        }
        time = now();
        for (; first != last && waiting[first % kept].due <= time; first++) {
            struct reply *one = &waiting[first % kept];
            sendto(fd, one->bytes, one->length, 0, (struct sockaddr *)&one->peer, sizeof one->peer);
        }
        for (int i = 0; i < batch; i++) {
            vectors[i] = (struct iovec){bytes[i], room};
            messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &vectors[i], .msg_iovlen = 1};
        }
        int got = recvmmsg(fd, messages, batch, MSG_DONTWAIT, NULL), ready = 0;
        for (int i = 0; i < got; i++) {
            size_t length = answer(bytes[i], messages[i].msg_len, replies[i]);
            if (!length) continue;
            if ((loss && draw() % 100 < loss) || (delay && last - first == kept)) {
                dropped++;
            } else if (delay) {
                struct reply *one = &waiting[last++ % kept];
                *one = (struct reply){.due = time + delay, .peer = peers[i], .length = (uint16_t)length};
                memcpy(one->bytes, replies[i], length);
            } else {
                vectors[i] = (struct iovec){replies[i], length};
                messages[ready++].msg_hdr = messages[i].msg_hdr;
            }
        }
        for (int sent = 0; sent < ready;) {
            int done = sendmmsg(fd, messages + sent, (unsigned)(ready - sent), 0);
            sent += done > 0 ? done : 1;
        }
    }
}
