// SPDX-License-Identifier: MIT
import Testing

@testable import Lab

@Suite struct JSONTextTests {
    @Test(arguments: [
        (#"{"state":"connected"}"#, "connected"),
        (#"{ "tunnels": [{"name": "a", "state": "connected"}], "state" : "error" }"#, "error"),
        (#"{"text":"state","state":"down"}"#, "down"),
        (#"{"a":"quote \" and state","state":"x"}"#, "x"),
    ])
    func onlyTheOutermostStateCounts(json: String, state: String) {
        #expect(JSONText(json).topText("state") == state)
    }

    @Test(arguments: [#"{"tunnels":[{"state":"connected"}]}"#, #"{"state":3,"next":"connected"}"#, #"{"state":"conn"#, "", #"{"state":"\"#])
    func elseThereIsNone(json: String) {
        #expect(JSONText(json).topText("state") == nil)
    }
}
