/// First in, first out; what was taken out of the front leaves its room now and then.
struct LaneQueue<Element> {
    private var elements: [Element] = []
    private var head = 0

    var count: Int { elements.count - head }

    var all: ArraySlice<Element> { elements[head...] }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func next() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: elements.capacity <= 64)
            head = 0
        } else if head >= 64, head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Takes the first such element out, wherever it stands.
    mutating func remove(where isIt: (Element) -> Bool) -> Bool {
        guard let place = elements[head...].firstIndex(where: isIt) else { return false }
        elements.remove(at: place)
        return true
    }
}

extension LaneQueue: Sendable where Element: Sendable {}
