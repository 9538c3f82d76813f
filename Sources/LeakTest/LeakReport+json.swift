// SPDX-License-Identifier: MIT

// A JSON key that is always there, null where there is no value: one that comes and goes is a trap for scripts.

extension CellResult.Answer {
    private enum CodingKeys: CodingKey { case name, type, transport, rcode, failure, seen }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(type, forKey: .type)
        try container.encode(transport, forKey: .transport)
        try container.encode(rcode, forKey: .rcode)
        try container.encode(failure, forKey: .failure)
        try container.encode(seen, forKey: .seen)
    }
}

extension LeakReport.Leak {
    private enum CodingKeys: CodingKey { case interface, direction, source, destination, `protocol`, port, name, type, packets }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(interface, forKey: .interface)
        try container.encode(direction, forKey: .direction)
        try container.encode(source, forKey: .source)
        try container.encode(destination, forKey: .destination)
        try container.encode(`protocol`, forKey: .protocol)
        try container.encode(port, forKey: .port)
        try container.encode(name, forKey: .name)
        try container.encode(type, forKey: .type)
        try container.encode(packets, forKey: .packets)
    }
}

extension Matrix.Coordinates {
    private enum CodingKeys: CodingKey { case kind, state, app, setting, profile, rule, routing, target }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(state, forKey: .state)
        try container.encode(app, forKey: .app)
        try container.encode(setting, forKey: .setting)
        try container.encode(profile, forKey: .profile)
        try container.encode(rule, forKey: .rule)
        try container.encode(routing, forKey: .routing)
        try container.encode(target, forKey: .target)
    }
}
