// SPDX-License-Identifier: MIT
import Testing

@testable import Lab

@Suite struct LabInsideTests {
    @Test func aFirstProcessThatSaysNothingIsAProblem() {
        #expect(LabInside.problem(in: "ready") == nil)
        #expect(LabInside.problem(in: "")?.code == 1)
        let problem = LabInside.problem(in: "4 no permission to do this")
        #expect(problem?.code == 4)
        #expect(problem?.description == "no permission to do this")
    }

    @Test func theMachinesOwnServersComeLast() {
        let found = ServerFolder(chosen: nil, executable: "/src/sluice/.build-x/debug/sluice").candidates
        #expect(found.contains("/src/sluice/.build/lab-servers"))
        #expect(found.last == "/")
        #expect(ServerFolder(chosen: "/else", executable: "/usr/bin/sluice").candidates == ["/else"])
    }

    @Test func hostsComeFromFileAndDNSAlone() {
        let own = HostFiles.nameServices(from: "passwd: files ldap\nhosts:  files mdns4_minimal [NOTFOUND=return] resolve dns\n")
        #expect(own == "passwd: files ldap\nhosts: files dns\n")
    }
}
