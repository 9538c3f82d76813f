// SPDX-License-Identifier: MIT
import Glibc
import NIOCore
import NIOHTTP2
import NIOSSL
import Wire

/// What went wrong, in words for whoever runs the server or trusts it.
extension ExtendedError {
    /// No TCP connection came about.
    init(connecting error: any Error) {
        switch error {
        case let error as IOError: self.init(Self.noReachableAuthority, "it cannot be reached: \(Self.text(of: error.errnoCode))")
        case ChannelError.connectTimeout: self.init(Self.noReachableAuthority, "it cannot be reached: no answer within 3 s")
        case is NIOSSLError, is NIOSSLExtraError: self.init(Self.networkError, "the trusted certificates cannot be read (tls_roots)")
        default: self.init(Self.noReachableAuthority, "it cannot be reached: \(error)")
        }
    }

    /// TLS did not come about.
    /// - Parameter certificate: what the server showed, if it came so far.
    init(handshake error: any Error, _ certificate: NIOSSLCertificate?) {
        switch error {
        case NIOSSLError.handshakeFailed(let inner):
            let text = "\(inner)"
            if text.contains("CERTIFICATE_VERIFY_FAILED") {
                self.init(Self.networkError, Self.fault(of: certificate))
            } else if text.contains("PROTOCOL_VERSION") || text.contains("UNSUPPORTED_PROTOCOL") {
                self.init(Self.networkError, "it has no version of TLS from 1.2 on")
            } else if text.contains("NO_APPLICATION_PROTOCOL") {
                self.init(Self.networkError, "it does not speak the protocol that is asked for (ALPN)")
            } else if text.contains("EOF during handshake") {
                self.init(Self.networkError, "it closed the connection in the TLS handshake")
            } else if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
                self.init(Self.networkError, "it does not speak TLS")
            } else {
                self.init(Self.networkError, "the TLS handshake failed: \(Self.reason(in: text))")
            }
        case NIOSSLError.noCertificateToValidate: self.init(Self.networkError, "it shows no certificate")
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            self.init(Self.networkError, "its certificate is for another name or address")
        case NIOSSLError.uncleanShutdown: self.init(Self.networkError, "it closed the connection in the TLS handshake")
        case let error as IOError where error.errnoCode == ECONNRESET:
            self.init(Self.networkError, "it closed the connection in the TLS handshake")
        case let error as IOError: self.init(Self.networkError, "the connection broke: \(Self.text(of: error.errnoCode))")
        default: self.init(Self.networkError, "the TLS handshake failed: \(error)")
        }
    }

    /// Something on a connection that stood.
    init(talking error: any Error) {
        switch error {
        case let error as IOError: self.init(Self.networkError, "the connection broke: \(Self.text(of: error.errnoCode))")
        case NIOSSLError.uncleanShutdown: self.init(Self.networkError, "it closed the connection without an answer")
        case is NIOHTTP2Errors.ExcessiveControlFrames, is NIOHTTP2Errors.ExcessiveOutboundFrameBuffering,
            is NIOHTTP2Errors.ExcessiveRSTFrames, is NIOHTTP2Errors.ExcessiveEmptyDataFrames, is NIOHTTP2Errors.ExcessiveNumberOfGlitches,
            is NIOHTTP2Errors.ExcessiveContinuationFrames, is NIOHTTP2Errors.ExcessiveStreamErrors:
            self.init(Self.networkError, "it floods the connection")
        case is NIOHTTP2Errors.ExcessivelyLargeHeaderBlock: self.init(Self.networkError, "its response has too many headers")
        default: self.init(Self.networkError, "it breaks its protocol: \(String("\(error)".prefix(80)))")
        }
    }

    /// TLS only says that the certificate was not accepted.
    private static func fault(of certificate: NIOSSLCertificate?) -> String {
        guard let certificate else { return "its certificate is not trusted" }
        let now = time(nil)
        if certificate.notValidAfter < now { return "its certificate has expired" }
        if certificate.notValidBefore > now { return "its certificate is not valid yet" }
        return "its certificate is signed by nobody trusted here"
    }

    private static func text(of code: CInt) -> String { unsafe String(cString: strerror(code)) }

    /// BoringSSL's own word for it: the last of `…:SSL routines:OPENSSL_internal:REASON at …`.
    private static func reason(in text: String) -> String {
        guard let range = text.firstRange(of: "OPENSSL_internal:") else { return String(text.prefix(60)) }
        return String(text[range.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }.prefix(60))
    }
}
