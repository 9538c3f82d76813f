// SPDX-License-Identifier: MIT

/// A real unbound that gives every name an answer, and names itself in it.
struct Resolver {
    /// Also the text of every TXT record.
    let name: String
    let place: Place
    let addresses: [String]
    /// What A and AAAA questions get: a web server of the lab, so that a connection can follow.
    let v4: String
    let v6: String
    /// Zones of its own, as lines of unbound.conf.
    var zones = ""

    /// unbound.conf(5).
    var file: String {
        let interfaces = addresses.map { "    interface: \($0)\n" }.joined()
        return """
            server:
            \(interfaces)    port: 53
                do-daemonize: no
                chroot: ""
                username: ""
                pidfile: ""
                directory: "\(Folders.lab)"
                use-syslog: no
                logfile: ""
                verbosity: 1
                num-threads: 1
                module-config: "iterator"
                access-control: 0.0.0.0/0 allow
                access-control: ::/0 allow
                outgoing-range: 64
                msg-cache-size: 64k
                rrset-cache-size: 64k
                local-zone: "." redirect
                local-data: ". 60 IN A \(v4)"
                local-data: ". 60 IN AAAA \(v6)"
                local-data: ". 60 IN TXT \(name)"
                local-data: ". 60 IN SOA \(name).lab. lab. 1 60 60 60 60"
                # Zones that unbound else answers itself, and people try in a lab.
                local-zone: "test." nodefault
                local-zone: "home.arpa." nodefault
                unblock-lan-zones: yes
                insecure-lan-zones: yes
            \(zones)
            remote-control:
                control-enable: no

            """
    }
}
