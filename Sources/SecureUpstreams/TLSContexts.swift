// SPDX-License-Identifier: MIT
import NIOCore
import NIOSSL
import Wire

/// What TLS needs to know before a connection: made when a server first needs it, since the system's authorities are some megabytes.
final class TLSContexts {
    private let roots: String?
    private var made: [Kind: NIOSSLContext] = [:]

    private struct Kind: Hashable {
        let alpn: String
        let needsAuthority: Bool
    }

    /// - Parameter roots: certificates (PEM) of authorities that are trusted besides the system's.
    init(roots: String?) { self.roots = roots }

    /// Errors: those of NIOSSL, if the authorities cannot be read.
    func handler(for scheme: ServerAddress.Scheme) throws -> NIOSSLClientHandler {
        let (alpn, identity) = scheme.tls
        let kind = Kind(alpn: alpn, needsAuthority: identity.needsAuthority)
        let context: NIOSSLContext
        if let known = made[kind] {
            context = known
        } else {
            context = try NIOSSLContext(configuration: configuration(kind))
            made[kind] = context
        }
        return try NIOSSLClientHandler(context: context, serverHostname: identity.name)
    }

    private func configuration(_ kind: Kind) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        // RFC 7858 and 8484 leave older ones out (RFC 8996).
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = [kind.alpn]
        // A server that says good-bye to nobody does not hold the descriptor.
        configuration.shutdownTimeout = .seconds(1)
        if kind.needsAuthority {
            configuration.certificateVerification = .fullVerification
            if let roots { configuration.additionalTrustRoots = [.file(roots)] }
        } else {
            // The key itself is known: `TLSGreeter` compares it before anything is asked.
            configuration.certificateVerification = .none
        }
        return configuration
    }
}

extension ServerAddress.Scheme {
    /// The protocol that is agreed on in the handshake (RFC 7301), and what the certificate must show.
    var tls: (alpn: String, identity: ServerIdentity) {
        switch self {
        // Never asked for: plain servers are not given to us.
        case .plain: ("dot", ServerIdentity())
        case .tls(let identity): ("dot", identity)
        case .https(_, let identity): ("h2", identity)
        }
    }
}
