// SPDX-License-Identifier: MIT
import ArgumentParser
import Configuration
import Daemon
import Glibc

struct MonitorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor", abstract: "Shows changes of state, gateways, routes, tunnels and nodes, and repairs, as they happen.",
        discussion: "Until it is interrupted, or the daemon ends (exit code 3). With --json one object a line.")

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    private struct View: Encodable {
        let schema = 1
        let time: Double
        let event: String
        let text: String
        @OrNull var tunnel: StatusReport.Tunnel?

        init(_ happening: Happening) {
            (time, event, text) = (happening.time, happening.event.rawValue, happening.text)
            tunnel = happening.tunnel
        }
    }

    func run() throws {
        do {
            try ControlClient(folder: Loaded.settings(path: source.path).paths.run).listen(ControlRequest(.monitor)) { reply in
                guard let happening = reply.happening else { return }
                if output.json {
                    try Console.show(json: View(happening))
                } else {
                    let text = happening.tunnel.map(TunnelText.line) ?? happening.text
                    print(Self.clock(happening.time) + "  " + Console.pad(happening.event.rawValue, 12) + escaped(text))
                }
                // Each line is to be seen when it happens, also in a pipe.
                fflush(nil)
            }
        } catch let error as DaemonError {
            throw Console.end(error)
        }
        if output.json { try Console.show(json: Console.ErrorView(error: "the daemon has ended")) }
        Console.complain("sluice: the daemon has ended")
        throw Console.noDaemon
    }

    /// Local time, to the millisecond.
    private static func clock(_ time: Double) -> String {
        var seconds = time_t(time)
        var parts = unsafe tm()
        unsafe localtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + "\(number)" }
        let milliseconds = "\(Int(time * 1000) % 1000)"
        return unsafe two(parts.tm_hour) + ":" + two(parts.tm_min) + ":" + two(parts.tm_sec) + "."
            + String(repeating: "0", count: 3 - milliseconds.count) + milliseconds
    }
}
