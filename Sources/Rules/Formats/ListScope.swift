// SPDX-License-Identifier: MIT
import Wire

/// What all formats share while one list is read: where it stands, what it is for, and what has been complained of so far.
struct ListScope {
    /// So many lines of one kind of complaint are shown; then only their count.
    static let shown = 3
    /// So many kinds are told apart: a list of nonsense must not fill the memory.
    static let kinds = 64

    /// As messages name it.
    var file: String
    let action: Action
    let idna: @Sendable (String) -> String?
    /// The name that was read last.
    var name = Name()

    /// Names that the list excepts from itself, and the depth in them at which names are given out now.
    var exceptions = ListExceptions()
    var depth = 0
    /// Whether names were seen that stand deeper still.
    var isDeeper = false

    private var complaints: [String: Complaint] = [:]
    private var order: [String] = []
    private var lastServer: (text: [UInt8], server: ServerAddress)?

    private struct Complaint {
        var count = 0
        let file: String
    }

    init(file: String, action: Action, idna: @escaping @Sendable (String) -> String?) {
        self.file = file
        self.action = action
        self.idna = idna
    }

    /// Whether the include's action is one of those that send a question somewhere.
    var asks: Bool { action != .block }

    /// A warning, unless many of its kind have been said.
    /// - Parameter kind: what all of them have in common, as the final count names it.
    mutating func warn(
        _ kind: String, line: Int, column: Int = 0, _ message: @autoclosure () -> String, hint: @autoclosure () -> String? = nil,
        into sink: inout some ListSink
    ) {
        // What is wrong was said at the first reading.
        guard depth == 0 else { return }
        let key = complaints[kind] == nil && complaints.count >= Self.kinds ? "other lines that are not understood" : kind
        var complaint = complaints[key] ?? Complaint(file: file)
        if complaint.count == 0 { order.append(key) }
        complaint.count += 1
        complaints[key] = complaint
        guard complaint.count <= Self.shown else { return }
        sink.warn(Problem(.warning, file: file, line: line, column: column, message(), hint: hint()))
    }

    /// What was complained of more often than it was shown.
    func finish(_ sink: inout some ListSink) {
        for kind in order {
            guard let complaint = complaints[kind], complaint.count > Self.shown else { continue }
            let more = complaint.count - Self.shown
            sink.warn(
                Problem(
                    .warning, file: complaint.file, line: 0, column: 0, "\(more) more line\(more == 1 ? "" : "s") of the same kind: \(kind)"
                ))
        }
    }

    /// The server that a list names; nil when it is none that can be written as `via`. Lists name the same one thousands of times.
    mutating func server(_ bytes: Span<UInt8>, _ range: Range<Int>, _ parse: (String) -> ServerAddress?) -> ServerAddress? {
        if let last = lastServer, last.text.count == range.count {
            var isSame = true
            for (index, byte) in zip(range, last.text) where bytes[index] != byte { isSame = false }
            if isSame { return last.server }
        }
        guard range.count <= 300, let text = bytes.text(range), let server = parse(text) else { return nil }
        lastServer = (Array(text.utf8), server)
        return server
    }
}
