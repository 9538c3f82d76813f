// SPDX-License-Identifier: MIT

/// Places in the lab's own file system; none of them is on the machine's disk.
enum Folders {
    /// Logs and configurations of the lab's parts.
    static let lab = "/run/lab"
    /// Where `ip netns` looks for names.
    static let names = "/run/netns"

    static func log(of part: String) -> String { "\(lab)/\(part).log" }
}
