extension InFlight {
    /// Who has which object, and who waits for one.
    struct Holders {
        /// The objects of one operation.
        struct Wanted: Sendable {
            let exclusive: Set<ObjectKey>
            let shared: Set<ObjectKey>

            init(exclusive: [ObjectKey], shared: [ObjectKey]) {
                self.exclusive = Set(exclusive)
                self.shared = Set(shared).subtracting(exclusive)
            }

            func concerns(_ key: ObjectKey) -> Bool { exclusive.contains(key) || shared.contains(key) }
        }

        /// An operation that waits.
        struct Turn: Sendable {
            let number: Int
            let wanted: Wanted
            let bell: any TurnBell
        }

        private(set) var exclusive: Set<ObjectKey> = []
        private(set) var shared: [ObjectKey: Int] = [:]
        private(set) var turns: [Turn] = []
        private var lastNumber = 0

        /// An object that is not to be had now.
        func obstacle(to wanted: Wanted) -> ObjectKey? { obstacle(to: wanted, behind: turns) }

        /// What is given back goes to whoever waits for it, in the same step.
        ///
        /// So a free object is waited for by nobody, or by
        /// who needs another one too, and may be taken past those: nothing is kept free for an operation that cannot begin.
        /// Only shared use would keep an exclusive one waiting for ever, and stands behind it.
        private func obstacle(to wanted: Wanted, behind others: [Turn]) -> ObjectKey? {
            wanted.exclusive.first { exclusive.contains($0) || shared[$0] != nil }
                ?? wanted.shared.first { key in
                    exclusive.contains(key)
                        || shared[key] != nil && others.contains { $0.wanted.exclusive.contains(key) }
                }
        }

        func waiting(for key: ObjectKey) -> Int { turns.count { $0.wanted.concerns(key) } }

        mutating func take(_ wanted: Wanted) {
            exclusive.formUnion(wanted.exclusive)
            for key in wanted.shared { shared[key, default: 0] += 1 }
        }

        mutating func queue(_ wanted: Wanted, _ bell: any TurnBell) -> Turn {
            lastNumber += 1
            let turn = Turn(number: lastNumber, wanted: wanted, bell: bell)
            turns.append(turn)
            return turn
        }

        /// Gives up a turn, or nothing if it has come: the bells of those who stood behind it alone.
        mutating func leave(_ turn: Turn) -> [any TurnBell]? {
            guard let place = turns.firstIndex(where: { $0.number == turn.number }) else { return nil }
            turns.remove(at: place)
            return admit()
        }

        /// Gives objects back: the bells of those whose turn it is now.
        mutating func release(_ wanted: Wanted) -> [any TurnBell] {
            exclusive.subtract(wanted.exclusive)
            for key in wanted.shared {
                let rest = (shared[key] ?? 1) - 1
                shared[key] = rest == 0 ? nil : rest
            }
            return turns.isEmpty ? [] : admit()
        }

        /// Hands out what is free, in the order of arrival.
        private mutating func admit() -> [any TurnBell] {
            var bells: [any TurnBell] = []
            var staying: [Turn] = []
            for turn in turns {
                if obstacle(to: turn.wanted, behind: staying) == nil {
                    take(turn.wanted)
                    bells.append(turn.bell)
                } else {
                    staying.append(turn)
                }
            }
            turns = staying
            return bells
        }
    }
}
