// SPDX-License-Identifier: MIT

/// A real nginx that tells a client which of its addresses it reached, and from where.
struct WebServer {
    let place: Place
    /// Port 80 of each; IPv6 without brackets.
    let addresses: [String]

    static let lab = [
        WebServer(place: .inet, addresses: (10...20).flatMap { ["203.0.113.\($0)", "2001:db8:203::\($0)"] }),
        WebServer(place: .lan, addresses: ["192.168.77.15", "fd77::15"]),
        WebServer(place: .relay1, addresses: ["10.20.0.5"]),
    ]

    /// nginx.conf: one process in the foreground that writes nothing outside the lab's own folder.
    var file: String {
        let listens = addresses.map { "        listen \($0.contains(":") ? "[\($0)]" : $0):80;\n" }.joined()
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "    \($0)_temp_path \(Folders.lab)/nginx-\(place.rawValue)-\($0);\n" }
            .joined()
        return """
            daemon off;
            master_process off;
            pid \(Folders.lab)/nginx-\(place.rawValue).pid;
            error_log stderr;
            events { worker_connections 256; }
            http {
                access_log off;
                default_type text/plain;
            \(temporary)    server {
            \(listens)        location / { return 200 "server $server_addr client $remote_addr\\n"; }
                }
            }

            """
    }
}
