// SPDX-License-Identifier: MIT

extension ResolvedStub {
    /// What a person types to the end of `release()`, where nothing of ours runs that could; `giveBack()` takes the same file for ours.
    package static let byHand: String = {
        let paths = HostPaths()
        return "sudo mkdir -p \(paths.dropInFolder) && printf '\(mark)\\n[Resolve]\\nDNSStubListener=no\\n' | sudo tee \(paths.dropIn)"
            + " && sudo \(restart)"
    }()
}
