// SPDX-License-Identifier: MIT
// What the load and the upstream share.
#include <stdint.h>
#include <time.h>

// Nanoseconds of a clock that nobody sets.
static inline uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// The same numbers in each run (xorshift64).
static inline uint64_t draw(void) {
    static uint64_t state = 0x9E3779B97F4A7C15u;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}
