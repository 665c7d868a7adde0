import CSIWire
import Synchronization
import Volumes

/// What one node is to be asked: the question travels with its node, whoever else is asked or left out.
struct Question {
    let node: FleetMap.Node
    let request: [UInt8]
    /// When the answer is not worth waiting for any more, if that is before the end of the whole call.
    var deadline: Int64?

    init(_ node: FleetMap.Node, _ request: [UInt8], until deadline: Int64? = nil) {
        self.node = node
        self.request = request
        self.deadline = deadline
    }
}

extension Relay {
    /// Asks nodes, all at once, and returns their answers in the order of the questions.
    ///
    /// A node that has too many calls already, or whose share of the workers is used up, counts as not reached.
    func ask(_ questions: [Question], _ path: String, until deadline: Int64) -> [NodeVerdict] {
        guard let first = questions.first else { return [] }
        let isOne = questions.allSatisfy { $0.node.address == first.node.address }
        let holder = isOne ? WorkerShares.Holder.node(first.node.address) : .several
        guard fleet.shares.enter(holder) else {
            let others = isOne ? "calls wait for it" : "calls wait for several nodes"
            let why = "\(fleet.shares.waiting(for: holder)) \(others) already"
            return questions.map { _ in .unreachable(why) }
        }
        defer { fleet.shares.leave(holder) }
        let admitted = questions.map { enter($0.node.address) }
        defer { for (question, isIn) in zip(questions, admitted) where isIn { leave(question.node.address) } }
        let calls = zip(questions, admitted).filter(\.1).map { question, _ in
            NodeCall(question.node.address, path, question.request, until: question.deadline)
        }
        var replies = caller.call(calls, until: deadline)[...]
        return zip(questions, admitted).map { question, isIn in
            guard isIn, let reply = replies.popFirst() else {
                return .unreachable("\(Self.mostPerNode) calls wait for it already")
            }
            let verdict = NodeVerdict(reply, to: path)
            if case .unreachable = verdict { fleet.suspect(question.node) }
            return verdict
        }
    }

    private func enter(_ address: NodeAddress) -> Bool {
        underWay.withLock { calls in
            guard calls[address, default: 0] < Self.mostPerNode else { return false }
            calls[address, default: 0] += 1
            return true
        }
    }

    private func leave(_ address: NodeAddress) {
        underWay.withLock { calls in
            calls[address, default: 1] -= 1
            if calls[address] == 0 { calls[address] = nil }
        }
    }
}
