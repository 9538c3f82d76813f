// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Synchronization

/// A tun interface whose other end answers every UDP question over IPv4.
final class TunDevice: Sendable {
    private let stopping = Atomic(false)

    init(named name: String) throws {
        let device = unsafe sluice_packet_tun(name)
        guard device >= 0 else { throw SetupError(description: "tun \(name): \(errno)") }
        startThread { [self] in
            while !stopping.load(ordering: .acquiring) {
                var waiting = [pollfd(fd: device, events: Int16(POLLIN), revents: 0)]
                guard unsafe poll(&waiting, 1, 50) > 0 else { continue }
                var buffer = [UInt8](repeating: 0, count: 2048)
                let count = unsafe read(device, &buffer, buffer.count)
                guard count >= 40, buffer[0] == 0x45, buffer[9] == 17 else { continue }
                // Back to the sender: addresses and ports change places, which leaves both checksums as they are; the UDP one is dropped.
                var reply = Array(buffer[..<12])
                for part in [16..<20, 12..<16, 22..<24, 20..<22, 24..<26] { reply += buffer[part] }
                reply += [0, 0]
                reply += response(to: Array(buffer[28..<count]), rcode: 3) ?? []
                _ = unsafe write(device, reply, reply.count)
            }
            close(device)
        }
    }

    func stop() { stopping.store(true, ordering: .releasing) }
}
