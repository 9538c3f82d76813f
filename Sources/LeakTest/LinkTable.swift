// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// Interfaces by index. Names are read once and kept, since a link may vanish while its packets still wait in the capture.
struct LinkTable {
    private let tunnels: Set<String>
    private var links: [Int32: Link] = [:]

    /// Reads the interfaces there are now.
    init(tunnels: Set<String>) {
        self.tunnels = tunnels
        refresh()
    }

    /// Adds the interfaces that are new; those once seen keep their name.
    mutating func refresh() {
        guard let first = unsafe if_nameindex() else { return }
        defer { unsafe if_freenameindex(first) }
        var entry = unsafe first
        while unsafe entry.pointee.if_index != 0, let name = unsafe entry.pointee.if_name {
            let text = unsafe String(cString: name)
            let index = unsafe Int32(truncatingIfNeeded: entry.pointee.if_index)
            if links[index] == nil { links[index] = Link(name: text, kind: kind(of: text)) }
            unsafe entry += 1
        }
    }

    /// Every interface seen so far, by name.
    var all: [Link] { links.values.sorted { $0.name < $1.name } }

    /// The interface a packet was seen on; `hardware` is its ARPHRD_ type.
    mutating func link(_ index: Int32, hardware: UInt16) -> Link {
        let isLoopback = hardware == UInt16(ARPHRD_LOOPBACK)
        if let known = links[index], !isLoopback || known.kind == .loopback { return known }
        var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        let found = unsafe if_indextoname(UInt32(bitPattern: index), &name) != nil
        let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let link =
            found
            ? Link(name: text, kind: isLoopback ? .loopback : kind(of: text))
            : Link(name: "#\(index)", kind: isLoopback ? .loopback : .unknown)
        links[index] = link
        return link
    }

    private func kind(of name: String) -> Link.Kind {
        name == "lo" ? .loopback : tunnels.contains(name) ? .tunnel : .outside
    }
}
