// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Wire

/// What the machine's links look like now.
extension RouteSocket {
    package mutating func links() throws(KernelError) -> [Link] {
        try socket.dump(UInt16(RTM_GETLINK), header: Array(repeating: 0, count: 16), "read links").compactMap { Link($0) }
    }

    /// Nil when there is none of this name.
    package mutating func link(named name: String) throws(KernelError) -> Link? { try links().first { $0.name == name } }

    /// All addresses of this machine, those of `lo` included.
    package mutating func addresses() throws(KernelError) -> [LinkAddress] {
        try socket.dump(UInt16(RTM_GETADDR), header: Array(repeating: 0, count: 8), "read addresses").compactMap { LinkAddress($0) }
    }

    /// The gateways of main's default routes that have one hop.
    package mutating func gateways() throws(KernelError) -> [Gateway] {
        try routes(in: RouteTable.main).filter(\.isDefault).compactMap { route in
            guard let link = route.links.first, let address = route.gateway else { return nil }
            return Gateway(link: link, address: address)
        }
    }

    /// Makes a device. Errors: EOPNOTSUPP when the kernel does not know the kind, EEXIST when the name is taken.
    mutating func createLink(_ name: String, kind: String) throws(KernelError) {
        try request("create \(name)", UInt16(RTM_NEWLINK), NetlinkFlag.create | NetlinkFlag.exclusive, Array(repeating: 0, count: 16)) {
            $0.attribute(UInt16(IFLA_IFNAME), text: name)
            $0.nest(UInt16(IFLA_LINKINFO)) { $0.attribute(UInt16(IFLA_INFO_KIND), Array(kind.utf8)) }
        }
    }

    /// Sets the MTU, in bytes, and switches the device on.
    mutating func activate(_ link: UInt32, mtu: UInt32) throws(KernelError) {
        try request("switch on a link", UInt16(RTM_NEWLINK), 0, Self.linkHeader(link, flags: 1, change: 1)) {
            $0.attribute(UInt16(IFLA_MTU), native: mtu)
        }
    }

    /// Gives a device another name, also while it is up: where the kernel does not rename such (before 6.2), it is down for a moment.
    package mutating func rename(_ link: Link, to name: String) throws(KernelError) {
        let operation = "rename \(link.name) to \(name)"
        func body(_ buffer: inout NetlinkBuffer) { buffer.attribute(UInt16(IFLA_IFNAME), text: name) }
        do {
            try request(operation, UInt16(RTM_NEWLINK), 0, Self.linkHeader(link.index, flags: 0, change: 0), body)
        } catch .call(_, errno: EBUSY) {
            try request(operation, UInt16(RTM_NEWLINK), 0, Self.linkHeader(link.index, flags: 0, change: 1), body)
            try request(operation, UInt16(RTM_NEWLINK), 0, Self.linkHeader(link.index, flags: 1, change: 1)) { _ in }
        }
    }

    /// Takes a device away. Errors: ENODEV when it is gone already.
    package mutating func remove(_ link: Link) throws(KernelError) { try deleteLink(link.index) }

    mutating func deleteLink(_ link: UInt32) throws(KernelError) {
        try request("delete a link", UInt16(RTM_DELLINK), 0, Self.linkHeader(link, flags: 0, change: 0)) { _ in }
    }

    /// Adds an address, without the route to its network that the kernel would put into main.
    mutating func add(_ address: LinkAddress) throws(KernelError) {
        var header = NetlinkBuffer()
        // IFA_F_NODAD: nobody else is on a point-to-point link.
        let flags = UInt32(IFA_F_NOPREFIXROUTE | IFA_F_NODAD)
        header.append(UInt32(address.address.family.number) | UInt32(truncatingIfNeeded: address.length & 0xFF) << 8)
        header.append(address.link)
        try request("add \(address.address)", UInt16(RTM_NEWADDR), NetlinkFlag.create | NetlinkFlag.replace, header.bytes) {
            $0.attribute(UInt16(IFA_LOCAL), address.address.bytes)
            $0.attribute(UInt16(IFA_ADDRESS), address.address.bytes)
            $0.attribute(UInt16(IFA_FLAGS), native: flags)
        }
    }

    mutating func remove(_ address: LinkAddress) throws(KernelError) {
        var header = NetlinkBuffer()
        header.append(UInt32(address.address.family.number) | UInt32(truncatingIfNeeded: address.length & 0xFF) << 8)
        header.append(address.link)
        try request("remove \(address.address)", UInt16(RTM_DELADDR), 0, header.bytes) {
            $0.attribute(UInt16(IFA_LOCAL), address.address.bytes)
        }
    }

    private static func linkHeader(_ link: UInt32, flags: UInt32, change: UInt32) -> [UInt8] {
        var header = NetlinkBuffer()
        header.append(UInt32(0))
        header.append(link)
        header.append(flags)
        header.append(change)
        return header.bytes
    }

    private mutating func request(
        _ operation: String, _ type: UInt16, _ flags: UInt16, _ header: [UInt8], _ body: (inout NetlinkBuffer) -> Void
    ) throws(KernelError) {
        var buffer = NetlinkBuffer()
        buffer.message(type, flags: flags, sequence: socket.nextSequence(), header: header, body)
        try socket.request(buffer, operation)
    }
}
