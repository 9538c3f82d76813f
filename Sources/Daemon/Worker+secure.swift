// SPDX-License-Identifier: MIT
import Logging
import Policy
import Resolving
import SecureUpstreams
import Wire

/// Questions to tls:// and https:// servers, which another thread asks.
extension Worker {
    /// What has come of them.
    func hearSecure() {
        for event in secureInbox.take() {
            switch event {
            case .reply(let number, let message):
                secure.heard(number)
                resolver.reply(to: AskID(number: number), message.span, at: .now)
            case .lost(let number, let error):
                secure.heard(number)
                resolver.lost(AskID(number: number), .troubled(error), at: .now)
            case .trouble(let ask, let error?):
                log.warning("\(ask.server), \(ask.path.rawValue): \(error.text)")
                troubles[ask] = error.text
            case .trouble(let ask, nil):
                log.notice("\(ask.server), \(ask.path.rawValue): answers again")
                troubles[ask] = nil
            }
        }
    }

    /// Ends connections whose way would be another one in what is about to be the situation; none is carried over. To be called before it is.
    func leaveSecure(for situation: Situation) {
        if situation.tlsRoots != self.situation.tlsRoots {
            secure.trust(situation.tlsRoots?.path)
            troubles = [:]
            return
        }
        let (new, former) = (situation.snapshot, self.situation.snapshot)
        var moved: [Path] = []
        if new.circumstances.nodeInUse != former.circumstances.nodeInUse || new.circumstances.state != former.circumstances.state {
            moved.append(.tunnel)
        }
        if new.network != former.network { moved += [.outside, .lan] }
        let nodes = new.circumstances.movedNodes(since: former.circumstances)
        troubles = troubles.filter { !$0.key.isOn(moved, nodes) }
        secure.leave(moved, nodes)
    }
}
