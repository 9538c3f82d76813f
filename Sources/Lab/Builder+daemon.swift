// SPDX-License-Identifier: MIT

extension Builder {
    /// `sluice run` on the host, until it says that the tunnel is connected.
    mutating func startDaemon() throws(LabError) {
        let daemon = try start([executable, "run"], as: "sluice", in: .host)
        // Tests and people may stop it and start another: its end is not the lab's business any more.
        servers.removeLast()
        try wait(for: daemon, seconds: 5) { () throws(LabError) in
            let status = try Tools.attempt([executable, "status", "--json"], milliseconds: 1000)
            return status.ending == .exited(0) && JSONText(status.output).topText("state") == "connected"
        }
    }
}
