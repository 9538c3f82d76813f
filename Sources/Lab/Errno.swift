// SPDX-License-Identifier: MIT
import Glibc

/// The number behind a failed system call, as words.
enum Errno {
    static func text(_ number: Int32) -> String {
        guard let words = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: words)
    }
}
