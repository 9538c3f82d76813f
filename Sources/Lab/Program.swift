// SPDX-License-Identifier: MIT
import CLinux
import Glibc

/// A program to start, and the surroundings it starts in.
struct Program {
    /// The program's path, then its arguments.
    var words: [String]
    var environment: [String]
    /// Working directory; where it is not there, `/`. Nil: ours.
    var folder: String?
    var namespaces = Namespaces.ours
    var group = Group.ours
    /// Descriptors that become standard input, output and error; nil: ours.
    var input: Int32?
    var output: Int32?
    var errors: Int32?

    enum Namespaces {
        case ours
        /// New PID, mount, network and host name namespaces, with the program as the first process.
        case fresh
        /// Those of the process that this pidfd names.
        case of(Int32)
    }

    enum Group {
        case ours
        /// A session of its own: no terminal, no signals from one.
        case session
        /// A process group that owns the terminal on standard input.
        case foreground
    }

    init(_ words: [String], environment: [String] = Environment.current) {
        self.words = words
        self.environment = environment
    }

    /// Starts it; returns when it runs. The name is for messages.
    func start(as name: String) throws(LabError) -> Child {
        let all = SLUICE_NEWPID | SLUICE_NEWNS | SLUICE_NEWNET | SLUICE_NEWUTS
        var child = sluice_child()
        child.join = -1
        switch namespaces {
        case .ours: break
        case .fresh: child.fresh = all
        case .of(let process):
            child.join = process
            child.join_kinds = all
        }
        switch group {
        case .ours: break
        case .session: child.session = 1
        case .foreground: child.foreground = 1
        }
        child.descriptors = (input ?? -1, output ?? -1, errors ?? -1)

        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        let place = unsafe folder.flatMap { unsafe strdup($0) }
        defer {
            unsafe (arguments + variables + [place]).forEach { unsafe free($0) }
        }
        let id = unsafe sluice_child_start(&child, place, arguments[0], &arguments, &variables)
        if id < 0 { throw .system(name, errno) }
        return Child(id: id, name: name)
    }
}
