// SPDX-License-Identifier: MIT
import Testing
import Wire

@testable import HostDNS

/// systemd-resolved as a machine in a folder shows it: lines of /proc, a process, and a systemctl that is a small script.
struct ResolvedStubTests {
    static func machine(holder: String?, systemd: Bool) -> TemporaryRoot {
        let root = TemporaryRoot()
        root.makeFolder("/proc/net")
        root.makeFolder("/proc/412/fd")
        hold(root, holder)
        if systemd { root.makeFolder("/run/systemd/system") }
        root.write("/systemctl", "#!/bin/sh\necho \"$@\" >>\(root.path)/typed\n: >\(root.path)/proc/net/udp\n", mode: 0o755)
        return root
    }

    static func hold(_ root: TemporaryRoot, _ holder: String?) {
        let line = "  512: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 14321 2 0 0\n"
        root.write("/proc/net/udp", "header\n" + (holder == nil ? "" : line))
        root.remove("/proc/412/fd/12")
        root.link("/proc/412/fd/12", to: "socket:[14321]")
        root.write("/proc/412/comm", (holder ?? "x") + "\n")
    }

    static func stub(_ root: TemporaryRoot) -> ResolvedStub { ResolvedStub(paths: root.paths, control: [root.path + "/systemctl"]) }

    @Test func itIsAskedAndGivenBack() throws {
        let root = Self.machine(holder: "systemd-resolve", systemd: true)
        let stub = Self.stub(root)
        #expect(stub.holder?.process?.id == 412)
        #expect(try stub.release() == .done)
        #expect(root.text("/etc/systemd/resolved.conf.d/50-sluice.conf")?.hasSuffix("[Resolve]\nDNSStubListener=no\n") == true)
        #expect(root.text("/typed") == "try-restart systemd-resolved.service\n")
        #expect(stub.isReleased)
        #expect(try stub.release() == .nothing)
        #expect(try stub.giveBack() == .done)
        #expect(root.text("/typed") == "try-restart systemd-resolved.service\ntry-restart systemd-resolved.service\n")
        #expect(Disk.names(in: root.path + "/etc/systemd").isEmpty, "the folder that was made is gone too")
        #expect(try stub.giveBack() == .nothing)
    }

    @Test func withoutSystemdItIsSaidWhatToType() throws {
        let root = Self.machine(holder: "systemd-resolve", systemd: false)
        #expect(try Self.stub(root).release() == .toType("systemctl restart systemd-resolved"))
        #expect(Self.stub(root).isReleased)
        #expect(root.text("/typed") == nil)
    }

    @Test func whileWeHoldTheAddressItIsNotGivenBack() throws {
        let root = Self.machine(holder: "systemd-resolve", systemd: true)
        _ = try Self.stub(root).release()
        Self.hold(root, "sluice")
        guard case .later(let holder) = try Self.stub(root).giveBack() else { return #expect(Bool(false), "given back to a busy address") }
        #expect(holder.process?.name == "sluice")
        #expect(Self.stub(root).isReleased)
        Self.hold(root, nil)
        #expect(try Self.stub(root).giveBack() == .done)
    }

    @Test func whereThereIsNoneNothingIsWritten() throws {
        let root = Self.machine(holder: nil, systemd: true)
        _ = Program.run(["/bin/rm", "-rf", root.path + "/run/systemd/resolve"], seconds: 5)
        #expect(try Self.stub(root).release() == .nothing)
        #expect(!Disk.exists(root.paths.dropIn))
    }

    @Test func somebodyElsesDropInIsNotOurs() throws {
        let root = Self.machine(holder: "systemd-resolve", systemd: true)
        root.makeFolder("/etc/systemd/resolved.conf.d")
        root.write("/etc/systemd/resolved.conf.d/50-sluice.conf", "[Resolve]\nDNS=9.9.9.9\n")
        #expect(throws: HostError.self) { try Self.stub(root).release() }
        #expect(try Self.stub(root).giveBack() == .nothing)
        #expect(root.text("/etc/systemd/resolved.conf.d/50-sluice.conf") == "[Resolve]\nDNS=9.9.9.9\n")
    }

    @Test func onlyWhoListensThereWantsIt() {
        #expect(ResolvedStub.isWanted(by: ["127.0.0.53:53"].compactMap { ServerAddress($0) }))
        #expect(ResolvedStub.isWanted(by: ["127.0.0.1:53", "0.0.0.0:53"].compactMap { ServerAddress($0) }))
        #expect(!ResolvedStub.isWanted(by: ["127.0.0.1:53", "127.0.0.53:5353", "[::1]:53"].compactMap { ServerAddress($0) }))
    }
}
