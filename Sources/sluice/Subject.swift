// SPDX-License-Identifier: MIT
import ArgumentParser
import Rules
import Wire

/// What `why` and `leases` are asked about.
enum Subject {
    case name(Name)
    case address(IPAddress)

    var text: String {
        switch self {
        case .name(let name): "\(name)"
        case .address(let address): "\(address)"
        }
    }

    static func parse(_ text: String) throws -> Subject {
        if let address = IPAddress(text) { return .address(address) }
        if Network(text) != nil { throw ValidationError("'\(text)' is a network; ask for one address of it.") }
        return .name(try NameArgument.parse(text))
    }
}
