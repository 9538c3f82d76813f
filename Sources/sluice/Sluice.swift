// SPDX-License-Identifier: MIT
import ArgumentParser

@main struct Sluice: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "DNS-aware split-tunnel resolver.")
}
