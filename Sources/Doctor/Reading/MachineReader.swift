// SPDX-License-Identifier: MIT
import Glibc
import HostDNS
import Wire

/// Reads the machine. Changes nothing, sends nothing off the machine, and is done in time, whatever hangs.
package enum MachineReader {
    /// Milliseconds for everything.
    private static let limit: Int64 = 1500

    package static func read(_ daemon: DaemonSeen) -> Machine {
        let deadline = Clock.now + limit
        let places = daemon.listeners.map { Place($0.address, $0.port) }
        let routing = Later { Routing.read() }
        let sockets = Later { Sockets.read(ports: Set([53] + places.map(\.port)), asking: places) }
        let browsers = Later { BrowserFiles.read(homes: BrowserFiles.homes()) }
        let tables = Later { Tables.read() }
        let names = Later { HostDNSSeen.read() }
        let settings = Later { Settings.read() }

        var machine = Machine(daemon: daemon)
        machine.isSeenByRoot = geteuid() == 0
        if let found = routing.value(until: deadline) {
            found.add(to: &machine)
        } else {
            machine.lose(.routes, "routes (no answer from the kernel in time)")
        }
        if let found = sockets.value(until: deadline) {
            machine.holders = found.holders
            machine.answers = found.answers
            machine.processes = found.processes
            if geteuid() != 0, found.holders.contains(where: { $0.process == nil }) { machine.blind.append("which processes hold port 53") }
        } else {
            machine.lose(.sockets, "processes and sockets (not read in time)")
        }
        if let found = browsers.value(until: deadline) {
            machine.browsers = found.browsers
            let unread = found.unread.joined(separator: ", ")
            if !unread.isEmpty { machine.blind.append("browsers of \(unread)") }
        } else {
            machine.lose(.browsers, "browsers (home folders not read in time)")
        }
        if let found = tables.value(until: deadline) {
            machine.tables = found.tables
            machine.hasOurTable = found.hasOurs
            machine.hasGuard = found.hasGuard
            machine.blind += found.blind
        } else {
            machine.blind.append("firewall tables (not read in time)")
        }
        if let found = names.value(until: deadline) {
            machine.hostDNS = found
        } else {
            machine.lose(.names, "/etc/resolv.conf (not read in time)")
        }
        if let found = settings.value(until: deadline) {
            machine.ufwEnabled = found.ufw
            machine.dockerNamesServers = found.docker
            machine.forwards = found.forwards
            machine.reversePathOfAll = found.reversePath
            machine.sourceValidMarkOfAll = found.sourceValidMark
            machine.sourcePorts = found.sourcePorts
        } else {
            machine.lose(.settings, "settings below /proc/sys (not read in time)")
        }
        return machine
    }
}

extension Machine {
    mutating func lose(_ part: Part, _ text: String) {
        unread.insert(part)
        blind.append(text)
    }
}
