// SPDX-License-Identifier: MIT
import Doctor
import Testing
import Wire

@Suite struct SocketTableTests {
    @Test func waitingSocketsAreReadAsTheKernelWritesThem() {
        let text = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
              10: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4242 2 0000000000000000 0
              11: 0100007F:0035 0200007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4243 2 0000000000000000 0
              12: garbage
            """
        #expect(
            SocketTable.waiting(in: text, transport: .udp) == [
                .init(place: .init(.v4(0x7F00_0035), 53), inode: 4242)
            ])
    }

    @Test func sixWordsAreTurnedEachForItself() throws {
        let text = """
              sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: B80D0120000051000000000001000000:0035 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0000000000000000 100 0 0 10 0
            """
        let entry = try #require(SocketTable.waiting(in: text, transport: .tcp).first)
        #expect("\(entry.place)" == "[2001:db8:51::1]:53")
    }
}
