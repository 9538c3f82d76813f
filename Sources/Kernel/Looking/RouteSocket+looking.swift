// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Wire

/// The way the kernel would send a packet now.
package enum RouteLookup: Hashable, Sendable {
    case by(Way)
    /// It would not: ENETUNREACH, EHOSTUNREACH, EACCES …
    case refused(errno: Int32)

    package struct Way: Hashable, Sendable {
        /// The index of the interface it would leave by.
        package let link: UInt32
        package let gateway: IPAddress?
        package let table: UInt32
        /// The address it would have as its sender's; nil where the kernel does not say.
        package let source: IPAddress?

        package init(link: UInt32, gateway: IPAddress?, table: UInt32, source: IPAddress?) {
            self.link = link
            self.gateway = gateway
            self.table = table
            self.source = source
        }
    }
}

/// A default route of main.
package struct DefaultRoute: Hashable, Sendable {
    package let family: IPAddress.Family
    /// The first hop's interface.
    package let link: UInt32
    package let gateway: IPAddress?
}

/// What anybody may ask of routing; nothing is changed by it, and no packet is sent.
extension RouteSocket {
    /// Asks the kernel as a socket with this mark would (`ip route get ADDRESS mark MARK`).
    package mutating func lookup(_ address: IPAddress, mark: UInt32) throws(KernelError) -> RouteLookup {
        let operation = "ask for the route to \(address)"
        var request = NetlinkBuffer()
        let sequence = socket.nextSequence()
        // rtmsg: family, lengths, tos, table, protocol, scope, type, flags.
        var header: [UInt8] = [address.family.number, UInt8(address.width), 0, 0, 0, 0, 0, 0]
        // RTM_F_LOOKUP_TABLE: tell the table. IPv6 does so unasked, and takes no such flag where requests are checked strictly.
        header += address.family == .v4 ? [0x00, 0x10, 0x00, 0x00] : [0, 0, 0, 0]
        request.message(UInt16(RTM_GETROUTE), flags: 0, sequence: sequence, header: header) {
            $0.attribute(UInt16(RTA_DST.rawValue), address.bytes)
            $0.attribute(UInt16(RTA_MARK.rawValue), native: mark)
        }
        try socket.send(request.bytes, operation)
        while let messages = try socket.receive(operation) {
            for message in messages where message.sequence == sequence {
                if let code = message.errno { return .refused(errno: code) }
                guard let type = message.payload.dropFirst(7).first else { continue }
                let attributes = message.attributes(skipping: 12)
                guard type == RTN_UNICAST || type == RTN_LOCAL, let link = attributes[UInt16(RTA_OIF.rawValue)]?.number else {
                    return .refused(errno: ENETUNREACH)
                }
                func attribute(_ type: rtattr_type_t) -> IPAddress? {
                    attributes[UInt16(type.rawValue)].flatMap { IPAddress(bytes: $0.value) }
                }
                return .by(
                    .init(
                        link: link, gateway: attribute(RTA_GATEWAY),
                        table: attributes[UInt16(RTA_TABLE.rawValue)]?.number ?? RouteTable.main, source: attribute(RTA_PREFSRC)))
            }
        }
        throw .unreadable(operation)
    }

    /// Main's default routes, those without a gateway included.
    package mutating func defaultRoutes() throws(KernelError) -> [DefaultRoute] {
        try routes(in: RouteTable.main).filter(\.isDefault).compactMap { route in
            route.links.first.map { DefaultRoute(family: route.family, link: $0, gateway: route.gateway) }
        }
    }

    /// All routing policy rules, both families, in the kernel's order. A family that is switched off has none.
    package mutating func policyRules() throws(KernelError) -> [PolicyRule] {
        var rules: [PolicyRule] = []
        for family in IPAddress.Family.allCases {
            let header: [UInt8] = [family.number] + Array(repeating: 0, count: 11)
            do {
                rules += try socket.dump(UInt16(RTM_GETRULE), header: header, "read routing rules").compactMap { PolicyRule($0) }
            } catch .call(_, errno: EOPNOTSUPP) {
                // Booted with ipv6.disable=1.
            }
        }
        return rules
    }
}
