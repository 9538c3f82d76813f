// SPDX-License-Identifier: MIT
import ArgumentParser
import HostDNS

struct RepairCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Puts /etc/resolv.conf right after a crash.",
        discussion: """
            With a daemon running, the file is made as 'activate' or 'deactivate' last wanted it. With none, it is given back; if it was wanted, \
            the daemon takes it over again when it starts.
            """)

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws {
        let host = try HostResolver(source)
        var view = TakeoverView()
        if host.daemon != nil, host.takeover.isWished {
            try host.take(force: false, into: &view)
            return try view.show(output.json, view.taken)
        }
        try host.giveBack(into: &view)
        // While it is wanted, the address has to be free when the daemon starts.
        if !host.takeover.isWished { view.add(try HostResolver.attempt { () throws(HostError) in try host.stub.giveBack() }) }
        try view.show(output.json, [view.returned])
    }
}
