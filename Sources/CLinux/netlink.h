// SPDX-License-Identifier: MIT
// What netlink speaks (netlink(7), rtnetlink(7)): constants and fixed headers of the kernel's own interface.
#ifndef SLUICE_CLINUX_NETLINK
#define SLUICE_CLINUX_NETLINK
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/syscall.h>
#include <unistd.h>

// The user to whom files and sockets made by this thread, and no other, belong.
static inline void sluice_own_as(unsigned user) { syscall(SYS_setfsuid, user); }
static inline int sluice_set_nonblocking(int fd) { return fcntl(fd, F_SETFL, O_NONBLOCK); }
#endif
