// SPDX-License-Identifier: MIT
// The calling thread (prctl(2), whose call is variadic), and memory as malloc(3) has it from the kernel.
#ifndef SLUICE_CLINUX_TASK
#define SLUICE_CLINUX_TASK
#include <malloc.h>
#include <spawn.h>
#include <sys/prctl.h>

// The Glibc module, built without _GNU_SOURCE, does not declare it.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);

// A started program gets nothing but its three streams.
static inline int sluice_spawn_closes_rest(posix_spawn_file_actions_t *actions) { return posix_spawn_file_actions_addclosefrom_np(actions, 3); }

// `name` holds 16 bytes.
static inline int sluice_thread_name(char *name) { return prctl(PR_GET_NAME, name, 0, 0, 0); }

// Large pieces get pages of their own, which go back to the kernel when they are freed. By itself glibc raises the limit with each such piece,
// up to 32 MiB, and keeps what is freed below it.
static inline void sluice_large_pieces_apart(void) { mallopt(M_MMAP_THRESHOLD, 256 << 10); }
#endif
