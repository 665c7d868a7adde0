/// A value of a YAML document.
indirect enum Value: Equatable, Sendable, Decodable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([Value])
    case map([String: Value])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([Value].self) {
            self = .list(list)
        } else {
            self = .map(try container.decode([String: Value].self))
        }
    }

    /// The value of a key, null where there is none.
    subscript(key: String) -> Value {
        if case .map(let map) = self { map[key] ?? .null } else { .null }
    }

    /// The value at the end of a path such as `spec.template`.
    func at(_ path: String) -> Value { path.split(separator: ".").reduce(self) { $0[String($1)] } }

    /// The elements of a list, none of anything else.
    var elements: [Value] { if case .list(let list) = self { list } else { [] } }

    /// The entries of a map, none of anything else.
    var entries: [String: Value] { if case .map(let map) = self { map } else { [:] } }

    /// A text, empty for anything else.
    var text: String { if case .text(let text) = self { text } else { "" } }

    /// The texts of a list.
    var texts: [String] { elements.map(\.text) }

    /// This map with another laid over it, as kustomize's strategic merge does it for what is used here: maps key by
    /// key, lists of things with names by name with new ones in front, anything else replaced.
    func merged(with patch: Value) -> Value {
        switch (self, patch) {
        case (.map(let base), .map(let over)):
            return .map(base.merging(over) { $0.merged(with: $1) })
        case (.list(let base), .list(let over)) where over.allSatisfy { !$0["name"].text.isEmpty }:
            var result = base
            var new: [Value] = []
            for element in over {
                if let index = result.firstIndex(where: { $0["name"] == element["name"] }) {
                    result[index] = result[index].merged(with: element)
                } else {
                    new.append(element)
                }
            }
            return .list(new + result)
        default: return patch
        }
    }
}
