// SPDX-License-Identifier: MIT
import ArgumentParser
import Configuration
import Daemon
import Glibc
import HostDNS
import Wire

/// What `activate`, `deactivate` and `repair` share: the machine's resolv.conf, the daemon if one answers, and how they tell what they did.
struct HostResolver {
    let paths: HostPaths
    /// Nil: no daemon answers.
    let daemon: StatusReport?
    let takeover: Takeover
    let stub: ResolvedStub
    let wantsStub: Bool
    private let missing: DaemonError?

    /// Ends the command for anybody but root. A configuration with errors is no obstacle: giving back must always work.
    init(_ source: ConfigurationOption) throws {
        guard geteuid() == 0 else { throw Console.end(.notPermitted("only root may change /etc/resolv.conf\n    hint: sudo")) }
        let configuration = Loaded.settings(path: source.path)
        var missing: DaemonError?
        do throws(DaemonError) {
            daemon = try ControlClient(folder: configuration.paths.run).ask(ControlRequest(.status)).status
        } catch {
            daemon = nil
            missing = error
        }
        self.missing = missing
        let running = daemon.map { Loaded.settings(path: $0.configuration) } ?? configuration
        paths = HostPaths(state: running.paths.state)
        let texts = daemon?.listeners ?? configuration.dns.listen.map(\.description)
        let listeners = texts.compactMap { ServerAddress($0) }
        takeover = Takeover(paths: paths, listeners: listeners)
        stub = ResolvedStub(paths: paths)
        wantsStub = ResolvedStub.isWanted(by: listeners)
    }

    /// Ends the command with code 3 where there is no daemon, and says why there may be none.
    func needDaemon() throws {
        guard daemon == nil else { return }
        if wantsStub, let holder = stub.holder {
            Console.complain(
                "sluice: \(holder) stands where the daemon is to listen\n    hint: sluice activate --free-stub, then start the daemon")
        }
        throw Console.end(missing ?? .failed("the daemon gave no answer", hint: nil))
    }

    /// Takes resolv.conf over; where a lookup through it gets no answer it is as before, and the command ends with 1.
    func take(force: Bool, into view: inout TakeoverView) throws {
        do throws(HostError) {
            let taken = try takeover.take(force: force, test: LookupTest())
            view.active = true
            view.changed = taken.changed
            view.owner = "\(taken.owner)"
            view.original = taken.original.kind
            view.addresses = takeover.addresses.map(\.description)
            if case .answered(let code, _, _) = taken.lookup { view.answer = "\(code)" }
        } catch {
            throw Self.end(error)
        }
        // Only now: had the lookup failed, systemd-resolved would be needed as it is.
        if wantsStub { view.add(try Self.attempt { () throws(HostError) in try stub.release() }) }
        if let warning = paths.hostNameServices.warning { view.warnings.append("\(warning.what)\n    hint: \(warning.hint)") }
    }

    /// Puts back what was there.
    func giveBack(into view: inout TakeoverView) throws {
        switch try Self.attempt({ () throws(HostError) in try takeover.giveBack() }) {
        case .nothing: break
        case .restored(let original):
            view.changed = true
            view.restored = original.kind
        case .leftAlone(let owner):
            view.leftAlone = "\(owner)"
            view.warnings.append(
                "\(paths.resolvConf) was no longer ours (owner: \(owner)) and was left as it is; what we had saved is in \(paths.root + paths.state)/resolv.conf/left-alone"
            )
        }
    }

    static func attempt<Value>(_ body: () throws(HostError) -> Value) throws -> Value {
        do throws(HostError) {
            return try body()
        } catch {
            throw end(error)
        }
    }

    static func end(_ error: HostError) -> ExitCode {
        let (what, hint) = error.explained
        if case .call(_, let code) = error, code == EPERM || code == EACCES {
            return Console.end(.notPermitted(what + (hint.map { "\n    hint: \($0)" } ?? "")))
        }
        return Console.end(.failed(what, hint: hint))
    }
}

/// Contract: `activate`, `deactivate`, `repair`.
struct TakeoverView: Encodable {
    let schema = 1
    /// Lookups by resolv.conf come to us.
    var active = false
    /// Something was written.
    var changed = false
    /// Who kept the file that was found.
    @OrNull var owner: String?
    /// What will be given back: `file`, `link`, `missing`.
    @OrNull var original: String?
    /// What was given back: one of the same.
    @OrNull var restored: String?
    /// Whose file stands there now, if it was not ours any more.
    @OrNull var leftAlone: String?
    var addresses: [String] = []
    /// The response code of the lookup through the new file.
    @OrNull var answer: String?
    /// What is left to type for systemd-resolved.
    @OrNull var toType: String?
    var warnings: [String] = []

    mutating func add(_ stub: ResolvedStub.Outcome) {
        switch stub {
        case .nothing, .done: break
        case .toType(let command):
            toType = command
            warnings.append("systemd-resolved takes notice only when it starts again\n    hint: \(command)")
        case .later(let holder):
            warnings.append("systemd-resolved gets its address back when \(holder) has ended\n    hint: then: sluice repair")
        }
    }

    /// Prints it: text or one JSON object, and in text the warnings on stderr.
    func show(_ json: Bool, _ lines: [String]) throws {
        if json { return try Console.show(json: self) }
        print(lines.joined(separator: "\n"))
        if !warnings.isEmpty { Console.complain(warnings.map { "warning: " + $0 }.joined(separator: "\n")) }
    }

    /// For people.
    var taken: [String] {
        let names = addresses.joined(separator: ", ")
        return [
            changed ? "activated: /etc/resolv.conf names \(names)" : "active already: /etc/resolv.conf names \(names)",
            "  lookup    answered \(answer ?? "-")",
            "  before    \(original ?? "-")" + (owner.map { $0 == "sluice" ? "" : ", kept by \($0)" } ?? "")
                + "; sluice deactivate gives it back",
        ]
    }

    var returned: String {
        switch (restored, leftAlone) {
        case ("missing"?, _): "given back: there was no /etc/resolv.conf, and there is none"
        case (let kind?, _): "given back: /etc/resolv.conf is the \(kind) that it was"
        case (nil, let owner?): "left alone: /etc/resolv.conf is kept by \(owner)"
        case (nil, nil): "nothing to give back: /etc/resolv.conf is not ours"
        }
    }
}
