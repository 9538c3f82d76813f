// SPDX-License-Identifier: MIT
import Configuration
import Kernel
import Logging
import Policy
import Tunnels
import Wire

/// Each tunnel's own life, and what is done for it.
extension Supervisor {
    /// A device that is gone or down closes its tunnel at once.
    func hear(_ event: KernelEvent, at now: Instant) {
        guard case .linkChanged(let link, let name, let isUp, _) = event else { return }
        for index in tunnels.indices where tunnels[index].link?.index == link && (!isUp || name != tunnels[index].device) {
            tunnels[index].lost()
            observe(index, at: now)
        }
    }

    /// Takes in what is known of a tunnel. One that nobody wants is left alone.
    @discardableResult func observe(_ index: Int, at now: Instant) -> TunnelMachine.Action {
        guard wish == .up else { return .none }
        let former = tunnels[index].machine.state
        let action = tunnels[index].machine.observe(tunnels[index].facts, at: now)
        let state = tunnels[index].machine.state
        if state != former { tell(.tunnel, "\(tunnels[index].configuration.name) \(former.rawValue) → \(state.rawValue)") }
        return action
    }

    /// Takes in answers to probes and what counters say, and sends what is due. Returns whether any tunnel's state, or which is in use, is another now.
    @discardableResult func attend(at now: Instant) -> Bool {
        guard wish == .up else { return false }
        let former = (tunnels.map(\.machine.state), choice.inUse)
        for index in tunnels.indices where tunnels[index].isUp {
            tunnels[index].listen(&room, &routes, lookups: index == selection.inUse ? lookups.counts : nil, at: now)
            tunnels[index].probe(randomness, to: poller, token: Self.probeToken, at: now)
            rotate(index, at: now)
            observe(index, at: now)
        }
        choose(at: now)
        return former.0 != tunnels.map(\.machine.state) || former.1 != choice.inUse
    }

    /// Where its peers are nodes, lets another take over. If the kernel does not take it, the next round goes on to the one after.
    private func rotate(_ index: Int, at now: Instant) {
        do throws(KernelError) {
            guard let active = try tunnels[index].rotate(at: now) else { return }
            tell(.tunnel, "\(tunnels[index].configuration.name): peer \(active + 1) of \(tunnels[index].file?.peers.count ?? 0) is active")
            publish()
            tellOfNodes()
        } catch {
            log.error("tunnel \(tunnels[index].configuration.name): \(error)")
        }
    }

    /// When `attend` has something to do; nil: while there is no device, nothing.
    var probeDue: Instant? { wish == .up ? tunnels.compactMap(\.probeDue).min() : nil }

    func choose(at now: Instant) { choice.choose(among: tunnels.map(\.node), at: now) }

    func bringUp(_ index: Int) {
        guard tunnels[index].isOurs, hasEndpoints(index) else { return }
        let wasTaken = tunnels[index].machine.state == .error
        do throws(KernelError) {
            try tunnels[index].bringUp(&routes)
            if wasTaken {
                repairs.links += 1
                tell(.repair, "device \(tunnels[index].device) is made again")
            }
            try look()
        } catch {
            log.error("tunnel \(tunnels[index].configuration.name): \(error)")
        }
    }
}

extension NodeChoice {
    /// As configured; among all that flows are spread over, lookups go by the first.
    init(_ configuration: Configuration) {
        let mode: Mode =
            switch configuration.tunnels.select {
            case .latency: .latency
            case .order, .balance: .order
            }
        self.init(mode, interval: configuration.health.interval.milliseconds)
    }
}
