// SPDX-License-Identifier: MIT
// What Swift cannot import of Linux: function-like macros, variadics, GNU extensions. No logic.
// _GNU_SOURCE stands here, not on the command line: there it breaks sockaddr* parameters in Glibc's own module.
#ifndef SLUICE_CLINUX
#define SLUICE_CLINUX
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#endif
