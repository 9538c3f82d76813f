// SPDX-License-Identifier: MIT
import Glibc
import Kernel
import Policy
import Steering
import Wire

/// What the kernel says of addresses, as far as whoever asks may know it. Sends no packet, changes nothing.
package final class KernelSight {
    private var routes: RouteSocket?
    private var sets: SetWriter?
    private var names: [UInt32: String] = [:]
    /// This machine's addresses.
    private var own: Set<IPAddress> = []
    /// Why the sets cannot be read; nil: they can.
    let setsUnknown: String?

    package init() {
        do throws(KernelError) {
            var socket = try RouteSocket()
            let links = try socket.links()
            names = Dictionary(links.map { ($0.index, $0.name) }) { first, _ in first }
            own = Set(try socket.addresses().map(\.address))
            routes = consume socket
        } catch {
            routes = nil
        }
        do throws(KernelError) {
            guard geteuid() == 0 else { throw .call("read nftables sets", errno: EPERM) }
            sets = try SetWriter()
            setsUnknown = nil
        } catch .call(_, errno: EPERM) {
            setsUnknown = "only root may read the kernel's sets"
        } catch {
            setsUnknown = "\(error)"
        }
    }

    func isOwn(_ address: IPAddress) -> Bool { own.contains(address) }

    /// The addresses that a set of learned ones holds now; nil: not known.
    func held(_ route: SteeredRoute, _ family: IPAddress.Family) -> Set<IPAddress>? {
        (try? sets?.elements(of: .learned(route, family))).map { Set($0) }
    }

    func holds(_ address: IPAddress, _ route: SteeredRoute) -> Bool? {
        guard sets != nil else { return nil }
        return try? sets?.contains(.learned(route, address))
    }

    /// Whether our table stands, and as what state it treats the tunnel in a family; nil: not known.
    func standing(_ family: IPAddress.Family) -> Standing? {
        guard sets != nil else { return nil }
        do throws(KernelError) {
            guard try sets?.isTablePresent() == true else { return .gone }
            if try sets?.contains(.tunnelEnter(family, .spread)) == true { return .there(.connected) }
            return .there(try sets?.contains(.tunnelUnwanted(family)) == true ? .disconnected : .error)
        } catch {
            return nil
        }
    }

    enum Standing {
        case gone
        case there(TunnelState)
    }

    /// All of it for one address, for packets with these marks.
    package func explain(_ address: IPAddress, marks: [UInt32]) -> AddressExplanation.Kernel {
        var kernel = AddressExplanation.Kernel()
        if sets == nil {
            kernel.setsUnknown = setsUnknown
        } else {
            kernel.sets = SteeredRoute.allCases.filter { holds(address, $0) == true }.map { SetName.learned($0, address.family).rawValue }
            for node in Node.first(Node.most) where (try? sets?.contains(.named(address, node))) == true {
                kernel.sets?.append(SetElement.named(address, node).set.rawValue)
            }
        }
        kernel.routes = marks.map { route(to: address, mark: $0) }
        return kernel
    }

    private func route(to address: IPAddress, mark: UInt32) -> AddressExplanation.Route {
        let digits = String(mark, radix: 16)
        var route = AddressExplanation.Route(mark: "0x" + String(repeating: "0", count: 8 - digits.count) + digits)
        do throws(KernelError) {
            switch try routes?.lookup(address, mark: mark) {
            case .by(let way):
                route.interface = names[way.link] ?? "interface \(way.link)"
                route.gateway = way.gateway.map { "\($0)" }
                route.table = way.table
                route.source = way.source.map { "\($0)" }
            case .refused(let code): route.error = Self.words(code)
            case nil: route.error = "the kernel cannot be asked"
            }
        } catch {
            route.error = "\(error)"
        }
        return route
    }

    private static func words(_ code: Int32) -> String {
        switch code {
        case ENETUNREACH: "unreachable: no route"
        case EHOSTUNREACH: "unreachable"
        case EACCES: "prohibited"
        case EINVAL: "dropped"
        default: unsafe String(cString: strerror(code))
        }
    }
}
