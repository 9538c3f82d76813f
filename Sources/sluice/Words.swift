// SPDX-License-Identifier: MIT
import Glibc

/// Times and numbers as people say them.
enum Words {
    static func duration(_ seconds: Int64) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }

    /// Local time; with the day of the month where that is not today.
    static func clock(_ time: Int64) -> String {
        func parts(_ time: Int64) -> tm {
            var seconds = time_t(time)
            var parts = unsafe tm()
            unsafe localtime_r(&seconds, &parts)
            return unsafe parts
        }
        func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + "\(number)" }
        let (then, today) = unsafe (parts(time), parts(Int64(Glibc.time(nil))))
        let hour = unsafe two(then.tm_hour) + ":" + two(then.tm_min)
        let isToday = unsafe then.tm_yday == today.tm_yday && then.tm_year == today.tm_year
        guard !isToday else { return hour }
        return unsafe "\(then.tm_year + 1900)-" + two(then.tm_mon + 1) + "-" + two(then.tm_mday) + " " + hour
    }

    /// As 340 B, 12 kB, 1.5 MB: three digits at the most.
    static func bytes(_ count: UInt64) -> String {
        let units = ["kB", "MB", "GB", "TB"]
        guard count >= 1000 else { return "\(count) B" }
        var (value, unit) = (Double(count) / 1000, 0)
        while value >= 999.5, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
        return (value < 9.95 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))") + " " + units[unit]
    }

    /// 65536 as 65,536.
    static func number(_ value: some BinaryInteger) -> String {
        let digits = Array(String(value))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0, digits[index - 1] != "-" { text.append(",") }
            text.append(digit)
        }
        return text
    }

    static func count(_ value: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
        "\(number(value)) \(value == 1 ? one : many ?? one + "s")"
    }
}
