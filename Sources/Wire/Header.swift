// SPDX-License-Identifier: MIT

/// The twelve bytes that begin every message (RFC 1035 section 4.1.1).
package struct Header: Hashable, Sendable {
    package static let size = 12

    package var id: UInt16
    package var flags: Flags
    package var questions: UInt16
    package var answers: UInt16
    package var authorities: UInt16
    package var additionals: UInt16

    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let response = Flags(rawValue: 0x8000)
        package static let authoritative = Flags(rawValue: 0x0400)
        package static let truncated = Flags(rawValue: 0x0200)
        package static let recursionDesired = Flags(rawValue: 0x0100)
        package static let recursionAvailable = Flags(rawValue: 0x0080)
        /// AD and CD (RFC 4035 section 3.2).
        package static let authenticData = Flags(rawValue: 0x0020)
        package static let checkingDisabled = Flags(rawValue: 0x0010)

        /// 0...15; 0 is QUERY.
        package var opcode: UInt8 { UInt8(rawValue >> 11 & 15) }
        /// The low four bits of the response code; EDNS carries the others.
        package var responseCode: ResponseCode { ResponseCode(rawValue: rawValue & 15) }

        package func with(_ code: ResponseCode) -> Flags { Flags(rawValue: rawValue & 0xFFF0 | code.rawValue & 15) }
    }
}

/// What became of a question (RFC 1035 section 4.1.1, RFC 6891 section 9).
package struct ResponseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let noError = ResponseCode(rawValue: 0)
    package static let formatError = ResponseCode(rawValue: 1)
    package static let serverFailure = ResponseCode(rawValue: 2)
    package static let nameError = ResponseCode(rawValue: 3)
    package static let notImplemented = ResponseCode(rawValue: 4)
    package static let refused = ResponseCode(rawValue: 5)
    package static let badVersion = ResponseCode(rawValue: 16)
    package static let badCookie = ResponseCode(rawValue: 23)

    package var description: String {
        switch rawValue {
        case 0: "NOERROR"
        case 1: "FORMERR"
        case 2: "SERVFAIL"
        case 3: "NXDOMAIN"
        case 4: "NOTIMP"
        case 5: "REFUSED"
        case 16: "BADVERS"
        case 23: "BADCOOKIE"
        default: "RCODE\(rawValue)"
        }
    }
}

/// An Extended DNS Error: why an answer is what it is (RFC 8914).
package struct ExtendedError: Hashable, Sendable {
    package let code: UInt16
    package let text: String

    package init(_ code: UInt16, _ text: String = "") {
        self.code = code
        self.text = text
    }

    package static let staleAnswer: UInt16 = 3
    package static let staleNoSuchName: UInt16 = 19
    package static let blocked: UInt16 = 15
    package static let prohibited: UInt16 = 18
    package static let noReachableAuthority: UInt16 = 22
    package static let networkError: UInt16 = 23
}
