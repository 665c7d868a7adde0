/// A type that may appear in a log line.
///
/// Conform a type only if every value of it may be read by whoever reads the logs.
package protocol LogValue: Sendable {
    /// The value as it is to be logged.
    var logScalar: LogScalar { get }
}

/// The forms a logged value can take.
package enum LogScalar: Sendable, Hashable {
    case string(String)
    case signed(Int64)
    case unsigned(UInt64)
    case double(Double)
    case bool(Bool)
}

extension LogScalar: LogValue {
    /// The scalar itself.
    package var logScalar: LogScalar { self }
}

extension String: LogValue {
    /// The text, to be quoted and escaped by the line.
    package var logScalar: LogScalar { .string(self) }
}

extension Bool: LogValue {
    /// The truth value, unquoted.
    package var logScalar: LogScalar { .bool(self) }
}

extension Double: LogValue {
    /// The number; JSON has no infinities and no NaN, so these become text.
    package var logScalar: LogScalar { .double(self) }
}

extension Int: LogValue {
    /// The number.
    package var logScalar: LogScalar { .signed(Int64(self)) }
}

extension Int32: LogValue {
    /// The number.
    package var logScalar: LogScalar { .signed(Int64(self)) }
}

extension Int64: LogValue {
    /// The number.
    package var logScalar: LogScalar { .signed(self) }
}

extension UInt: LogValue {
    /// The number.
    package var logScalar: LogScalar { .unsigned(UInt64(self)) }
}

extension UInt16: LogValue {
    /// The number.
    package var logScalar: LogScalar { .unsigned(UInt64(self)) }
}

extension UInt32: LogValue {
    /// The number.
    package var logScalar: LogScalar { .unsigned(UInt64(self)) }
}

extension UInt64: LogValue {
    /// The number.
    package var logScalar: LogScalar { .unsigned(self) }
}
