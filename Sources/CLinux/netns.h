// SPDX-License-Identifier: MIT
// Processes in namespaces of their own (namespaces(7)): what must happen between fork and exec, where Swift cannot run.
#ifndef SLUICE_CLINUX_NETNS
#define SLUICE_CLINUX_NETNS
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

// Kinds of namespaces; as variables, since Swift does not import a cast in a macro.
static const uint64_t SLUICE_NEWPID = CLONE_NEWPID;
static const uint64_t SLUICE_NEWNS = CLONE_NEWNS;
static const uint64_t SLUICE_NEWNET = CLONE_NEWNET;
static const uint64_t SLUICE_NEWUTS = CLONE_NEWUTS;

// How a child differs from its parent. Zeroes with `join` -1 change nothing.
struct sluice_child {
    uint64_t fresh;      // SLUICE_NEW…: namespaces made for the child
    int join;            // pidfd of a process whose namespaces the child enters, or -1
    uint64_t join_kinds; // SLUICE_NEW…: which of them
    int session;         // 1: a session of its own, without a terminal
    int foreground;      // 1: a process group of its own, which owns the terminal on descriptor 0
    int descriptors[3];  // become 0, 1 and 2; -1 is left as it is
};

static inline int sluice_setns(int fd, uint64_t kinds) { return (int)syscall(SYS_setns, fd, (int)kinds); }
static inline int sluice_unshare(uint64_t kinds) { return (int)syscall(SYS_unshare, (unsigned long)kinds); }
static inline int sluice_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
static inline int sluice_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 1u /* MFD_CLOEXEC */); }
static inline int sluice_sethostname(const char *name) { return (int)syscall(SYS_sethostname, name, __builtin_strlen(name)); }


// In the child, until exec: system calls only. Returns with errno set if a step fails.
static inline void sluice_child_exec(const struct sluice_child *child, const char *folder, const char *path, char *const *argv, char *const *envp) {
    uint64_t others = child->join_kinds & ~SLUICE_NEWPID;
    if (child->join >= 0 && others && sluice_setns(child->join, others)) return;
    if (child->session && setsid() < 0) return;
    sigset_t mask;
    if (child->foreground) {
        // The group is not in the foreground yet, so the kernel would stop it for trying.
        sigemptyset(&mask);
        sigaddset(&mask, SIGTTOU);
        sigprocmask(SIG_BLOCK, &mask, 0);
        pid_t self = (pid_t)syscall(SYS_getpid);
        if (setpgid(0, 0) || ioctl(0, TIOCSPGRP, &self)) return;
    }
    for (int to = 0; to < 3; to++)
        if (child->descriptors[to] >= 0 && dup2(child->descriptors[to], to) < 0) return;
    if (folder && chdir(folder) && chdir("/")) return;
    for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
    sigemptyset(&mask);
    sigprocmask(SIG_SETMASK, &mask, 0);
    execve(path, argv, envp);
}

// Starts a program; returns its process id when it runs, or -1 with errno. Its parent is the caller, also in another PID namespace.
static inline pid_t sluice_child_start(
    const struct sluice_child *child, const char *folder, const char *path, char *const *argv, char *const *envp) {
    int trouble[2], error = 0, home = -1;
    if (syscall(SYS_pipe2, trouble, O_CLOEXEC)) return -1;
    if (child->join >= 0 && (child->join_kinds & SLUICE_NEWPID)) {
        // Moves the children of this thread only, and is taken back below.
        home = open("/proc/thread-self/ns/pid", O_RDONLY | O_CLOEXEC);
        if (home < 0 || sluice_setns(child->join, SLUICE_NEWPID)) error = errno;
    }
    pid_t pid = -1;
    if (!error) {
        pid = (pid_t)syscall(SYS_clone, (unsigned long)child->fresh | SIGCHLD, 0, 0, 0, 0);
        if (pid == 0) {
            sluice_child_exec(child, folder, path, argv, envp);
            error = errno;
            if (write(trouble[1], &error, sizeof error) < 0) _exit(126);
            _exit(127);
        }
        if (pid < 0) error = errno;
    }
    if (home >= 0) {
        sluice_setns(home, SLUICE_NEWPID);
        close(home);
    }
    close(trouble[1]);
    if (pid > 0 && read(trouble[0], &error, sizeof error) == sizeof error) {
        syscall(SYS_wait4, pid, 0, 0, 0);
        pid = -1;
    }
    close(trouble[0]);
    errno = error;
    return pid;
}
#endif
