// SPDX-License-Identifier: MIT
import CSodium
import Glibc
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
        if case .handshakeCompleted(let agreed)? = event as? TLSUserEvent, let error = welcome(context, agreed) { connection.fail(error) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.fail(ExtendedError(handshake: error, tls.peerCertificate))
    }

    /// Opens the connection, or tells why it is not to be used.
    private func welcome(_ context: ChannelHandlerContext, _ agreed: String?) -> ExtendedError? {
        let identity = target.scheme.tls.identity
        if !identity.pins.isEmpty {
            guard let pin = tls.peerCertificate?.pin, identity.pins.contains(pin) else { return .wrongKey }
        }
        let operations = context.pipeline.syncOperations
        do {
            switch target.scheme {
            case .plain: break
            case .tls:
                let carrier = TLSCarrier(connection)
                try operations.addHandler(carrier)
                connection.opened(carrier)
            case .https(let path, _):
                guard agreed == "h2" else { return .noHTTP2 }
                let carrier = HTTPCarrier(connection, HTTPCarrier.Place(target, path: path))
                try operations.addHandlers([HTTPCarrier.protocolHandler, carrier])
                connection.opened(carrier)
            }
            return nil
        } catch {
            return ExtendedError(ExtendedError.networkError, "\(error)")
        }
    }

    /// Closes a channel below TLS, and resets the connection: nothing of it is left in the kernel to be sent by whichever way is there next.
    static func cut(_ channel: any Channel) {
        _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        if let context = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self) {
            context.close(promise: nil)
        } else {
            channel.close(promise: nil)
        }
    }
}

extension ExtendedError {
    fileprivate static let wrongKey = ExtendedError(networkError, "its public key is none of the pinned ones")
    fileprivate static let noHTTP2 = ExtendedError(networkError, "it does not speak HTTP/2")
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
