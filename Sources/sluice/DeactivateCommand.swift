// SPDX-License-Identifier: MIT
import ArgumentParser
import HostDNS

struct DeactivateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deactivate", abstract: "Gives /etc/resolv.conf back as it was, with or without a daemon.")

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws {
        let host = try HostResolver(source)
        var view = TakeoverView()
        // The wish first: a daemon that sees the file change must not take it for somebody else's doing.
        try HostResolver.attempt { () throws(HostError) in try host.takeover.wish(false) }
        try host.giveBack(into: &view)
        view.add(try HostResolver.attempt { () throws(HostError) in try host.stub.giveBack() })
        try view.show(output.json, [view.returned])
    }
}
