// SPDX-License-Identifier: MIT
package import Wire

extension IPAddress {
    /// Whether the address is private and non-routable as the matrix has it (MATRIX.md, "Vocabulary").
    ///
    /// Written out here a second time on purpose: a judge that asked the daemon's own function would share its faults.
    package func isPrivate(cgnat: Bool) -> Bool {
        switch unmapped {
        case .v4(let raw):
            raw >> 24 == 10 || raw >> 24 == 127 || raw >> 20 == 0xAC1 || raw >> 16 == 0xC0A8 || raw >> 16 == 0xA9FE
                || cgnat && raw >> 22 == 0x6440_0000 >> 22
        case .v6(let high, let low):
            high >> 54 == 0xFE80 >> 6 || high >> 57 == 0xFC >> 1 || (high == 0 && low == 1)
        }
    }
}
