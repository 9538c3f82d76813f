// SPDX-License-Identifier: MIT
import CSodium
import NIOCore
import NIOHTTP2
import NIOSSL
import NIOTLS
import Policy
import Wire

/// Waits for the end of the handshake and looks at what it brought before a question may be sent.
final class TLSGreeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: SecureConnection
    private let tls: NIOSSLClientHandler
    private let target: ServerAddress

    init(_ connection: SecureConnection, _ contexts: TLSContexts) throws {
        self.connection = connection
        target = connection.server.ask.server
        tls = try contexts.handler(for: target.scheme)
    }

    var handlers: [any ChannelHandler] { [tls, self] }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let agreed)? = event as? TLSUserEvent {
            do throws(ExtendedErrorThrown) {
                try welcome(context, agreed)
            } catch {
                connection.fail(error.reason)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.fail(ExtendedError(handshake: error, tls.peerCertificate))
    }

    struct ExtendedErrorThrown: Error { let reason: ExtendedError }

    private func welcome(_ context: ChannelHandlerContext, _ agreed: String?) throws(ExtendedErrorThrown) {
        let identity = target.scheme.tls.identity
        if !identity.pins.isEmpty {
            guard let pin = tls.peerCertificate?.pin, identity.pins.contains(pin) else {
                throw ExtendedErrorThrown(reason: ExtendedError(ExtendedError.networkError, "its public key is none of the pinned ones"))
            }
        }
        let operations = context.pipeline.syncOperations
        do {
            switch target.scheme {
            case .plain: return
            case .tls:
                let carrier = TLSCarrier(connection)
                try operations.addHandler(carrier)
                connection.opened(carrier)
            case .https(let path, _):
                guard agreed == "h2" else {
                    throw ExtendedErrorThrown(reason: ExtendedError(ExtendedError.networkError, "it does not speak HTTP/2"))
                }
                let carrier = HTTPCarrier(connection, HTTPCarrier.Place(target, path: path))
                try operations.addHandlers([HTTPCarrier.protocolHandler, carrier])
                connection.opened(carrier)
            }
        } catch let error as ExtendedErrorThrown {
            throw error
        } catch {
            throw ExtendedErrorThrown(reason: ExtendedError(ExtendedError.networkError, "\(error)"))
        }
    }

    /// Closes a channel below TLS.
    static func cut(_ channel: any Channel) {
        if let context = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self) {
            context.close(promise: nil)
        } else {
            channel.close(promise: nil)
        }
    }
}

extension NIOSSLCertificate {
    /// SHA-256 of the public key as it stands in the certificate.
    fileprivate var pin: [UInt8]? {
        guard let key = try? extractPublicKey().toSPKIBytes() else { return nil }
        var hash = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        _ = unsafe crypto_hash_sha256(&hash, key, UInt64(key.count))
        return hash
    }
}
