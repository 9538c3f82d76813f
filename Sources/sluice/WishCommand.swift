// SPDX-License-Identifier: MIT
import ArgumentParser
import Daemon
import Glibc

struct UpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Connects, and waits until it is connected.",
        discussion: "Ends with 5 when it is not after 15 s: the daemon goes on trying, and what belongs in the tunnel stays refused.")

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws { try WishCommand.carryOut(.up, until: "connected", source, output) }
}

struct DownCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Disconnects on purpose, also over restarts, until 'up'.",
        discussion: "Devices and routes go; what belongs in the tunnel stays refused.")

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws { try WishCommand.carryOut(.down, until: "disconnected", source, output) }
}

/// What `up` and `down` share.
private enum WishCommand {
    /// A first handshake takes one round trip; a relay that does not answer is asked again every 5 s.
    private static let patience = 15_000

    private struct View: Encodable {
        let schema = 1
        let state: String
        let tunnel: String?
    }

    static func carryOut(_ verb: ControlRequest.Verb, until wanted: String, _ source: ConfigurationOption, _ output: JSONFlag) throws {
        _ = try source.ask(ControlRequest(verb), for: \.state)
        var status = try source.ask(ControlRequest(.status), for: \.status)
        var waited = 0
        while status.state != wanted, waited < patience {
            usleep(20_000)
            waited += 20
            status = try source.ask(ControlRequest(.status), for: \.status)
        }
        let tunnel = status.tunnels.first(where: \.inUse)?.name
        if output.json {
            try Console.show(json: View(state: status.state, tunnel: tunnel))
        } else {
            print(status.state == "connected" ? "connected, tunnel \(tunnel ?? "none")" : status.state)
        }
        guard status.state != wanted else { return }
        Console.complain("sluice: not \(wanted) after \(patience / 1000) s; it goes on trying\n    hint: sluice status")
        throw Console.inconclusive
    }
}
