// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Synchronization

/// Messages from one thread to another's event loop.
final class Mailbox<Message: Sendable>: Sendable {
    /// Readable while there are messages.
    let fd: Int32
    private let messages = Mutex<[Message]>([])

    init() { fd = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)) }

    deinit { close(fd) }

    func post(_ message: Message) {
        messages.withLock { $0.append(message) }
        _ = eventfd_write(fd, 1)
    }

    /// Everything that has come, in order.
    func take() -> [Message] {
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(fd, &count)
        return messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }
}
