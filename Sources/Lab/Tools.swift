// SPDX-License-Identifier: MIT

/// The programs of the machine that build the lab, and what they said.
struct Tools {
    let ip: String
    let wg: String
    let nft: String
    let unshare: String
    /// Nil where it is not installed; the kernel may have WireGuard itself.
    let wireguardGo: String?
    let unbound: String
    let nginx: String

    /// Looks for all of them; the error names the package, or the script that unpacks the servers.
    init(servers: ServerFolder) throws(LabError) {
        ip = try Self.find("ip", package: "iproute2")
        wg = try Self.find("wg", package: "wireguard-tools")
        nft = try Self.find("nft", package: "nftables")
        unshare = try Self.find("unshare", package: "util-linux")
        wireguardGo = Self.search("wireguard-go")
        unbound = try servers.program("unbound")
        nginx = try servers.program("nginx")
    }

    static func search(_ name: String) -> String? {
        Environment.program(name, path: Environment.value("PATH") ?? "/usr/bin:/bin")
    }

    private static func find(_ name: String, package: String) throws(LabError) -> String {
        guard let path = search(name) else { throw .missing(tool: name, package: package) }
        return path
    }

    /// Runs a tool to its end and gives what it wrote; `input` is a file. An exit status other than 0 is an error with its words.
    @discardableResult
    static func run(_ words: [String], input: String = "/dev/null", milliseconds: Int32 = 10_000) throws(LabError) -> String {
        let outcome = try attempt(words, input: input, milliseconds: milliseconds)
        guard outcome.ending == .exited(0) else {
            throw LabError("`\(words.joined(separator: " "))` failed (\(outcome.ending.code)): \(outcome.errors + outcome.output)")
        }
        return outcome.output
    }

    struct Outcome {
        let ending: Child.Ending
        let output: String
        let errors: String
    }

    /// As `run`, where a failure is an answer too. A tool that takes too long is killed.
    static func attempt(_ words: [String], input: String = "/dev/null", milliseconds: Int32 = 10_000) throws(LabError) -> Outcome {
        let files = (output: "\(Folders.lab)/.output", errors: "\(Folders.lab)/.errors")
        let child = try start(words, name: words[0], input: input, output: files.output, errors: files.errors)
        if let ending = try child.wait(milliseconds: milliseconds) {
            return Outcome(ending: ending, output: try Files.read(files.output), errors: try Files.read(files.errors))
        }
        child.kill()
        _ = try child.wait()
        throw LabError("`\(words.joined(separator: " "))` took longer than \(milliseconds) ms")
    }

    /// Starts a program of the lab: no terminal, and output into files.
    static func start(
        _ words: [String], name: String, input: String = "/dev/null", output: String, errors: String
    ) throws(LabError) -> Child {
        let from = try Descriptor(reading: input)
        let to = try Descriptor(writing: output)
        var program = Program(words)
        program.group = .session
        program.input = from.number
        program.output = to.number
        if errors == output {
            program.errors = to.number
            return try program.start(as: name)
        }
        let complaints = try Descriptor(writing: errors)
        program.errors = complaints.number
        return try program.start(as: name)
    }
}
