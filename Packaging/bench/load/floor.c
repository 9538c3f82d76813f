// SPDX-License-Identifier: MIT
// The honest floor: what receiving a question and sending an answer of a fixed size costs, with nothing between. One thread, one socket,
// recvmmsg and sendmmsg in batches; id and question are copied, the answer is always the same address. Usage: floor ADDRESS PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { batch = 32, room = 512 };
static const uint8_t header[10] = {0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0};
static const uint8_t record[16] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 198, 18, 0, 1};

static uint8_t bytes[batch][room + sizeof record];
static struct sockaddr_in peers[batch];
static struct iovec vectors[batch];
static struct mmsghdr messages[batch];

// The length of the answer made of a question in place, or 0 for what is none.
static size_t answer(uint8_t *packet, size_t length) {
    if (length < 17 || packet[2] & 0x80) return 0;
    size_t end = 12;
    while (end < length && packet[end]) end += packet[end] + 1u;
    if (end + 5 > length || end > room - 5) return 0;
    memcpy(packet + 2, header, sizeof header);
    memcpy(packet + end + 5, record, sizeof record);
    return end + 5 + sizeof record;
}

int main(int count, char **words) {
    struct sockaddr_in here = {.sin_family = AF_INET};
    if (count != 3 || inet_pton(AF_INET, words[1], &here.sin_addr) != 1) return fprintf(stderr, "usage: floor ADDRESS PORT\n"), 64;
    here.sin_port = htons((uint16_t)atoi(words[2]));
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), space = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof space);
    if (bind(fd, (struct sockaddr *)&here, sizeof here)) return perror("floor: bind"), 1;
    for (;;) {
        for (int i = 0; i < batch; i++) {
            vectors[i] = (struct iovec){bytes[i], room};
            messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &vectors[i], .msg_iovlen = 1};
        }
        // Sleeps for the first, takes what else is there.
        int got = recvmmsg(fd, messages, batch, MSG_WAITFORONE, NULL), ready = 0;
        for (int i = 0; i < got; i++) {
            size_t length = answer(bytes[i], messages[i].msg_len);
            if (!length) continue;
            vectors[i].iov_len = length;
            messages[ready++].msg_hdr = messages[i].msg_hdr;
        }
        for (int sent = 0; sent < ready;) {
            int done = sendmmsg(fd, messages + sent, (unsigned)(ready - sent), 0);
            sent += done > 0 ? done : 1;
        }
    }
}
