// SPDX-License-Identifier: MIT

/// Where Debian's unbound and nginx are unpacked without being installed: Packaging/lab/fetch-servers does that.
struct ServerFolder {
    /// In order of preference. The machine's own come last: an AppArmor profile may keep those from the lab's files.
    let candidates: [String]

    /// - Parameters:
    ///   - chosen: SLUICE_LAB_SERVERS; nothing else is looked at if it is set.
    ///   - executable: our own program's path, which in a checkout lies somewhere below `.build` or a sister of it.
    init(chosen: String?, executable: String) {
        if let chosen {
            candidates = [chosen]
            return
        }
        let parts = executable.split(separator: "/").dropLast()
        let above = parts.indices.reversed().map { "/" + parts[...$0].joined(separator: "/") }
        candidates = above.flatMap { ["\($0)/lab-servers", "\($0)/.build/lab-servers"] } + ["/usr/lib/sluice/lab-servers", "/"]
    }

    func program(_ name: String) throws(LabError) -> String {
        let path = candidates.map { ($0 == "/" ? "" : $0) + "/usr/sbin/\(name)" }.first(where: Files.isProgram)
        guard let path else {
            throw LabError("\(name) is not here: run Packaging/lab/fetch-servers, or name the folder it made in SLUICE_LAB_SERVERS")
        }
        return path
    }
}
