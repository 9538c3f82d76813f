// SPDX-License-Identifier: MIT
import Configuration
import Glibc
import Rules
import Wire
import Workbench

/// wg-quick files at random with what our reader makes of each, to be held against the real tools: NUMBER.conf and NUMBER.ours in a folder.
enum WireGuardReading {
    static func write(seed: Int, count: Int, to folder: String) {
        var files = WireGuardFiles(seed: UInt64(seed))
        for number in 0..<count {
            let bytes = files.next()
            save(bytes, "\(folder)/\(number).conf")
            save(Array(ours(bytes).utf8), "\(folder)/\(number).ours")
        }
        print("ok \(count) files")
    }

    /// `refused LINE REASON`, or a line for each thing that was understood.
    private static func ours(_ bytes: [UInt8]) -> String {
        let (file, problems) = WireGuardFile.read(bytes, file: "x.conf")
        if let error = problems.first(where: { $0.severity == .error }) { return "refused \(error.line) \(error.message)\n" }
        var lines = ["private \(file.privateKey?.base64 ?? "none")", "port \(file.listenPort ?? 0)"]
        lines += file.mtu.map { ["mtu \($0)"] } ?? []
        lines += file.addresses.map { "address \($0)" } + file.dns.map { "dns \($0.address)" } + file.searchDomains.map { "search \($0)" }
        for peer in file.peers {
            lines += ["peer \(peer.publicKey.base64)", "psk \(peer.presharedKey?.base64 ?? "(none)")"]
            switch peer.endpoint {
            case nil: lines.append("endpoint (none)")
            case .address(let endpoint): lines.append("endpoint \(endpoint)")
            case .name: lines.append("name \(peer.endpoint.map(\.description) ?? "")")
            }
            lines += peer.allowedIPs.map { "allowed \($0)" } + ["keepalive \(peer.persistentKeepalive.map(String.init) ?? "off")"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func save(_ bytes: [UInt8], _ path: String) {
        let fd = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard fd >= 0, unsafe bytes.withUnsafeBytes({ unsafe Glibc.write(fd, $0.baseAddress, $0.count) }) == bytes.count else {
            Probe.fail("cannot write \(path)")
        }
        close(fd)
    }
}
