// SPDX-License-Identifier: MIT
// The calling thread (prctl(2)), whose call is variadic.
#ifndef SLUICE_CLINUX_TASK
#define SLUICE_CLINUX_TASK
#include <sys/prctl.h>

// `name` holds 16 bytes.
static inline int sluice_thread_name(char *name) { return prctl(PR_GET_NAME, name, 0, 0, 0); }
#endif
