import CSIWire
import LinuxHost
import Log
import Synchronization
import Volumes

extension Fleet {
    /// Looks again and again, until `stop`; the body of a thread.
    package func keepLooking() {
        while !state.withLock({ $0.isStopped }) {
            look(age: Self.age, until: now() + 60_000_000_000)
            pause()
        }
    }

    /// Ends `keepLooking` after the look that goes on.
    package func stop() {
        let bell = state.withLock { state in
            state.isStopped = true
            return state.wake
        }
        Self.ring(bell)
    }

    /// Waits for the time of the next look, or until a call to a node fails.
    private func pause() {
        do throws(SystemError) {
            let bell = try Bell()
            // What failed during the look found nobody to wake.
            let isDue = state.withLock { state in
                state.wake = bell
                return state.isStopped || state.map.hasSuspects(at: now())
            }
            if !isDue, try !bell.wait(seconds: Self.period) { return }
            // Many calls may fail at once, and again at once.
            let early = state.withLock { $0.isStopped ? 0 : $0.lastLook } + Self.breath - now()
            if early > 0 { Clock.sleep(nanoseconds: early) }
        } catch {
            Clock.sleep(nanoseconds: Int64(Self.period * 1e9))
        }
    }

    /// Resolves the name and asks whoever is new, failed, or said what it has longer ago than `age`.
    ///
    /// One look at a time: who comes during one waits for its end, and who comes right after one is content with it.
    func look(age: Int64, until deadline: Int64) {
        let mine: Bell
        do throws(SystemError) { mine = try Bell() } catch { return }
        enum Turn { case look, wait(Bell), leave }
        let turn = state.withLock { state -> Turn in
            if let other = state.looking { return .wait(other) }
            if state.lastLook != 0, now() - state.lastLook < Self.breath { return .leave }
            state.looking = mine
            return .look
        }
        switch turn {
        case .leave: return
        case .wait(let other):
            do throws(SystemError) {
                _ = try other.wait(seconds: Double(deadline - now()) / 1e9)
            } catch {
                // Then the cache as it is must do.
            }
        case .look:
            lookOnce(age: age)
            state.withLock { state in
                state.looking = nil
                state.lastLook = now()
            }
            Self.ring(mine)
        }
    }

    private func lookOnce(age: Int64) {
        do throws(NodesNotFound) {
            let listed = try addresses()
            let gone = state.withLock { state in
                if state.trouble != nil { log.info("the nodes' name is resolved again") }
                state.trouble = nil
                return state.map.list(listed, at: now())
            }
            for address in gone { caller.forget(address) }
        } catch {
            // Those who are known stay known: that DNS is down says nothing about nodes.
            let isNews = state.withLock { state in
                defer { state.trouble = error.why }
                return state.trouble == nil
            }
            if isNews { log.warning("the nodes' name cannot be resolved", (.reason, error.why)) }
        }
        var due = state.withLock { $0.map.due(at: now(), age: age) }[...]
        while !due.isEmpty {
            ask(Array(due.prefix(Self.handful)))
            due = due.dropFirst(Self.handful)
        }
        state.withLock { state in
            if state.trouble == nil { state.isReady = true }
        }
        tellContests()
    }

    /// Asks nodes what they have, all at once.
    private func ask(_ addresses: [NodeAddress]) {
        let path = CSI.GetPluginInfoRequest.path
        let request = CSI.GetPluginInfoRequest().encoded()
        let replies = caller.call(addresses.map { NodeCall($0, path, request) }, until: now() + Self.patience)
        for (address, reply) in zip(addresses, replies) {
            let answer = claim(in: reply)
            let before = state.withLock { state in
                let before = state.map.nodes[address]
                state.map.note(address, answer, at: now())
                return before
            }
            tell(before, answer, address)
        }
    }

    private func claim(in reply: NodeReply) -> Result<NodeClaim, NodeClaim.Fault> {
        switch NodeVerdict(reply, to: CSI.GetPluginInfoRequest.path) {
        case .unreachable(let why): return .failure(NodeClaim.Fault(why: why))
        case .refused(let status): return .failure(NodeClaim.Fault(why: "\(status)"))
        case .answered(let body):
            do throws(CSIStatus) {
                let reply = try CSI.GetPluginInfoResponse(decoding: body)
                do throws(NodeClaim.Fault) {
                    return .success(try NodeClaim(reply, driver: driver))
                } catch {
                    return .failure(error)
                }
            } catch {
                return .failure(NodeClaim.Fault(why: error.message))
            }
        }
    }

    /// Logs what is news about a node.
    private func tell(
        _ before: FleetMap.Node?, _ answer: Result<NodeClaim, NodeClaim.Fault>, _ address: NodeAddress
    ) {
        switch answer {
        case .success(let claim) where before?.claim != claim || before?.trouble != nil:
            log.info(
                "node found", (.nodeID, claim.identity.node), (.endpoint, address.text),
                (.pool, claim.pools.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ",")))
        case .failure(let fault) where before?.trouble == nil:
            log.warning(
                "node not reached", (.nodeID, before?.claim?.identity.node ?? ""), (.endpoint, address.text),
                (.reason, fault.why))
        case .success, .failure: break
        }
    }

    /// Logs pools that have become contested, and those that are so no more.
    private func tellContests() {
        let (new, settled) = state.withLock { state in
            let contested = state.map.contestedPools
            let before = state.contested
            state.contested = contested
            let new = contested.filter { !before.contains($0) }.map { ($0, state.map.place(of: $0)) }
            return (new, before.filter { !contested.contains($0) })
        }
        for (pool, place) in new {
            guard case .contested(let nodes) = place else { continue }
            log.error(Self.contested(pool, nodes).message, (.poolID, pool.text))
        }
        for pool in settled { log.info("the pool is not contested any more", (.poolID, pool.text)) }
    }
}
