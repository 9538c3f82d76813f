// SPDX-License-Identifier: MIT
import Glibc
import Testing

@testable import HostDNS

/// With the kernel's own inotify.
struct ResolvConfWatchTests {
    @Test func whatMattersIsHeardAndNothingElse() throws {
        let root = TemporaryRoot()
        Kind.plain.prepare(root)
        let watch = try ResolvConfWatch(paths: root.paths)
        #expect(watch.drain().isEmpty)
        root.write("/etc/hosts", "x")
        #expect(watch.drain().isEmpty, "another file of the folder")
        root.write("/etc/resolv.conf", "nameserver 9.9.9.9\n")
        #expect(watch.drain() == .resolvConf)
        #expect(watch.drain().isEmpty)
        root.remove("/etc/resolv.conf")
        #expect(watch.drain() == .resolvConf)
        root.link("/etc/resolv.conf", to: "../run/NetworkManager/resolv.conf")
        #expect(watch.drain() == .resolvConf)
        root.write("/etc/x", "nameserver 9.9.9.9\n")
        unsafe rename(root.path + "/etc/x", root.paths.resolvConf)
        #expect(watch.drain() == .resolvConf)
        root.write("/run/NetworkManager/resolv.conf", "nameserver 9.9.9.9\n")
        #expect(watch.drain() == .servers)
        root.write("/run/systemd/resolve/resolv.conf", "nameserver 9.9.9.9\n")
        #expect(watch.drain() == .servers)
        try root.takeover.wish(true)
        #expect(watch.drain() == .wish)
        // A program that another test starts at this moment has our open files for a while: their closing is heard late.
        usleep(100_000)
        _ = watch.drain()
        _ = try root.takeover.take()
        #expect(watch.drain() == .resolvConf, "the lock and the record are no wish")
        try root.takeover.wish(false)
        #expect(watch.drain() == .wish)
    }

    @Test func aManagerThatComesLaterIsHeard() throws {
        let root = TemporaryRoot()
        _ = Program.run(
            ["/bin/rm", "-rf", root.path + "/run/NetworkManager", root.path + "/run/systemd", root.path + "/run/resolvconf"], seconds: 5)
        let watch = try ResolvConfWatch(paths: root.paths)
        for folder in ["/run/NetworkManager", "/run/systemd/resolve", "/run/resolvconf/interface"] {
            // One level at a time, each heard before the next.
            var made = ""
            for part in folder.split(separator: "/") {
                made += "/" + part
                root.makeFolder(made)
                _ = watch.drain()
            }
            root.write(folder + "/resolv.conf", "nameserver 9.9.9.9\n")
            #expect(watch.drain() == .servers, "\(folder)")
        }
    }

    @Test func aFolderMadeAnewIsHeard() throws {
        let root = TemporaryRoot()
        let watch = try ResolvConfWatch(paths: root.paths)
        for _ in 0..<3 {
            _ = Program.run(["/bin/rm", "-rf", root.path + "/run/NetworkManager"], seconds: 5)
            _ = watch.drain()
            root.makeFolder("/run/NetworkManager")
            _ = watch.drain()
            root.write("/run/NetworkManager/resolv.conf", "nameserver 9.9.9.9\n")
            #expect(watch.drain() == .servers)
        }
    }

    @Test func bytesThatAreNoEventsTrapNothing() {
        #expect(ResolvConfWatch.events([1, 2, 3]).isEmpty)
        #expect(ResolvConfWatch.events(ArraySlice(repeating: 255, count: 40)).isEmpty)
        let whole: [UInt8] = [1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 97, 98, 0, 0]
        #expect(ResolvConfWatch.events(whole[...]) == [.init(watch: 1, mask: 8, name: "ab")])
    }
}
