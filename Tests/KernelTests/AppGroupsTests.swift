// SPDX-License-Identifier: MIT
import CLinux
import Glibc
import Testing

@testable import Kernel

struct CgroupMountTests {
    /// What the machine has, its mountinfo, and where the groups go.
    static let rows: [(String, String, CgroupMount?)] = [
        (
            "only v2",
            """
            22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
            25 22 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw
            30 25 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
            """, .init(path: "/sys/fs/cgroup", depth: 0)
        ),
        (
            "hybrid",
            """
            27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
            31 27 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
            32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
            """, .init(path: "/sys/fs/cgroup/unified", depth: 0)
        ),
        (
            "a part bound over the whole",
            """
            27 1 254:0 / / rw - ext4 /dev/vda rw
            41 27 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
            50 41 0:38 /lab-7/host /sys/fs/cgroup rw - cgroup2 cgroup2 rw
            """, .init(path: "/sys/fs/cgroup", depth: 2)
        ),
        (
            "a part beside the whole, with a space in its name",
            """
            27 1 254:0 / / rw - ext4 /dev/vda rw
            40 27 0:38 /a\\040b/c /mnt/my\\040groups rw - cgroup2 cgroup2 rw
            41 27 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
            """, .init(path: "/sys/fs/cgroup", depth: 0)
        ),
        (
            "only a part",
            """
            27 1 254:0 / / rw - ext4 /dev/vda rw
            40 27 0:38 /a\\040b/c /mnt/my\\040groups rw - cgroup2 cgroup2 rw
            """, .init(path: "/mnt/my groups", depth: 2)
        ),
        (
            "a container of its own cgroup namespace",
            """
            900 800 0:99 / / rw - overlay overlay rw
            910 900 0:50 / /sys ro - sysfs sysfs ro
            911 910 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup rw
            """, .init(path: "/sys/fs/cgroup", depth: 0)
        ),
        (
            "a container that may only look",
            """
            900 800 0:99 / / rw - overlay overlay rw
            911 900 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw
            """, nil
        ),
        (
            "from above this process's namespace",
            """
            900 800 0:99 / / rw - overlay overlay rw
            911 900 0:26 /../.. /sys/fs/cgroup rw - cgroup2 cgroup rw
            """, nil
        ),
        (
            "covered by another mount",
            """
            27 1 254:0 / / rw - ext4 /dev/vda rw
            41 27 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
            42 27 0:39 / /sys rw - sysfs sysfs rw
            """, nil
        ),
        ("only v1", "32 27 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu", nil),
        ("nothing", "", nil),
        ("nonsense", "a b c\n1 2 - cgroup2\n- - - - - - - cgroup2\n2 1 0:1 / \\0 rw - cgroup2", .init(path: "\\0", depth: 0)),
    ]

    @Test func theMountIsFoundWhereverItIs() {
        for (name, text, expected) in Self.rows { #expect(CgroupMount.find(in: text) == expected, "\(name)") }
        #expect(Self.rows.count == 12)
    }
}

@Suite(.serialized, .enabled(if: isRoot && hierarchy != nil, "needs root and a cgroup2")) struct AppGroupsTests {
    /// Groups in a part of the hierarchy that is ours, and is gone afterwards.
    private func withGroups(_ body: (inout AppGroups) throws -> Void) throws {
        let whole = try #require(hierarchy)
        let part = CgroupMount(path: "\(whole.path)/sluice-test-\(getpid())", depth: whole.depth + 1)
        guard unsafe mkdir(part.path, 0o755) == 0 else { throw RoomError("mkdir", errno) }
        defer { unsafe rmdir(part.path) }
        var groups = try AppGroups(in: part)
        var removed = false
        defer { if !removed { try? groups.remove() } }
        try body(&groups)
        try groups.remove()
        removed = true
        #expect(unsafe rmdir(part.path) == 0, "something is left")
    }

    @Test func foldersAreMadeFoundAndRemoved() throws {
        try withGroups { (groups: inout AppGroups) throws in
            let first = groups
            #expect(groups.outside.id != groups.tunnel.id)
            #expect(groups[.tunnel].path.hasSuffix("/sluice/tunnel"))
            #expect(try !groups.refresh())
            // Whoever comes second finds the same.
            #expect(unsafe rmdir(groups.outside.path) == 0)
            #expect(try groups.refresh())
            #expect(groups.outside.id != first.outside.id && groups.tunnel == first.tunnel)
            #expect(try !groups.refresh())
            let start = nanoseconds()
            for _ in 0..<1000 { _ = try groups.refresh() }
            print("a refresh takes \(Double(nanoseconds() - start) / 1e6) µs")
        }
    }

    @Test func whatCannotBeMovedIsSaid() throws {
        try withGroups { (groups: inout AppGroups) throws in
            let gone = try Child("true")
            gone.end()
            let reaped = gone.process
            let standing = groups
            #expect(throws: AppGroupError.noSuchProcess(reaped)) { try standing.move(reaped, to: .outside) }
            #expect(throws: AppGroupError.noSuchProcess(0)) { try standing.move(0, to: .outside) }
            #expect(throws: AppGroupError.noSuchProcess(-1)) { try standing.move(-1, to: .outside) }
        }
        #expect(throws: AppGroupError.notPermitted("make /sys/sluice")) { try AppGroups(in: .init(path: "/sys", depth: 0)) }
    }

    @Test func processesInAFolderDoNotHinderItsRemoval() throws {
        let child = try Child("while :; do sleep 0.01; done")
        defer { child.end() }
        let whole = try #require(hierarchy)
        try withGroups { (groups: inout AppGroups) throws in
            try groups.move(child.process, to: .tunnel)
            #expect(child.group.hasSuffix("/sluice/tunnel"))
            // Its home is the part, which must be empty to go.
            try groups.remove()
            #expect(child.group.hasSuffix("/sluice-test-\(getpid())"))
            _ = try Program("sh", "-c", "echo \(child.process) > \(whole.path)/cgroup.procs").run()
            child.end()
            usleep(50000)
        }
    }

    /// Real packets: those of a child in the group are counted, those of one beside it are not; also after the folder was made anew.
    @Test func packetsOfTheGroupAndNoOthersMatch() throws {
        let room = try Room()
        try withGroups { (groups: inout AppGroups) throws in
            try room.shell(
                """
                nft -f - <<'END'
                table inet t {
                    set apps { type cgroupsv2; }
                    chain o {
                        type filter hook output priority 0;
                        udp dport 99 socket cgroupv2 level \(groups.outside.level) @apps counter
                    }
                }
                END
                """)
            let send = "sleep 0.15; for i in 1 2 3; do echo x > /dev/udp/127.0.0.1/99 2>/dev/null || true; done"
            func counted(movingTo kind: AppGroup.Kind?) throws -> Int {
                try room.run { try putAlone(groups.outside.id) }
                let before = try count(room)
                let child = try room.run { try Child(send, "bash") }
                if let kind { try groups.move(child.process, to: kind) }
                child.wait()
                return try count(room) - before
            }
            #expect(try counted(movingTo: .outside) == 3)
            #expect(try counted(movingTo: .tunnel) == 0)
            #expect(try counted(movingTo: nil) == 0)
            #expect(unsafe rmdir(groups.outside.path) == 0)
            #expect(try groups.refresh())
            #expect(try counted(movingTo: .outside) == 3)
        }
    }

    /// Makes this id the only element of the set, as the kernel keeps it.
    private func putAlone(_ id: UInt64) throws {
        var socket = try NetlinkSocket(NETLINK_NETFILTER)
        var batch = NetlinkBuffer()
        batch.message(0x10, flags: 0, sequence: 1, header: [0, 0, 0, 10])
        for (type, sequence) in [(NftBatch.deleteElement, UInt32(2)), (NftBatch.newElement, 3)] {
            batch.message(type, flags: sequence == 3 ? NetlinkFlag.create : 0, sequence: sequence, header: NftBatch.header) { body in
                body.attribute(1, text: "t")
                body.attribute(2, text: "apps")
                guard sequence == 3 else { return }
                body.nest(3) { $0.nest(1) { $0.nest(1) { $0.attribute(1, native: id) } } }
            }
        }
        batch.message(0x11, flags: 0, sequence: 4, header: [0, 0, 0, 10])
        batch.askForAcknowledgement()
        let failures = try socket.exchange(batch, "put an id").map(\.errno)
        guard failures.isEmpty else { throw RoomError("put an id", failures[0]) }
    }

    private func count(_ room: Room) throws -> Int {
        let words = try room.shell("nft list chain inet t o").split { $0 == " " || $0 == "\n" }
        guard let index = words.firstIndex(of: "packets"), let count = Int(words[index + 1]) else { throw RoomError("no counter", 0) }
        return count
    }
}

private let hierarchy: CgroupMount? = (try? Program("cat", "/proc/self/mountinfo").run()).flatMap { CgroupMount.find(in: $0) }

/// A shell that runs beside the test.
private final class Child {
    let process: pid_t
    private var isReaped = false

    init(_ script: String, _ shell: String = "sh") throws {
        var process: pid_t = 0
        let words = [shell, "-c", script]
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        let status = unsafe posix_spawnp(&process, shell, nil, nil, &arguments, Glibc.environ)
        guard status == 0 else { throw RoomError("spawn", status) }
        self.process = process
    }

    /// Its cgroup2, as the kernel names it.
    var group: String {
        let lines = (try? Program("cat", "/proc/\(process)/cgroup").run())?.split(separator: "\n") ?? []
        return lines.first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) } ?? ""
    }

    func wait() {
        guard !isReaped else { return }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        isReaped = true
    }

    func end() {
        guard !isReaped else { return }
        kill(process, SIGKILL)
        wait()
    }
}
