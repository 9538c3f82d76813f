// SPDX-License-Identifier: MIT
import Policy
import Rules
import Wire

/// One combination of all that a decision depends on.
struct Cell: CustomStringConvertible {
    let action: Action?
    let setting: String
    let app: App
    let profile: Profile
    let lanSharing: Bool
    let fallsToSystem: Bool
    let state: TunnelState

    static let all: [Cell] = [nil, .tunnel, .direct, .lan, .block].flatMap { action in
        ["default", "private-custom", "public-custom", "system"].flatMap { setting in
            App.allCases.flatMap { app in
                Profile.allCases.flatMap { profile in
                    [true, false].flatMap { lanSharing in
                        [true, false].flatMap { falls in
                            TunnelState.allCases.map {
                                Cell(
                                    action: action, setting: setting, app: app, profile: profile, lanSharing: lanSharing,
                                    fallsToSystem: falls, state: $0)
                            }
                        }
                    }
                }
            }
        }
    }

    var circumstances: Circumstances {
        var world = World.circumstances(World.setting(setting), state)
        world.profile = profile
        world.lanSharing = lanSharing
        world.tunnelRulesFallToSystem = fallsToSystem
        return world
    }

    /// A rule of the cell's action for the asked name; nil where the cell has none.
    func rule(via: String? = nil) -> Ruling? {
        action.map { World.rule("\($0.rawValue) www.example" + ($0 == .block ? "" : via.map { " via " + $0 } ?? "")) }
    }

    func decision(via: String? = nil) -> Decision { circumstances.decide(World.question, rule: rule(via: via), app: app) }

    /// As the first six columns of `matrix.txt` say it.
    var keys: [String] {
        [
            action?.rawValue ?? "none", setting, app.rawValue, profile.rawValue, lanSharing ? "on" : "off",
            fallsToSystem ? "system" : "refuse",
        ]
    }

    var description: String { (keys + [state.rawValue]).joined(separator: " ") }
}
