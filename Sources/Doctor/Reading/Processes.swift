// SPDX-License-Identifier: MIT

/// The processes of the machine, as /proc shows them to this user.
enum Processes {
    /// Their names (comm), at most 15 characters each.
    static func names() -> Set<String> {
        (TextFile.names(in: "/proc") ?? []).reduce(into: []) { names, folder in
            guard Int32(folder) != nil, let name = TextFile.text("/proc/\(folder)/comm") else { return }
            names.insert(name.dropWhiteSpace())
        }
    }
}
