// SPDX-License-Identifier: MIT
import Configuration
import Rules
import Testing

/// What is found only with the wg-quick files at hand.
@Suite struct TunnelFilesTests {
    private func problems(_ toml: String, _ conf: String) -> [String] {
        let (configuration, problems) = Configuration.read(toml, file: "sluice.toml")
        #expect(problems.filter { $0.severity == .error }.isEmpty)
        let file = WireGuardFile.read(Array(conf.utf8), file: "/w/a.conf").file
        return configuration.problems(withTunnelFiles: ["/w/a.conf": file]).map {
            "\($0.line):\($0.column) \($0.severity.rawValue) \($0.message)"
        }
    }

    private let tunnel = "[[tunnel]]\nname = \"a\"\nconfig = \"/w/a.conf\"\n"
    private let key = "BxjetvnxltSLvg+8gNFelAl1Qvtuisq6b+jygkuMrGM="
    private func conf(dns: String, allowed: String = "0.0.0.0/0") -> String {
        "[Interface]\nPrivateKey=\(key)\nAddress=10.64.1.2/24\n\(dns)\n[Peer]\nPublicKey=\(key)\nAllowedIPs=\(allowed)\n"
    }

    @Test func aTunnelWithItsResolverIsFine() {
        #expect(problems(tunnel, conf(dns: "DNS=10.64.1.1")) == [])
        #expect(problems(tunnel + "dns = [\"10.64.1.1\"]\n", conf(dns: "")) == [])
    }

    @Test func aTunnelWithoutResolverIsAnError() {
        #expect(
            problems(tunnel, conf(dns: "")) == ["3:10 error this tunnel has no resolver: /w/a.conf has no DNS =, and there is no dns ="])
    }

    @Test func aResolverThatNoPeerTakesIsAWarning() {
        let found = problems(tunnel, conf(dns: "DNS=10.64.1.1", allowed: "10.65.0.0/16"))
        #expect(found == ["3:10 warning no peer of /w/a.conf has 10.64.1.1 in its AllowedIPs: questions to 10.64.1.1:53 get no answer"])
        let given = problems(tunnel + "dns = [\"10.65.0.1\", \"10.66.0.1\"]\n", conf(dns: "", allowed: "10.65.0.0/16"))
        #expect(given == ["4:21 warning no peer of /w/a.conf has 10.66.0.1 in its AllowedIPs: questions to 10.66.0.1:53 get no answer"])
    }

    @Test func ourOwnAddressInTheFileIsALoop() {
        let found = problems("[dns]\nlisten = [\"10.64.1.1:53\"]\n" + tunnel, conf(dns: "DNS=10.64.1.1"))
        #expect(found == ["5:10 error 10.64.1.1:53, from DNS = of /w/a.conf, is our own address: a question would come back for ever"])
    }

    @Test(arguments: ["10.64.1.1", "10.64.1.2"]) func aCustomServerInTheTunnelIsNoted(_ server: String) {
        let custom = "[dns]\nsetting = \"custom\"\nservers = [\"9.9.9.9\", \"\(server)\"]\n"
        let found = problems(custom + tunnel, conf(dns: "DNS=10.64.1.1"))
        #expect(
            found == ["3:23 warning \(server):53 belongs to the tunnel \"a\": it counts as Default DNS, and is asked in the tunnel only"])
        #expect(problems(custom.replacing("custom", with: "system") + tunnel, conf(dns: "DNS=10.64.1.1")) == [])
    }

    @Test func namesOfEndpointsNeedAServerToAskInTheClear() {
        let named = conf(dns: "DNS=10.64.1.1") + "Endpoint=vpn.example:51820\n"
        #expect(problems(tunnel, named) == [])
        #expect(problems(tunnel + "[tunnels]\nbootstrap = [\"9.9.9.9\"]\n", named) == [])
        #expect(
            problems(tunnel + "[tunnels]\nbootstrap = [\"tls://9.9.9.9\", \"9.9.9.9\"]\n", named)
                == ["5:14 warning tls://9.9.9.9:853 is not asked: names of endpoints are asked in the clear"])
        let nobody =
            "error nobody can be asked where vpn.example is, the endpoint in /w/a.conf: that is asked in the clear, and these servers"
        for text in [tunnel + "[tunnels]\nbootstrap = [\"tls://9.9.9.9\"]\n", "[dns]\nsystem_servers = [\"tls://9.9.9.9\"]\n" + tunnel] {
            let found = problems(text, named)
            #expect(found.count == 1 && found[0].contains(nobody))
        }
    }

    @Test func bootstrapWithoutNamesIsNoted() {
        let given = tunnel + "[tunnels]\nbootstrap = [\"9.9.9.9\"]\n"
        #expect(problems(given, conf(dns: "DNS=10.64.1.1")) == ["5:13 warning no endpoint is given by name: these servers are never asked"])
    }

    @Test func anInterfaceNeedsNoFile() {
        let text =
            "dns.setting = \"custom\"\ndns.servers = [\"10.8.0.1\"]\n[[tunnel]]\nname = \"i\"\ninterface = \"wg0\"\ndns = [\"10.8.0.1\"]\n"
        #expect(problems(text, "").count == 1)
    }

    @Test func ofAFileThatCouldNotBeReadNothingIsSaid() {
        #expect(Configuration.read(tunnel, file: "f").configuration.problems(withTunnelFiles: [:]).isEmpty)
    }
}
