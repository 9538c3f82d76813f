// SPDX-License-Identifier: MIT

/// A JSON key that is always there, null where there is no value: one that comes and goes is a trap for scripts.
@propertyWrapper struct OrNull<Value: Encodable>: Encodable {
    var wrappedValue: Value?

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}
