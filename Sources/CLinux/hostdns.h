// SPDX-License-Identifier: MIT
// Files as more than their bytes: inode flags (ioctl_iflags(2)), extended attributes (xattr(7)), and word of their changes (inotify(7)).
#ifndef SLUICE_CLINUX_HOSTDNS
#define SLUICE_CLINUX_HOSTDNS
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

// The kernel reads and writes 32 bits here, whatever the macro's name says of long.
static inline int sluice_inode_flags(int fd, unsigned int *flags) { return ioctl(fd, FS_IOC_GETFLAGS, flags); }
static inline int sluice_set_inode_flags(int fd, unsigned int flags) { return ioctl(fd, FS_IOC_SETFLAGS, &flags); }
static const unsigned int SLUICE_IMMUTABLE = FS_IMMUTABLE_FL;
static const unsigned int SLUICE_APPEND_ONLY = FS_APPEND_FL;
static const long SLUICE_TIME_AS_IT_IS = (1L << 30) - 2; // UTIME_OMIT, a cast in a macro
#endif
