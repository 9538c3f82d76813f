// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Asks a server of the lab, from its own place, whether it is there yet.
enum Probe {
    case dns(String)
    case http(String)

    /// One try, of at most 50 ms.
    var answers: Bool {
        switch self {
        case .dns(let address):
            guard let socket = Self.connected(to: address, port: 53, SOCK_DGRAM) else { return false }
            // Id 1, recursion desired, one question: the root's SOA.
            let question: [UInt8] = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1]
            guard unsafe send(socket.number, question, question.count, 0) == question.count else { return false }
            guard socket.waitReadable(milliseconds: 50) else { return false }
            var answer = [UInt8](repeating: 0, count: 512)
            return unsafe recv(socket.number, &answer, answer.count, Int32(MSG_DONTWAIT)) >= 12
        case .http(let address):
            return Self.connected(to: address, port: 80, SOCK_STREAM) != nil
        }
    }

    private static func connected(to address: String, port: UInt16, _ kind: __socket_type) -> Descriptor? {
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, address, &target.sin_addr) == 1 else { return nil }
        let made = Glibc.socket(AF_INET, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard made >= 0 else { return nil }
        let socket = Descriptor(made)
        let result = unsafe withUnsafePointer(to: target) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return result == 0 ? consume socket : nil
    }
}
