// SPDX-License-Identifier: MIT
// What Swift cannot import of Linux: function-like macros, variadics, GNU extensions. No logic.
// _GNU_SOURCE stands here, not on the command line: there it breaks sockaddr* parameters in Glibc's own module.
#ifndef SLUICE_CLINUX
#define SLUICE_CLINUX
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
// fd_set must look as in the Glibc module, which is built without _GNU_SOURCE: two definitions that differ are an error in whoever imports both.
#include <features.h>
#pragma push_macro("__USE_XOPEN")
#undef __USE_XOPEN
#include <sys/select.h>
#pragma pop_macro("__USE_XOPEN")
#include "event.h"
#include "hostdns.h"
#include "netlink.h"
#include "netns.h"
#include "packet.h"
#include "task.h"
#include "peer.h"
#endif
