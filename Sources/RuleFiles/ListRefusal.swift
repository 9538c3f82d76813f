// SPDX-License-Identifier: MIT
import Rules

/// Why a list on disk is not taken.
package enum ListRefusal: Error, Hashable, Sendable {
    case unreadable(HostFile.Failure)
    /// No entry in it.
    case empty
    /// It is something else, or not all of it is there.
    case broken(Problem)
    /// Of all its lines none could be taken.
    case gibberish(first: Problem)
    case shrunk(from: Int, to: Int)
    /// Its own exceptions take out nearly all that it names.
    case excepted(Int, of: Int)
    /// Another list that it includes, or that one's signature.
    case part(String, String)
    case noSignature(String, HostFile.Failure)
    case badSignature(ListSignature.Mistake, key: String)
    /// Signed before the one that was taken last: seconds since 1970.
    case older(Int64?, than: Int64)
    /// Signed as another file.
    case otherName(String)

    /// Whether a list has become so small that it is hardly the same.
    package static func isShrunk(from former: Int, to now: Int) -> Bool { now * 10 <= former }

    package var text: String {
        switch self {
        case .unreadable(.missing): "there is no such file"
        case .unreadable(.notPermitted): "you may not read it"
        case .unreadable(.unreadable(let why)): "it cannot be read: \(why)"
        case .empty: "there is no entry in it"
        case .broken(let problem): problem.line > 0 ? "line \(problem.line): \(problem.message)" : problem.message
        case .gibberish(let first): "none of its lines can be taken; the first, line \(first.line): \(first.message)"
        case .shrunk(let former, let now): "it has shrunk from \(former) entries to \(now)"
        case .excepted(let excepted, let all) where excepted == all: "its own exceptions take out all that it names"
        case .excepted(let excepted, let all): "its own exceptions take out \(excepted) of \(all) entries that were looked at"
        case .part(let name, let why): "'\(name)', which it includes: \(why)"
        case .noSignature(let file, .missing): "its signature \(file) is missing"
        case .noSignature(let file, let failure): "its signature \(file): \(Self.unreadable(failure).text)"
        case .badSignature(.malformed(let why), _): "its signature is no signature of minisign: \(why)"
        case .badSignature(.foreign(let other), let key): "it is signed by the key \(other), not by \(key)"
        case .badSignature(.wrong, _):
            "its signature is not of these bytes: it was changed after it was signed, or the signature is another list's"
        case .badSignature(.altered, _): "the trusted comment of its signature was changed after it was signed"
        case .older(let time?, let last): "it was signed at \(time), before the one that was taken last (\(last), seconds since 1970)"
        case .otherName(let name): "it was signed as '\(name)'"
        case .older(nil, let last): "its signature does not say when it was made, and the last one did (\(last), seconds since 1970)"
        }
    }

    /// What to do about it.
    package var hint: String {
        switch self {
        case .unreadable(.missing): "relative paths count from the rule file's folder"
        case .unreadable, .part: "put the list in order; it is taken as soon as it is"
        case .broken(let problem): problem.hint ?? "fetch it again"
        case .empty, .gibberish: "fetch it again; the kind after 'include' says how it is read"
        case .shrunk: "a tenth or less of what was in force is not taken; if that is meant, 'force' at the end of the include takes it"
        case .excepted: "look at the lines that except; if that is meant, 'force' at the end of the include takes it"
        case .noSignature: "minisign -S -m LIST makes it; it stands beside the list as LIST.minisig"
        case .badSignature(.foreign, _): "a new key of the same owner is named after 'signed'"
        case .badSignature, .otherName: "fetch the list and its signature again"
        case .older: "fetch the list again; if its owner has really gone back, let him sign it anew"
        }
    }
}
