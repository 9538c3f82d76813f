// SPDX-License-Identifier: MIT
// The load: one thread that asks many questions and is not the limit. Prints one line of KEY=VALUE; times in microseconds.
//
//   ask [-t] -s ADDRESS [-p PORT] [-c SOCKETS] [-o OPEN | -r RATE] [-d SECONDS] [-n QUESTIONS] [-m HOT,MISS,NEGATIVE] [-h NAMES] [-k FIRST]
//       [-f SALT] [-e SECONDS] [-i CONNECTIONS] [-a CPU.STAT] [-w] [-b EPOCH]
//
//   -t  over TCP, pipelined; a connection the server closes is opened again, and what it owed is asked again
//   -o  so many questions are open at any time; -r: so many are asked a second, whatever comes back, and the time of an answer counts from
//       when its question was due, not from when it could be sent (no coordinated omission)
//   -m  parts of a hundred: names of a fixed set of -h (1,000), names nobody asked before, names that do not exist
//   -k  the number of the first name of that set (0)
//   -f  another set of unused names; else drawn at random
//   -e  after so long an answer is lost (5)
//   -i  holds so many idle TCP connections beside; those that the server closes are opened again, each within five seconds per 10,000
//   -a  the server's cpu.stat: its processor time a question is measured from the first question to the last answer
//   -w  sleeps when there is nothing to do, for a responder on the same processor; else it spins, and the server need not wake it
//   -b  asks for the first name each half millisecond until an answer with a record comes: milliseconds since EPOCH (as EPOCHREALTIME of bash)
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common.h"

// A question: header, a label of ten (kind and nine digits), "yes" or "neg", "example", type and class. All are equally long.
enum { question = 12 + 11 + 4 + 8 + 1 + 4, batch = 32, room = 1500, ids = 1 << 16, stream = 1 << 17 };

struct slot {
    uint64_t since; // 0: free
    uint64_t number;
    char kind;
};
struct channel {
    int fd;
    unsigned open, answered; // since it was opened
    uint16_t next, oldest;
    struct slot *slots;
    uint8_t *in, *out;
    size_t have, queued;
};

static struct sockaddr_in server = {.sin_family = AF_INET};
static struct channel *channels;
static unsigned sockets = 16, window = 100, hot = 1000, first_hot, parts[3] = {100, 0, 0};
static int tcp, waits;
static uint64_t patience = 5000000000u, salt, limit = UINT64_MAX, rate;
static uint64_t sent, answered, lost, strays, refused, again, reopened, codes[16], empty, wrong, worked, calls;
static uint64_t begun, final;

static void die(const char *what) {
    fprintf(stderr, "ask: %s: %s\n", what, strerror(errno));
    exit(1);
}

// MARK: latencies: 64 steps for each power of two of nanoseconds, so that a figure is known to within 1.6 %.

static uint64_t histogram[64 * 128], longest;

static void note(uint64_t time) {
    unsigned power = time < 128 ? 0 : 63u - (unsigned)__builtin_clzll(time) - 6;
    histogram[power * 128 + (time >> power)]++;
    if (time > longest) longest = time;
}

static double percentile(double part) {
    uint64_t wanted = (uint64_t)(part * (double)answered), seen = 0;
    for (unsigned i = 0; i < 64 * 128; i++) {
        seen += histogram[i];
        if (seen > wanted) return (double)((uint64_t)(i % 128) << i / 128) / 1000;
    }
    return (double)longest / 1000;
}

// MARK: questions

static const char digits[] = "0123456789abcdef";

static void label(uint8_t *to, char kind, uint64_t number) {
    *to = (uint8_t)kind;
    for (int i = 9; i > 0; i--, number >>= 4) to[i] = (uint8_t)digits[number & 15];
}

static void choose(struct slot *slot) {
    static uint64_t turn, fresh;
    unsigned of = (unsigned)(parts[0] == 100 ? 0 : draw() % 100);
    slot->kind = of < parts[0] ? 'h' : of < parts[0] + parts[1] ? 'u' : 'n';
    // Every hot name once in so many, in an order that is not theirs.
    slot->number = slot->kind == 'h' ? first_hot + turn++ * 7919 % hot : salt + fresh++;
}

static void write_question(uint8_t *to, uint16_t id, const struct slot *slot) {
    static const uint8_t rest[] = "\3yes\7example\0\0\1\0\1";
    const uint8_t head[13] = {(uint8_t)(id >> 8), (uint8_t)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10};
    memcpy(to, head, sizeof head);
    label(to + 13, slot->kind, slot->number);
    memcpy(to + 23, rest, sizeof rest - 1);
    if (slot->kind == 'n') memcpy(to + 24, "neg", 3);
}

// An id that is free on this channel; the questions of one are answered about in order, so the next seldom is taken.
static struct slot *take(struct channel *one, uint16_t *id, uint64_t since) {
    for (unsigned tries = 0; tries < ids; tries++) {
        *id = one->next++;
        struct slot *slot = &one->slots[*id];
        if (slot->since) continue;
        slot->since = since;
        choose(slot);
        one->open++;
        sent++;
        return slot;
    }
    errno = ENOSPC;
    die("every id of a socket is open");
    return NULL;
}

static void reply(struct channel *one, const uint8_t *packet, size_t length, uint64_t time) {
    if (length < 12 || !(packet[2] & 0x80)) { strays++; return; }
    struct slot *slot = &one->slots[packet[0] << 8 | packet[1]];
    if (!slot->since) { strays++; return; }
    uint8_t expected[10];
    label(expected, slot->kind, slot->number);
    if (length < question || memcmp(packet + 13, expected, 10)) wrong++;
    unsigned code = packet[3] & 15;
    codes[code]++;
    if (!code && !(packet[6] << 8 | packet[7])) empty++;
    note(time - slot->since);
    slot->since = 0;
    one->open--;
    one->answered++;
    answered++;
    final = time;
}

static void expire(uint64_t time) {
    for (unsigned i = 0; i < sockets; i++) {
        struct channel *one = &channels[i];
        while (one->oldest != one->next) {
            struct slot *slot = &one->slots[one->oldest];
            if (slot->since && slot->since + patience > time) break;
            if (slot->since) lost++, one->open--, slot->since = 0;
            one->oldest++;
        }
    }
}

// MARK: UDP

static void send_batch(struct channel *one, unsigned count, const uint64_t *due) {
    static uint8_t bytes[batch * question];
    static struct iovec vectors[batch];
    static struct mmsghdr messages[batch];
    uint16_t used[batch];
    for (unsigned i = 0; i < count; i++) {
        struct slot *slot = take(one, &used[i], due[i]);
        write_question(bytes + i * question, used[i], slot);
    }
    unsigned done = 0;
    calls++;
    if (count == 1) {
        done = send(one->fd, bytes, question, MSG_DONTWAIT) == question;
    } else {
        for (unsigned i = 0; i < count; i++) {
            vectors[i] = (struct iovec){bytes + i * question, question};
            messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
        }
        int status = sendmmsg(one->fd, messages, count, MSG_DONTWAIT);
        done = status > 0 ? (unsigned)status : 0;
    }
    // Not sent: nobody listens, or no room; said, and no question of the server's.
    for (unsigned i = done; i < count; i++) refused++, sent--, one->open--, one->slots[used[i]].since = 0;
}

static unsigned receive(struct channel *one) {
    static uint8_t bytes[batch][room];
    static struct iovec vectors[batch];
    static struct mmsghdr messages[batch];
    if (!vectors[0].iov_base) {
        for (int i = 0; i < batch; i++) {
            vectors[i] = (struct iovec){bytes[i], room};
            messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
        }
    }
    calls++;
    int got = recvmmsg(one->fd, messages, batch, MSG_DONTWAIT, NULL);
    if (got <= 0) return 0;
    uint64_t time = now();
    for (int i = 0; i < got; i++) reply(one, bytes[i], messages[i].msg_len, time);
    return (unsigned)got;
}

// MARK: TCP

static int dial(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof server)) {
        if (fd >= 0) close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

// Connections on which nothing is asked.
static int *held;
static unsigned idle, redialled;

static int is_kept(int fd) {
    char byte;
    return fd >= 0 && recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

// Opens some of those again that are closed; without waiting, so that no question waits.
static void redial(void) {
    static unsigned next;
    for (unsigned i = 0; i < 4 && i < idle; i++, next = (next + 1) % idle) {
        if (is_kept(held[next])) continue;
        if (held[next] >= 0) close(held[next]);
        held[next] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (held[next] >= 0) connect(held[next], (struct sockaddr *)&server, sizeof server);
        redialled++;
    }
}

static void flush_out(struct channel *one) {
    while (one->queued) {
        ssize_t done = send(one->fd, one->out, one->queued, MSG_NOSIGNAL | MSG_DONTWAIT);
        calls++;
        if (done <= 0) return;
        memmove(one->out, one->out + done, one->queued - (size_t)done);
        one->queued -= (size_t)done;
    }
}

static void queue_question(struct channel *one, uint16_t id, const struct slot *slot) {
    if (one->queued + question + 2 > stream) return;
    one->out[one->queued] = 0;
    one->out[one->queued + 1] = question;
    write_question(one->out + one->queued + 2, id, slot);
    one->queued += question + 2;
}

static void reopen(struct channel *one) {
    close(one->fd);
    reopened++;
    // One that closes each at once answers nothing and is not to be pressed.
    if (!one->answered) usleep(1000);
    one->answered = 0;
    if ((one->fd = dial()) < 0) die("connect again");
    one->have = one->queued = 0;
    for (uint16_t id = one->oldest; id != one->next; id++)
        if (one->slots[id].since) again++, queue_question(one, id, &one->slots[id]);
    flush_out(one);
}

static unsigned read_stream(struct channel *one) {
    unsigned before = (unsigned)answered;
    for (;;) {
        calls++;
        ssize_t got = recv(one->fd, one->in + one->have, stream - one->have, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) { reopen(one); break; }
        if (got < 0) break;
        one->have += (size_t)got;
        uint64_t time = now();
        size_t at = 0;
        while (one->have - at >= 2) {
            size_t length = (size_t)one->in[at] << 8 | one->in[at + 1];
            if (one->have - at < 2 + length) break;
            reply(one, one->in + at + 2, length, time);
            at += 2 + length;
        }
        memmove(one->in, one->in + at, one->have - at);
        one->have -= at;
        if ((size_t)got < stream / 2) break;
    }
    return (unsigned)answered - before;
}

// MARK: both

static void put(struct channel *one, unsigned count, const uint64_t *due) {
    if (!tcp) {
        for (unsigned i = 0; i < count; i += batch) send_batch(one, count - i < batch ? count - i : batch, due + i);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        uint16_t id;
        struct slot *slot = take(one, &id, due[i]);
        queue_question(one, id, slot);
    }
    flush_out(one);
}

static void ask_now(struct channel *one, unsigned count) {
    static uint64_t due[ids];
    uint64_t time = now();
    if (count > limit - sent) count = (unsigned)(limit - sent);
    for (unsigned i = 0; i < count; i++) due[i] = time;
    put(one, count, due);
}

// What is due until `time` of questions at a steady rate; the same for each socket.
static unsigned ask_due(uint64_t time) {
    static uint64_t asked;
    static unsigned turn;
    uint64_t until = (uint64_t)((double)(time - begun) * (double)rate / 1e9) + 1, some = 0;
    if (until > limit) until = limit;
    for (; asked < until; asked++, some++) {
        uint64_t due = begun + (uint64_t)((double)asked * 1e9 / (double)rate);
        put(&channels[turn++ % sockets], 1, &due);
    }
    return (unsigned)some;
}

static uint64_t processor_time(const char *path) {
    char line[128];
    unsigned long long microseconds = 0;
    FILE *file = fopen(path, "r");
    if (!file) die(path);
    while (fgets(line, sizeof line, file) && sscanf(line, "usage_usec %llu", &microseconds) != 1) {}
    fclose(file);
    return microseconds;
}

static void connect_all(void) {
    channels = calloc(sockets, sizeof *channels);
    for (unsigned i = 0; i < sockets; i++) {
        struct channel *one = &channels[i];
        int space = 4 << 20;
        one->slots = calloc(ids, sizeof *one->slots);
        one->next = one->oldest = (uint16_t)draw();
        if (tcp) {
            one->in = malloc(stream), one->out = malloc(stream);
            one->fd = dial();
        } else if ((one->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0) {
            setsockopt(one->fd, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof space);
            if (connect(one->fd, (struct sockaddr *)&server, sizeof server)) die("connect");
        }
        if (one->fd < 0) die("socket");
    }
}

// Milliseconds from `epoch` to the first answer that has a record.
static void first_answer(const char *epoch) {
    double start = atof(epoch);
    sockets = hot = 1;
    connect_all();
    for (unsigned tries = 0; tries < 60000; tries++) {
        ask_now(channels, 1);
        usleep(500);
        receive(channels);
        if (codes[0] > empty) {
            struct timespec time;
            clock_gettime(CLOCK_REALTIME, &time);
            printf("first=%.1f\n", ((double)time.tv_sec + (double)time.tv_nsec / 1e9 - start) * 1000);
            exit(0);
        }
    }
    errno = ETIMEDOUT;
    die("no answer");
}

static void run(double seconds) {
    struct pollfd *polled = calloc(sockets, sizeof *polled);
    uint64_t end = begun + (uint64_t)(seconds * 1e9), swept = begun, redialled_at = begun;
    if (!rate) for (unsigned i = 0; i < sockets; i++) ask_now(&channels[i], window / sockets + (i < window % sockets));
    for (;;) {
        uint64_t before = now();
        int asking = before < end && sent < limit;
        unsigned did = 0, open = 0;
        if (asking && rate) did += ask_due(before);
        for (unsigned i = 0; i < sockets; i++) {
            struct channel *one = &channels[i];
            if (one->open) {
                did += tcp ? read_stream(one) : receive(one);
                if (one->queued) flush_out(one);
            }
            if (asking && !rate) {
                unsigned share = window / sockets + (i < window % sockets);
                if (one->open < share) ask_now(one, share - one->open);
            }
            open += one->open;
        }
        uint64_t after = now();
        if (did) worked += after - before;
        if (after - swept > 50000000) expire(after), swept = after;
        if (idle && after - redialled_at > 2000000) redial(), redialled_at = after;
        if (!asking && !open) return;
        if (!waits || did) continue;
        uint64_t longest_sleep = idle ? 2000000 : 50000000, sleep = longest_sleep;
        if (asking && rate) {
            uint64_t due = begun + (uint64_t)((double)sent * 1e9 / (double)rate);
            sleep = due > after ? due - after : 0;
        }
        struct timespec left = {0, (long)(sleep < longest_sleep ? sleep : longest_sleep)};
        for (unsigned i = 0; i < sockets; i++)
            polled[i] = (struct pollfd){.fd = channels[i].fd, .events = (short)(POLLIN | (channels[i].queued ? POLLOUT : 0))};
        ppoll(polled, sockets, &left, NULL);
    }
}

int main(int words, char **word) {
    double seconds = 3;
    const char *statistics = NULL, *epoch = NULL;
    server.sin_port = htons(53);
    for (int option; (option = getopt(words, word, "ts:p:c:o:r:d:n:m:h:k:f:e:i:a:wb:")) != -1;) {
        switch (option) {
        case 't': tcp = 1; break;
        case 's': if (inet_pton(AF_INET, optarg, &server.sin_addr) != 1) return 64; break;
        case 'p': server.sin_port = htons((uint16_t)atoi(optarg)); break;
        case 'c': sockets = (unsigned)atoi(optarg); break;
        case 'o': window = (unsigned)atoi(optarg); break;
        case 'r': rate = (uint64_t)atoll(optarg); break;
        case 'd': seconds = atof(optarg); break;
        case 'n': limit = (uint64_t)atoll(optarg); break;
        case 'm': if (sscanf(optarg, "%u,%u,%u", &parts[0], &parts[1], &parts[2]) != 3 || parts[0] + parts[1] + parts[2] != 100) return 64; break;
        case 'h': hot = (unsigned)atoi(optarg); break;
        case 'k': first_hot = (unsigned)atoi(optarg); break;
        case 'f': salt = (uint64_t)atoll(optarg); break;
        case 'e': patience = (uint64_t)(atof(optarg) * 1e9); break;
        case 'i': idle = (unsigned)atoi(optarg); break;
        case 'a': statistics = optarg; break;
        case 'w': waits = 1; break;
        case 'b': epoch = optarg; break;
        default: return 64;
        }
    }
    if (!server.sin_addr.s_addr || !sockets || !window || !hot) return fprintf(stderr, "ask: see the head of ask.c for usage\n"), 64;
    struct rlimit files;
    if (!getrlimit(RLIMIT_NOFILE, &files)) files.rlim_cur = files.rlim_max, setrlimit(RLIMIT_NOFILE, &files);
    prctl(PR_SET_TIMERSLACK, 1);
    if (!salt) {
        int random = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
        if (read(random, &salt, 4) != 4) die("urandom");
        close(random);
    }
    // Nine digits of sixteen hold 36 bits: a thousand million names from each start.
    salt = (salt & 0xFFFFFF) << 12;
    if (epoch) first_answer(epoch);

    held = calloc(idle + 1, sizeof *held);
    unsigned opened = 0, kept = 0;
    for (unsigned i = 0; i < idle; i++) opened += (held[i] = dial()) >= 0;
    connect_all();
    uint64_t before = statistics ? processor_time(statistics) : 0;
    struct timespec own;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    uint64_t mine = (uint64_t)own.tv_sec * 1000000000u + (uint64_t)own.tv_nsec;
    begun = final = now();
    run(seconds);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    mine = (uint64_t)own.tv_sec * 1000000000u + (uint64_t)own.tv_nsec - mine;
    uint64_t spent = statistics ? processor_time(statistics) - before : 0;
    for (unsigned i = 0; i < idle; i++) kept += is_kept(held[i]);

    uint64_t took = final > begun ? final - begun : 1, some = answered ? answered : 1;
    printf("sent=%lu answered=%lu lost=%lu refused=%lu strays=%lu wrong=%lu noerror=%lu empty=%lu nxdomain=%lu servfail=%lu other=%lu",
        sent, answered, lost, refused, strays, wrong, codes[0], empty, codes[3], codes[2], answered - codes[0] - codes[2] - codes[3]);
    printf(" qps=%.0f p50=%.1f p90=%.1f p99=%.1f p999=%.1f max=%.1f", (double)answered * 1e9 / (double)took, percentile(0.5), percentile(0.9),
        percentile(0.99), percentile(0.999), (double)longest / 1000);
    // The load's own work, without its spinning; and how much of its time that was: near 1 it is the limit itself.
    printf(" own=%.2f busy=%.3f calls=%.2f", (double)(waits ? mine : worked) / 1000 / (double)some,
        (double)(waits ? mine : worked) / (double)took, (double)calls / (double)some);
    if (statistics) printf(" server=%.3f share=%.3f", (double)spent / (double)some, (double)spent * 1000 / (double)took);
    if (tcp) printf(" reopened=%lu again=%lu", reopened, again);
    if (idle) printf(" idle_opened=%u idle_kept=%u redialled=%u", opened, kept, redialled);
    printf("\n");
    return 0;
}
