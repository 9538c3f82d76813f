// SPDX-License-Identifier: MIT
import Configuration
import Kernel
import Logging
import Policy
import Rules
import Steering
import Tunnels
import Wire

/// Endpoints by name: whom we ask, which answers we take, and what becomes of a device whose peer is elsewhere now.
extension Supervisor {
    /// Who is asked for them: `bootstrap`, else the system's servers.
    var endpointServers: [ServerAddress] {
        guard !seeker.names.isEmpty else { return [] }
        let configured = loaded.configuration.tunnels.bootstrap
        return (configured.isEmpty ? systemServers : configured).filter { !$0.isSecure }
    }

    /// When `seekEndpoints` has something to do.
    var seekDeadline: Instant? { wish == .up ? seeker.deadline : nil }

    /// Goes on with the search, and follows what it finds.
    func seekEndpoints(at now: Instant) throws(KernelError) {
        guard !seeker.names.isEmpty else { return }
        guard wish == .up else { return seeker.pause(at: now) }
        for name in seeker.names { seeker.set(need(of: name), of: name, at: now) }
        let servers = endpointServers
        // Asked for before: who is asked depends on the seeker itself.
        let resolvers = Set(self.servers(now: false).values.joined().map(\.address))
        let world = EndpointWorld(servers: servers, families: outsideFamilies) { [unowned self] address in
            refusal(of: address) ?? (resolvers.contains(address) ? .resolver : nil)
        }
        let events = seeker.proceed(
            world, EndpointSeeker.Around(network: network, servers: servers, families: outsideFamilies), &room, at: now)
        guard !events.isEmpty else { return }
        let former = known
        known = seeker.lookups.known
        for event in events { tell(of: event, former) }
        keeping.keep(endpoints: seeker.kept)
        for index in tunnels.indices where tunnels[index].file?.endpointNames.isEmpty == false { try follow(index) }
    }

    /// Whether its device can be configured: every name was looked up, and one peer at least can be reached.
    func hasEndpoints(_ index: Int) -> Bool {
        guard let file = tunnels[index].file, file.endpointNames.allSatisfy(seeker.lookups.isSettled) else { return false }
        return file.peers.contains { $0.endpoint.map { $0.resolved(known) != nil } ?? true }
    }

    private func need(of name: Name) -> EndpointLookups.Need {
        let states = tunnels.filter { $0.file?.endpointNames.contains(name) == true }.map(\.machine.state)
        let isMissed = states.contains(.error) || tunnels.contains { $0.silentNames(at: .now).contains(name) }
        return isMissed ? .another : states.contains(.connecting) ? .address : .none
    }

    /// Brings a tunnel to where its peers are now.
    private func follow(_ index: Int) throws(KernelError) {
        let moved = tunnels[index].move(known)
        guard tunnels[index].isUp else { return bringUp(index) }
        guard !moved.isEmpty else { return }
        // The kernel lets packets out to endpoints it has been told of.
        try settle()
        for (key, endpoint) in moved {
            do throws(KernelError) {
                try WireGuardDevice.setEndpoint(endpoint, of: key, on: tunnels[index].device)
            } catch {
                log.error("tunnel \(tunnels[index].configuration.name): \(error)")
            }
        }
    }

    private func tell(of event: EndpointLookups.Event, _ former: [Name: IPAddress]) {
        switch event {
        case .found(let name, let address, let server):
            if former[name] != address { tell(.endpoint, "\(name) is \(address), says \(server)") }
        case .kept(let name, let address, let failure):
            tell(.endpoint, "\(name) is taken to be \(address), as it was last: \(failure)")
        case .failed(let name, let failure):
            let stays = known[name].map { "; it stays \($0)" } ?? ""
            let hint = "name a server that knows it in [tunnels] bootstrap, or write the address in the wg-quick file"
            log.error("endpoint \(name): \(failure)\(stays) (\(hint))")
            worker.post(.happened(Happening(.endpoint, "\(name): \(failure)\(stays) (\(hint))")))
        }
    }

    /// By a false answer an address would be let out that belongs in the tunnel, or the device's packets would go to whoever is at home.
    private func refusal(of address: IPAddress) -> EndpointRefusal? {
        let inner = [address] + address.embedded()
        for address in inner {
            if loaded.configuration.privateRanges.contains(address) { return .isPrivate }
            if SteeringGuard.never(address) != nil { return .unusable }
            if isSteered(address) { return .steered }
        }
        if addresses.contains(where: { $0.address == address }) || gateways.contains(where: { $0.address == address }) { return .own }
        return isOwed(address) ? .steered : nil
    }

    /// A network that is everything, as other tools write "all", says nothing of a single address.
    private func isSteered(_ address: IPAddress) -> Bool {
        loaded.matcher.isTunnels(address)
            && loaded.matcher.networkRules.contains { $0.rule.action == .tunnel && $0.network.length > 0 && $0.network.contains(address) }
    }

    /// In doubt it is.
    private func isOwed(_ address: IPAddress) -> Bool { (try? sets.contains(.learned(.tunnel, address))) ?? true }
}
