// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Testing
import Wire

@testable import HostDNS

struct PortHolderTests {
    /// As the kernel of a machine with systemd-resolved writes it.
    @Test func theKernelsLinesAreRead() {
        let udp = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
              512: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 14321 2 0000000000000000 0
              513: 3500007F:A035 08080808:0035 01 00000000:00000000 00:00000000 00000000   101        0 14322 2 0000000000000000 0
              nonsense
            """
        #expect(
            SocketLine.lines(udp, transport: .udp) == [
                SocketLine(address: .v4(0x7F00_0035), port: 53, isListening: true, inode: 14321),
                SocketLine(address: .v4(0x7F00_0035), port: 0xA035, isListening: false, inode: 14322),
            ])
        let tcp = """
              sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 99 1 x
            """
        #expect(
            SocketLine.lines(tcp, transport: .tcp) == [SocketLine(address: .v6(high: 0, low: 1), port: 53, isListening: true, inode: 99)])
    }

    /// This very process, by its own socket.
    @Test func theHolderIsFound() throws {
        let server = try Responder(code: 0)
        let found = HostPaths().holders(of: .v4(0x7F00_0001), port: server.port)
        #expect(found.map(\.process?.id) == [getpid()])
        #expect(found.first?.transport == .udp)
        #expect(found.first?.description.contains("127.0.0.1:\(server.port)/udp by ") == true)
        #expect(HostPaths().holders(of: .v4(0x7F00_0002), port: server.port).isEmpty)
    }
}

/// Answers every datagram on a loopback port of its own with this response code, until it is gone.
final class Responder: Sendable {
    let port: UInt16
    private let fd: Int32

    init(code: UInt8?) throws {
        let fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = unsafe bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            guard unsafe bind(fd, pointer, length) == 0, unsafe getsockname(fd, pointer, &length) == 0 else { fatalError("bind") }
        }
        port = UInt16(bigEndian: address.sin_port)
        self.fd = fd
        guard let code else { return }
        var thread = pthread_t()
        let box = UnsafeMutablePointer<(Int32, UInt8)>.allocate(capacity: 1)
        unsafe box.initialize(to: (dup(fd), code))
        unsafe pthread_create(
            &thread, nil,
            { argument in
                let (fd, code) = unsafe argument!.assumingMemoryBound(to: (Int32, UInt8).self).pointee
                unsafe argument!.deallocate()
                var buffer = [UInt8](repeating: 0, count: 512)
                while true {
                    var from = sockaddr_storage()
                    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
                    let count = unsafe withUnsafeMutableBytes(of: &from) { from in
                        unsafe recvfrom(fd, &buffer, 512, 0, from.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
                    }
                    guard count >= 12 else { break }
                    // First something that is no answer to it.
                    for id in [buffer[0] ^ 0xFF, buffer[0]] {
                        var reply = buffer[..<count]
                        reply[0] = id
                        reply[2] |= 0x80
                        reply[3] = code
                        _ = unsafe withUnsafeBytes(of: &from) { from in
                            unsafe reply.withUnsafeBytes {
                                unsafe sendto(
                                    fd, $0.baseAddress, $0.count, 0, from.baseAddress!.assumingMemoryBound(to: sockaddr.self), size)
                            }
                        }
                    }
                }
                close(fd)
                return nil
            }, box)
        pthread_detach(thread)
    }

    deinit {
        shutdown(fd, Int32(SHUT_RDWR))
        close(fd)
    }
}
