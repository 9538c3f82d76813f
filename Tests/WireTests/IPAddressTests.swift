// SPDX-License-Identifier: MIT
import Testing
import Wire

@Suite struct IPAddressTests {
    @Test(arguments: [
        "192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1:0:0:1", "1:0:0:2::3", "::ffff:10.0.0.1",
        "2001:db8:0:1:1:1:1:1",
    ])
    func textRoundTrips(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == text)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1:2:3", ":::", "1::2::3", ":1::", "1:", "12345::", "::1.2.3", "+1.2.3.4",
        "::+1", "fe80::1%eth0",
    ])
    func malformedTextIsRefused(_ text: String) { #expect(IPAddress(text) == nil) }

    @Test func mappedAddressesAreUnmapped() { #expect(IPAddress("::ffff:10.0.0.1")?.unmapped == IPAddress("10.0.0.1")) }

    @Test func networksContainWhatTheirPrefixSays() throws {
        let network = try #require(Network("10.20.255.1/16"))
        #expect(network.description == "10.20.0.0/16")
        #expect(network.contains(try #require(IPAddress("10.20.3.4"))))
        #expect(!network.contains(try #require(IPAddress("10.21.0.0"))))
        #expect(network.last.description == "10.20.255.255")
        let six = try #require(Network("2001:db8::/65"))
        #expect(six.last.description == "2001:db8::7fff:ffff:ffff:ffff")
        #expect(try #require(Network("::/0")).contains(try #require(IPAddress("ffff::1"))))
        #expect(Network("10.0.0.0/33") == nil)
    }

    @Test(arguments: [
        ("10.0.1.1", "10.0.1.1:53"), ("9.9.9.9:5353", "9.9.9.9:5353"), ("fe80::1%eth0", "[fe80::1%eth0]:53"),
        ("[2001:db8::1]:5353", "[2001:db8::1]:5353"),
        ("tls://9.9.9.9#dns.example", "tls://9.9.9.9:853#dns.example"),
        (
            "tls://192.0.2.1#sha256=0vXpquxLyCIOUF35vFsUvMfIdKiwjTSoNIbL3s1bN3c=",
            "tls://192.0.2.1:853#sha256=0vXpquxLyCIOUF35vFsUvMfIdKiwjTSoNIbL3s1bN3c="
        ),
        (
            "https://192.0.2.1:8443#sha256=0vXpquxLyCIOUF35vFsUvMfIdKiwjTSoNIbL3s1bN3c=,dns.example",
            "https://192.0.2.1:8443/dns-query#dns.example,sha256=0vXpquxLyCIOUF35vFsUvMfIdKiwjTSoNIbL3s1bN3c="
        ),
        ("https://9.9.9.9/dns-query#dns.example", "https://9.9.9.9:443/dns-query#dns.example"), ("::ffff:10.0.0.1", "10.0.0.1:53"),
    ])
    func serversRoundTrip(_ text: String, _ canonical: String) throws {
        let server = try #require(ServerAddress(text))
        #expect(server.description == canonical)
        #expect(ServerAddress(canonical) == server)
    }
}
