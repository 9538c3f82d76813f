// SPDX-License-Identifier: MIT
import Glibc

/// What `--shell` and `--keep` show first, on standard error.
package enum Welcome {
    package static var shell: String { Environment.value("SHELL") ?? "/bin/bash" }

    /// As https://no-color.org asks: any value but the empty one forbids it.
    package static var allowsColor: Bool { (Environment.value("NO_COLOR") ?? "").isEmpty }

    package static func say(_ text: String) {
        let errors = Descriptor(dup(STDERR_FILENO))
        try? errors.write(text)
    }

    /// - Parameter color: bold names, for a terminal that wants them.
    package static func text(daemon: Bool, color: Bool) -> String {
        let (bold, dim, plain) = color ? ("\u{1B}[1m", "\u{1B}[2m", "\u{1B}[0m") : ("", "", "")
        let ask = daemon ? "dig +short" : "dig +short @198.51.100.53"
        let hints = [
            ("\(ask) TXT git.corp.example", "who answered?"),
            (daemon ? "sluice why git.corp.example" : "sluice why git.corp.example --state connected", "and why"),
            (daemon ? "curl http://git.corp.example" : "curl http://203.0.113.10", "from which address does the connection come?"),
            ("\(ask) TXT some.other.name", "a name without a rule"),
            ("ip netns exec inet tcpdump -lni host", "what leaves the host, seen from outside"),
        ]
        let width = hints.map(\.0.count).max() ?? 0
        let table = hints.map { command, meaning in
            "    \(command)\(String(repeating: " ", count: width - command.count + 3))\(dim)\(meaning)\(plain)\n"
        }
        return """

                \(bold)lan\(plain)     192.168.77.1 resolver \(dim)·\(plain) 192.168.77.15 nas.home, web
                 │ lan0
              \(bold)[host]\(plain)   you are here\(daemon ? "; sluice answers at 127.0.0.53" : ", without sluice") \(dim)(192.168.77.10 · 198.51.100.10)\(plain)
                 │ eth0
                \(bold)inet\(plain)    198.51.100.53 system resolver \(dim)·\(plain) 203.0.113.53 public resolver \(dim)·\(plain) 203.0.113.10–20 web
                 ├─ \(bold)relay1\(plain)   203.0.113.130, in the tunnel wg1: 10.64.1.1 resolver \(dim)·\(plain) 10.20.0.5 company web
                 └─ \(bold)relay2\(plain)   203.0.113.134, in the tunnel wg2: 10.64.2.1 resolver

              \(dim)Every resolver names itself in TXT, every web server its client. Try:\(plain)

            \(table.joined())

            """
    }

    /// How to come in from another terminal, and how to end a lab that stays.
    package static func door(process: Int32) -> String {
        """
        The lab stays. Another terminal enters its host with
            sudo nsenter --target \(process) --mount --uts --net --pid --wdns=/ \(shell)
        It ends, without a trace, with Ctrl-C here, or from there with
            kill \(getpid())

        """
    }
}
