// SPDX-License-Identifier: MIT
import Glibc
import RuleFiles

/// The real minisign, from the folder that Packaging/lab/fetch-servers makes.
enum Minisign {
    static let program: String? = {
        let chosen = unsafe getenv("SLUICE_LAB_SERVERS").map { unsafe String(cString: $0) }
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let places = [chosen.map { $0 + "/usr/bin/minisign" }, "/\(root)/.build/lab-servers/usr/bin/minisign", "/usr/bin/minisign"]
        return places.compactMap(\.self).first { unsafe access($0, X_OK) == 0 }
    }()

    static var isHere: Bool { program != nil }

    /// Makes a key pair NAME.key and NAME.pub without a password; returns the public key as text.
    static func makeKey(_ name: String, in scratch: Scratch) throws -> String {
        try run("-G", "-W", "-f", "-s", scratch[name + ".key"], "-p", scratch[name + ".pub"])
        let text = String(decoding: try HostFile.read(scratch[name + ".pub"]), as: UTF8.self)
        return text.split(separator: "\n").last.map(String.init) ?? ""
    }

    /// Signs a file: LIST.minisig.
    static func sign(_ file: String, by key: String, in scratch: Scratch, _ more: String...) throws {
        try run(["-S", "-s", scratch[key + ".key"], "-m", file] + more)
    }

    struct Failed: Error { let status: Int32 }

    static func run(_ arguments: String...) throws { try run(arguments) }

    static func run(_ arguments: [String]) throws {
        guard let program else { throw Failed(status: -1) }
        let words = ([program] + arguments).map { "'" + $0.replacing("'", with: "'\\''") + "'" }
        let status = unsafe system(words.joined(separator: " ") + " </dev/null >/dev/null 2>&1")
        guard status == 0 else { throw Failed(status: status) }
    }
}
