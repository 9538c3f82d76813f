// SPDX-License-Identifier: MIT

/// All findings, the worst first (contract: `doctor`).
package struct DoctorReport: Sendable {
    package let findings: [Finding]

    package init(_ findings: [Finding]) {
        self.findings = Finding.Severity.allCases.flatMap { severity in findings.filter { $0.severity == severity } }
    }

    package func count(_ severity: Finding.Severity) -> Int { findings.count { $0.severity == severity } }

    /// Contract: 2 when there is a problem.
    package var exitCode: Int32 { count(.problem) > 0 ? 2 : 0 }
}

extension DoctorReport: Encodable {
    private enum Key: CodingKey { case schema, problems, notes, findings }
    private enum FindingKey: CodingKey { case check, severity, text, meaning, next }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(1, forKey: .schema)
        try container.encode(count(.problem), forKey: .problems)
        try container.encode(count(.note), forKey: .notes)
        var list = container.nestedUnkeyedContainer(forKey: .findings)
        for finding in findings {
            var entry = list.nestedContainer(keyedBy: FindingKey.self)
            try entry.encode(finding.check.rawValue, forKey: .check)
            try entry.encode(finding.severity.rawValue, forKey: .severity)
            try entry.encode(finding.text, forKey: .text)
            try entry.encode(finding.meaning, forKey: .meaning)
            // Null where nothing is to be done: a key that comes and goes is a trap for scripts.
            try entry.encode(finding.next, forKey: .next)
        }
    }
}
