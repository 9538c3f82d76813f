// SPDX-License-Identifier: MIT

/// A file's bytes as characters: UTF-8, without a byte order mark, line ends as LF.
struct SourceText {
    /// In bytes. A configuration of this size is a mistake; the bound keeps what hostile bytes can cost small.
    static let limit = 1 << 20

    let scalars: [Unicode.Scalar]

    /// Bytes that are no UTF-8 are reported and stand as U+FFFD; a file beyond the limit is reported and empty.
    init(_ bytes: [UInt8], findings: inout Findings) {
        guard bytes.count <= Self.limit else {
            findings.error(.whole, "the file has \(bytes.count) bytes; at most \(Self.limit) are read")
            scalars = []
            return
        }
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(bytes.count)
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var line = 1
        var column = 1
        var reported = 0
        decoding: while true {
            let scalar: Unicode.Scalar
            switch parser.parseScalar(from: &iterator) {
            case .emptyInput: break decoding
            case .valid(let encoded): scalar = Unicode.UTF8.decode(encoded)
            case .error:
                scalar = "\u{FFFD}"
                if reported != line { findings.error(Place(line: line, column: column), "these bytes are not UTF-8") }
                reported = line
            }
            if scalar == "\u{FEFF}", scalars.isEmpty { continue }
            if scalar == "\n" {
                if scalars.last == "\r" { scalars.removeLast() }
                line += 1
                column = 1
            } else {
                column += 1
            }
            scalars.append(scalar)
        }
        self.scalars = scalars
    }
}
