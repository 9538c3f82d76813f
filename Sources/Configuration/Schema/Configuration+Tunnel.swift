// SPDX-License-Identifier: MIT
import Wire

extension Configuration {
    /// One `[[tunnel]]`.
    package struct Tunnel: Hashable, Sendable {
        /// Who brings the device up.
        package enum Source: Hashable, Sendable {
            /// `config = …`: we do, from the wg-quick file at this path.
            case config(String)
            /// `interface = …`: somebody else does; the device's name, 1 to 15 bytes.
            case interface(String)
        }

        package enum Nodes: String, Hashable, Sendable, CaseIterable {
            /// The device is one node.
            case devices
            /// Each peer of the device is a node, one of them active.
            case peers
        }

        /// For rules: `tunnel:NAME`. 1 to 32 letters, digits, `_`, `-`, `.`; unique. No default.
        package var name: String
        /// No default.
        package var source: Source
        /// The tunnel's resolvers. Empty (default): `DNS =` of the wg-quick file; with `interface` there is no such file, and at least one is needed.
        package var dns: [ServerAddress] = []
        /// The share of this tunnel when `tunnels.select` is `balance`, relative to the others: 1 to 1000. Default: 1.
        package var weight = 1
        /// Default: `devices`.
        package var nodes = Nodes.devices

        package init(name: String, source: Source) {
            self.name = name
            self.source = source
        }

        /// The name of the device: that of `interface`, or of the file at `config` without `.conf`. Nil when the file's name is no device name.
        package var device: String? {
            switch source {
            case .config(let path): WireGuardFile.deviceName(of: path)
            case .interface(let name): name
            }
        }
    }

    /// `[tunnels]`: what concerns them all.
    package struct Tunnels: Hashable, Sendable {
        /// Which of the tunnels that are alive is used.
        package enum Select: String, Hashable, Sendable, CaseIterable {
            /// The first in the order of the file.
            case order
            /// The fastest.
            case latency
            /// All, by weight.
            case balance
        }

        /// Default: `order`.
        package var select = Select.order
        /// Who is asked, outside and in the clear, for peer endpoints given by name. Empty (default): the system's servers.
        package var bootstrap: [ServerAddress] = []

        package init() {}
    }
}

extension Configuration.Tunnel {
    /// A tunnel with errors is read to the end, too; what it lacks is empty then.
    init(_ section: SectionReader) {
        var name = ""
        section.read("name", into: &name, checking: Self.nameError)
        var config: String?
        var interface: String?
        section.readFile("config", into: &config)
        section.read("interface", into: &interface, checking: Self.interfaceError)
        self.init(name: name, source: config.map { .config($0) } ?? .interface(interface ?? ""))
        section.readServers("dns", into: &dns)
        section.read("weight", into: &weight, in: 1...1000)
        section.read("nodes", into: &nodes)

        if nodes == .peers, section.has("interface") {
            section.report(
                at: "nodes", "nodes = \"peers\" needs config: the peers of a device that somebody else brings up are not ours to change",
                hint: "config = \"/etc/wireguard/office.conf\"")
        }
        if !section.has("name") { section.reportAbsence("a [[tunnel]] needs a name", hint: "name = \"office\"") }
        switch (section.has("config"), section.has("interface")) {
        case (true, false): break
        case (true, true):
            section.report(at: "interface", "a [[tunnel]] has either config or interface, not both", hint: "remove one of them")
        case (false, false):
            section.reportAbsence(
                "a [[tunnel]] needs config or interface", hint: "config = \"/etc/wireguard/office.conf\", or interface = \"wg0\"")
        case (false, true):
            if section.isEmptyList("dns") {
                section.report(
                    at: "interface", "this tunnel has no resolver: with interface there is no DNS =, and there is no dns =",
                    hint: "add dns = [\"10.64.0.1\"]")
            }
        }
    }

    private static func nameError(_ name: String) -> String? {
        let isName = (1...32).contains(name.utf8.count) && name.unicodeScalars.allSatisfy { $0.isBareKey || $0 == "." }
        return isName ? nil : "\(quoted(name)) is no tunnel name: 1 to 32 letters, digits, \"_\", \"-\" and \".\""
    }

    /// What the kernel takes (dev_valid_name), and no control characters, nor what means something in a table of nft(8).
    private static func interfaceError(_ name: String) -> String? {
        let isName =
            (1...15).contains(name.utf8.count) && name != "." && name != ".."
            && name.unicodeScalars.allSatisfy {
                !"/:\"*".unicodeScalars.contains($0) && !$0.properties.isWhitespace && $0.value > 32 && $0.value != 127
            }
        return isName ? nil : "\(quoted(name)) is no interface name: 1 to 15 bytes without \"/\", \":\", \"*\", quotes and space"
    }
}

extension Configuration.Tunnels {
    init(_ section: SectionReader) {
        section.read("select", into: &select)
        section.readServers("bootstrap", into: &bootstrap)
    }
}
