// SPDX-License-Identifier: MIT
import ArgumentParser
import Daemon
import HostDNS

struct ActivateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate", abstract: "Makes the daemon this machine's resolver: takes over /etc/resolv.conf.",
        discussion: """
            What was there is kept and comes back by 'sluice deactivate', and whenever the daemon stops in order. A lookup is tried afterwards; \
            without an answer all is put back at once. The wish is remembered: the daemon takes over again when it starts.
            """)

    @Flag(help: "Lift 'chattr +i' from the file; it is set again when the file is given back.")
    var force = false

    @Flag(help: "Only ask systemd-resolved to leave 127.0.0.53, so that the daemon can start; 'deactivate' undoes it.")
    var freeStub = false

    @OptionGroup var source: ConfigurationOption
    @OptionGroup var output: JSONFlag

    func run() throws {
        let host = try HostResolver(source)
        var view = TakeoverView()
        if freeStub { return try free(host, &view) }
        try host.needDaemon()
        try host.take(force: force, into: &view)
        try HostResolver.attempt { () throws(HostError) in try host.takeover.wish(true) }
        try view.show(output.json, view.taken)
    }

    private func free(_ host: HostResolver, _ view: inout TakeoverView) throws {
        view.add(try HostResolver.attempt { () throws(HostError) in try host.stub.release() })
        view.changed = host.stub.isReleased
        try view.show(
            output.json,
            [
                view.changed
                    ? "systemd-resolved is told to leave 127.0.0.53 (\(host.paths.dropIn))" : "no systemd-resolved here: nothing to do"
            ])
        if view.toType != nil { throw Console.failed }
    }
}
