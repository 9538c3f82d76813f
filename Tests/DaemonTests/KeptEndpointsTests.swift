// SPDX-License-Identifier: MIT
import Glibc
import Testing
import Wire

@testable import Daemon

/// Where endpoints were, from one run to the next.
@Suite struct KeptEndpointsTests {
    private func folder(_ body: (StateFolder) throws -> Void) throws {
        var template = Array("/tmp/sluice-kept-XXXXXX".utf8CString)
        let path = unsafe mkdtemp(&template).map { unsafe String(cString: $0) } ?? "/nonexistent"
        defer { _ = unsafe system("rm -rf \(path)") }
        try body(StateFolder(path))
    }

    @Test func whatIsKeptIsFound() throws {
        let endpoints = [Name("vpn.example")!: IPAddress("203.0.113.130")!, Name("a\\ b.example")!: IPAddress("2001:db8::1")!]
        try folder { folder in
            #expect(folder.endpoints == [:])
            try folder.keep(endpoints: endpoints)
            #expect(folder.endpoints == endpoints)
        }
    }

    @Test func whatIsHarmedIsLeftOut() throws {
        try folder { folder in
            unsafe system(
                "printf 'vpn.example 203.0.113.130\\nx\\n\\n. . .\\n\\377\\376 1.2.3.4\\na..b 1.2.3.4\\nb.example 1.2.3\\n\\0' > \(folder.path)/endpoints"
            )
            #expect(folder.endpoints.keys.contains(Name("vpn.example")!))
            #expect(folder.endpoints.count <= 2)
            #expect(folder.endpoints[Name("b.example")!] == nil)
        }
    }
}
