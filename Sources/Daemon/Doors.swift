// SPDX-License-Identifier: MIT
import Configuration
import Glibc
import Kernel
import Policy
import Wire

/// One place where clients ask, by UDP and TCP.
struct Door {
    /// Whom we take those who ask here for. The kernel sends each class to its own door.
    let app: App
    let udp: UDPListener
    let tcp: TCPListener
    let place: ServerAddress
    /// Whether lookups arrive here that were sent to somebody else (`foreign = "capture"`).
    let isForCaptured: Bool
}

/// All places where clients ask: the configured ones, one for each class of apps, one for what is captured.
struct Doors {
    let all: [Door]

    /// Opens the configured places, or none: what listens by UDP must listen by TCP. The others take what port is free.
    /// Errors: a configured place is in use, or is no address of this machine.
    init(_ dns: Configuration.DNS) throws(DaemonError) {
        var doors: [Door] = []
        for place in dns.listen {
            let udp = try UDPListener(place.address, port: place.port)
            let tcp = try TCPListener(place.address, port: place.port)
            let place = ServerAddress(place.address, port: place.port)
            doors.append(Door(app: .normal, udp: udp, tcp: tcp, place: place, isForCaptured: false))
        }
        for app in [App.excluded, .tunneled] {
            for address in ["127.0.0.53", "::1"].compactMap({ IPAddress($0) }) {
                if let door = Self.anywhere(at: address, app) { doors.append(door) }
            }
        }
        switch dns.foreign {
        case .reject, .allow: break
        case .capture: doors += Self.captured()
        }
        all = doors
    }

    /// A door at a port that is free; nil where the machine has no such address (IPv6 switched off).
    private static func anywhere(at address: IPAddress, _ app: App, port: UInt16 = 0, isForCaptured: Bool = false) -> Door? {
        for _ in 0..<8 {
            guard let udp = try? UDPListener(address, port: port), let port = udp.port else { return nil }
            guard let tcp = try? TCPListener(address, port: port) else { continue }
            return Door(app: app, udp: udp, tcp: tcp, place: ServerAddress(address, port: port), isForCaptured: isForCaptured)
        }
        return nil
    }

    /// One port at all addresses of both families: a redirected packet arrives at the address of the link it came by.
    private static func captured() -> [Door] {
        guard let any4 = IPAddress("0.0.0.0"), let any6 = IPAddress("::") else { return [] }
        for _ in 0..<8 {
            guard let four = anywhere(at: any4, .normal, isForCaptured: true) else { return [] }
            guard let six = anywhere(at: any6, .normal, port: four.place.port, isForCaptured: true) else { continue }
            return [four, six]
        }
        return anywhere(at: any4, .normal, isForCaptured: true).map { [$0] } ?? []
    }

    /// The places that people know.
    var configured: [ServerAddress] { all.filter { $0.app == .normal && !$0.isForCaptured }.map(\.place) }
    func places(of app: App) -> [ServerAddress] { all.filter { $0.app == app && !$0.isForCaptured }.map(\.place) }
    var capture: UInt16? { all.first(where: \.isForCaptured)?.place.port }
}
