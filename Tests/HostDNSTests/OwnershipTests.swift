// SPDX-License-Identifier: MIT
import Testing
import Wire
import Workbench

@testable import HostDNS

/// Who owns resolv.conf: a table that a DNS person can edit.
struct OwnershipTests {
    static let rows = Fixture.lines("hostdns/owners.txt")

    @Test func theTableIsThere() { #expect(Self.rows.count >= 51) }

    @Test(arguments: rows)
    func everyRowHolds(_ row: Fixture.Line) throws {
        let cells = row.text.split(separator: "|", omittingEmptySubsequences: false).map(Self.trimmed)
        try #require(cells.count == 6)
        var look = HostLook(entry: try #require(Self.entry(cells[0])))
        look.contents =
            cells[1] == "-" ? nil : Array(cells[1].split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\n").utf8)
        for fact in cells[2].split(separator: " ") where fact != "-" {
            switch fact {
            case "mount": look.isMountPoint = true
            case "mount-ro": look.mountIsReadOnly = true
            case "folder-ro": look.folderIsReadOnly = true
            case "immutable": look.isImmutable = true
            case "folder-immutable": look.folderIsImmutable = true
            default: Issue.record("no such fact: \(fact)")
            }
        }
        let found = Ownership(look)
        #expect("\(found.owner)" == cells[3])
        #expect("\(found.way)" == cells[4])
        #expect(found.hindrance.map { "\($0)" } ?? "-" == cells[5])
        guard case .link = look.entry else { return #expect(!found.isBroken) }
        #expect(found.isBroken == (look.contents == nil))
    }

    static func entry(_ text: String) -> HostLook.Entry? {
        switch text {
        case "file": .file
        case "missing": .missing
        case "other": .other
        default: text.hasPrefix("link ") ? .link(String(text.dropFirst(5))) : nil
        }
    }

    static func trimmed(_ text: some StringProtocol) -> String {
        text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }

    @Test func ourFileNamesNobodyElse() {
        let text = String(decoding: OurFile.text(naming: [.v4(0x7F00_0035)], keeping: ResolvConf("")), as: UTF8.self).lowercased()
        for word in ["systemd-resolved", "networkmanager", "resolvconf", "tailscale", "netbird"] { #expect(!text.contains(word)) }
        #expect(Ownership(HostLook(entry: .file, contents: Array(text.utf8))).owner == .nobody, "in lower case it is not even ours")
    }

    @Test func aMountIsFoundByItsWholePath() {
        let table = """
            22 27 0:21 / /proc rw,relatime - proc proc rw
            41 27 8:1 /var/lib/docker/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/sda1 rw
            42 27 8:1 /x /etc/resolv.conf.d ro - ext4 /dev/sda1 rw
            43 27 8:1 /x /a\\040b/resolv.conf rw shared:1 - tmpfs x ro,size=4k
            """
        #expect(MountTable.mount(on: "/etc/resolv.conf", in: table) == .init(isReadOnly: false))
        #expect(MountTable.mount(on: "/a b/resolv.conf", in: table) == .init(isReadOnly: true), "its file system is")
        #expect(MountTable.mount(on: "/etc", in: table) == nil)
        let over = table + "\n44 41 8:1 /y /etc/resolv.conf ro - ext4 /dev/sda1 rw\n"
        #expect(MountTable.mount(on: "/etc/resolv.conf", in: over) == .init(isReadOnly: true), "the last one is seen")
    }
}
