// SPDX-License-Identifier: MIT
import ArgumentParser
import Daemon

struct TunnelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tunnels", abstract: "The tunnels: state, latency, loss, handshake, traffic, and why the one in use was chosen.",
        subcommands: [Show.self, Test.self], defaultSubcommand: Show.self)

    struct View: Encodable {
        let schema = 1
        let state: String
        let tunnels: [StatusReport.Tunnel]
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "As they are; the default.")

        @OptionGroup var source: ConfigurationOption
        @OptionGroup var output: JSONFlag

        func run() throws { try TunnelsCommand.show(source, output, TunnelText.lines) }
    }

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "test", abstract: "Measures all now: ten probes in each tunnel.",
            discussion: "Ends with 2 if one of them answered none.")

        @OptionGroup var source: ConfigurationOption
        @OptionGroup var output: JSONFlag

        func run() throws {
            _ = try source.ask(ControlRequest(.test), for: \.state)
            let tunnels = try TunnelsCommand.show(source, output, TunnelText.test)
            if tunnels.contains(where: { ($0.test?.answered ?? 0) == 0 }) { throw Console.problemFound }
        }
    }

    @discardableResult
    private static func show(
        _ source: ConfigurationOption, _ output: JSONFlag, _ text: (StatusReport.Tunnel) -> [String]
    ) throws -> [StatusReport.Tunnel] {
        let status = try source.ask(ControlRequest(.status), for: \.status)
        if output.json {
            try Console.show(json: View(state: status.state, tunnels: status.tunnels))
        } else {
            print(status.tunnels.isEmpty ? "no tunnel is configured" : status.tunnels.flatMap(text).joined(separator: "\n"))
        }
        return status.tunnels
    }
}

/// A tunnel for people, on 80 columns.
enum TunnelText {
    /// Who and how; why it is used; what else is known.
    static func lines(_ tunnel: StatusReport.Tunnel) -> [String] {
        let name = Console.pad((tunnel.inUse ? "* " : "  ") + tunnel.name, 14) + Console.pad(tunnel.interface, 10)
        return [name + Console.pad(tunnel.state, 14) + health(tunnel)] + rest(tunnel).map { "    " + $0 }
    }

    /// The same in one.
    static func line(_ tunnel: StatusReport.Tunnel) -> String {
        ([tunnel.name + " " + health(tunnel)] + rest(tunnel)).joined(separator: "; ")
    }

    /// `alive, 0.4 ms, p99 2.1 ms, loss 1 %`
    static func health(_ tunnel: StatusReport.Tunnel) -> String {
        guard tunnel.hasInterface else { return "no such device" }
        let numbers = [
            tunnel.latency.map { milliseconds($0) + " ms" }, tunnel.p99.map { "p99 \(milliseconds($0)) ms" },
            tunnel.loss.map { "loss \(Int(($0 * 100).rounded())) %" },
        ].compactMap(\.self)
        return ([condition(tunnel)] + (tunnel.condition == "new" ? [] : numbers)).joined(separator: ", ")
    }

    static func rest(_ tunnel: StatusReport.Tunnel) -> [String] {
        let used = tunnel.chosen.map { text in
            "used" + (tunnel.changed.map { " for \(Words.duration($0))" } ?? "") + ": " + text
        }
        let known = [
            tunnel.since.map { "\(tunnel.condition == "new" ? "so" : tunnel.condition) for \(Words.duration($0))" },
            tunnel.peer.map { "peer \($0) of \(tunnel.peers ?? 0)" },
            tunnel.handshake.map { "handshake \(Words.duration($0)) ago" } ?? "no handshake",
            "\(Words.bytes(tunnel.received)) in, \(Words.bytes(tunnel.sent)) out",
        ].compactMap(\.self).joined(separator: "; ")
        let waiting = tunnel.peerHandshakes.enumerated().filter { $0.offset + 1 != tunnel.peer }.map { place, handshake in
            "peer \(place + 1) waits: " + (handshake.map { "handshake \(Words.duration($0)) ago" } ?? "no handshake, it may not be there")
        }
        return [used, known].compactMap(\.self) + waiting
    }

    static func test(_ tunnel: StatusReport.Tunnel) -> [String] {
        let name = Console.pad((tunnel.inUse ? "* " : "  ") + tunnel.name, 14) + Console.pad(tunnel.interface, 10)
        guard let test = tunnel.test else { return [name + (tunnel.hasInterface ? "not measured" : "no such device")] }
        let times = [test.shortest, test.middle, test.longest].compactMap(\.self).map(milliseconds)
        return [
            name + Console.pad("\(test.answered) of \(test.sent) answered", 20)
                + (times.isEmpty ? "" : "shortest \(times[0]), middle \(times[1]), longest \(times[2]) ms")
        ]
    }

    private static func condition(_ tunnel: StatusReport.Tunnel) -> String {
        switch tunnel.condition {
        case "new": "no answer yet"
        case "mute": "its resolver is silent"
        default: tunnel.condition
        }
    }

    /// Two digits that count.
    private static func milliseconds(_ value: Double) -> String {
        if value >= 10 { return "\(Int(value.rounded()))" }
        return "\((value * 10).rounded() / 10)"
    }
}
