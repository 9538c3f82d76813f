// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// epoll(7): which descriptors are ready, each known by a token of its owner's choosing.
@safe struct Poller: ~Copyable {
    struct Ready {
        let token: UInt64
        let events: Interest
    }

    struct Interest: OptionSet {
        let rawValue: UInt32
        static let read = Interest(rawValue: EPOLLIN.rawValue)
        static let write = Interest(rawValue: EPOLLOUT.rawValue)
        /// An error or a hang-up; reported whether asked for or not.
        static let broken = Interest(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
    }

    private let fd: Int32
    private let events: UnsafeMutableBufferPointer<epoll_event>

    /// Errors: no descriptors left.
    init() throws(DaemonError) {
        fd = epoll_create1(Int32(EPOLL_CLOEXEC))
        unsafe events = .allocate(capacity: 256)
        unsafe events.initialize(repeating: epoll_event())
        guard fd >= 0 else { throw .system("epoll", errno) }
    }

    deinit {
        unsafe events.deallocate()
        close(fd)
    }

    func add(_ descriptor: Int32, token: UInt64, _ interest: Interest = .read) {
        _ = sluice_epoll_add(fd, descriptor, interest.rawValue, token)
    }

    func change(_ descriptor: Int32, token: UInt64, _ interest: Interest) {
        _ = sluice_epoll_change(fd, descriptor, interest.rawValue, token)
    }

    func remove(_ descriptor: Int32) { _ = epoll_ctl(fd, EPOLL_CTL_DEL, descriptor, nil) }

    /// Waits until something is ready.
    /// - Parameter timeout: milliseconds; nil waits for ever.
    /// - Returns: how many, for `ready`.
    func wait(_ timeout: Int64?) -> Int {
        let limit = Int32(clamping: timeout.map { max(0, $0) } ?? -1)
        return max(0, Int(unsafe epoll_wait(fd, events.baseAddress, Int32(events.count), limit)))
    }

    /// One of those that `wait` found ready last.
    func ready(_ index: Int) -> Ready {
        unsafe Ready(token: sluice_epoll_token(events.baseAddress! + index), events: Interest(rawValue: events[index].events))
    }
}
